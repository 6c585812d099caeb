use super::fold::fold;
use super::view::{CURRENT, View};
use super::*;
use crate::finding::{Evasion, Span};
use crate::ids::MessageId;
use crate::people::Role;
use crate::time::Timestamp;
use proptest::prelude::*;
use std::sync::LazyLock;

macro_rules! pack {
    ($name:literal) => {
        Source { name: $name.into(), toml: include_str!(concat!("../../../../config/rules/", $name)).into() }
    };
}

/// Every pack that comes with the product.
fn packs() -> Vec<Source> {
    vec![
        pack!("words.toml"),
        pack!("abuse.toml"),
        pack!("contact.toml"),
        pack!("drift.toml"),
        pack!("drugs.toml"),
        pack!("hate.toml"),
        pack!("meet.toml"),
        pack!("money.toml"),
        pack!("offending.toml"),
        pack!("secrecy.toml"),
        pack!("self-harm.toml"),
        pack!("sexual.toml"),
        pack!("threats.toml"),
    ]
}

pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::compile(&packs()).unwrap_or_else(|error| panic!("{error}")));

fn window(speaker: Role, earlier: &[&str]) -> Window {
    let mut window = Window::new(speaker);
    for (at, text) in earlier.iter().enumerate() {
        window.push(MessageId::from_bits(at as u128 + 1), &Text::parse(text).unwrap(), Timestamp(at as i64 * 1_000));
    }
    window
}

fn seen(speaker: Role, earlier: &[&str], text: &str) -> Vec<Finding> {
    look(&RULES, &window(speaker, earlier), &Text::parse(text).unwrap())
}

fn held(earlier: &[&str], text: &str) -> bool {
    matches!(judge(&RULES, &window(Role::Mentee, earlier), Text::parse(text).unwrap()), Verdict::Hold { .. })
}

/// One thing of each kind that must be held, as it is and in disguise.
const UNSAFE: [&str; 12] = [
    "shut the fuck up",
    "been looking at ways to kill myself",
    "i am gonna stab him later",
    "watch your back",
    "do you ever touch yourself",
    "can you get me some ketamine",
    "he wants me to do a burglary",
    "come round mine friday",
    "could you bank transfer me something",
    "it is our little secret",
    "delete these messages after",
    "all muslims are terrorists",
];

/// What young people and their mentors say all day.
const BENIGN: [&str; 31] = [
    "I live near Scunthorpe and my nan is from Penistone",
    "the cocktail menu was classy, they assess it in Essex",
    "push it! It'll be worth it",
    "took a stab at the maths and got it right",
    "this exam is killing me lol",
    "Arsenal smashed them 4-0, what a shot in the last minute",
    "I shot two hoops and my team won the match",
    "the boss in this game is so hard, I died like ten times",
    "my shift is 0900 to 1730 then I get the 47 bus",
    "I was buzzing when I got the apprenticeship",
    "had a can of coke and a bag of crisps",
    "she was pissing it down with rain all day",
    "my phone died so I could not ring the job centre",
    "I felt really low last week but talking helped",
    "Childline is 0800 1111 and Samaritans is 116 123",
    "have a look at www.gov.uk/apply-apprenticeship",
    "I made an aubergine curry, 10/10 would make again",
    "my social worker is meeting me on Tuesday at 3",
    "cut the grass for my dad and got paid",
    "we played pool and I lost 3-2",
    "I'm dying to see that film",
    "mad ting, I passed my theory test",
    "sooooo goooood, thank youuuu",
    "A&E was rammed, U.K. hospitals eh",
    "😂😂😂 👍🏽 👩‍🚀",
    "naaaah thats mad",
    "you too!",
    "dont give up, you have got this",
    "I was late because the bus broke down",
    "how do you spell diarrhoea, asking for my essay",
    "Wrth fy modd, diolch yn fawr am dy help",
];

fn each_letter(text: &str, change: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if c.is_ascii_alphabetic() { change(c) } else { c.to_string() }).collect()
}

fn leet(c: char) -> char {
    match c {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        't' => '7',
        other => other,
    }
}

/// Ways to hide a text from a filter while a person still reads it.
fn disguises(text: &str) -> Vec<(&'static str, String)> {
    let apart = |sign: &str| text.chars().map(String::from).collect::<Vec<_>>().join(sign);
    let fullwidth = |c: char| char::from_u32(c as u32 + 0xFEE0).unwrap().to_string();
    let bold = |c: char| char::from_u32(0x1D41A + (c as u32 - 'a' as u32)).unwrap().to_string();
    let circled = |c: char| char::from_u32(0x24D0 + (c as u32 - 'a' as u32)).unwrap().to_string();
    let look_alike = |c: char| match c {
        'a' => "а".into(),
        'e' => "е".into(),
        'o' => "о".into(),
        'c' => "с".into(),
        'i' => "і".into(),
        other => other.to_string(),
    };
    vec![
        ("upper case", text.to_uppercase()),
        ("zero-width spaces", apart("\u{200B}")),
        ("soft hyphens", apart("\u{AD}")),
        ("word joiners", apart("\u{2060}")),
        ("full width", each_letter(text, fullwidth)),
        ("mathematical bold", each_letter(text, bold)),
        ("circled", each_letter(text, circled)),
        ("Cyrillic look-alikes", each_letter(text, look_alike)),
        ("combining marks", each_letter(text, |c| format!("{c}\u{335}"))),
        ("accents", each_letter(text, |c| format!("{c}\u{308}"))),
        ("spaces", apart(" ")),
        ("full stops", apart(".")),
        ("hyphens", apart("-")),
        ("low lines", apart("_")),
        ("stars", apart("*")),
        ("stretched", each_letter(text, |c| format!("{c}{c}{c}"))),
        ("signs for letters", text.chars().map(leet).collect()),
        ("backwards", text.chars().rev().collect()),
    ]
}

#[test]
fn every_pack_keeps_its_own_examples() {
    assert!(RULES.len() >= 25);
    assert_eq!(RULES.version().len(), 12);
}

#[test]
fn the_order_of_packs_does_not_matter() {
    let mut turned = packs();
    turned.reverse();
    let turned = Rules::compile(&turned).unwrap();
    assert_eq!(turned.version(), RULES.version());
    let text = Text::parse("don't tell your nan, come round mine friday").unwrap();
    let empty = Window::new(Role::Mentor);
    let rules =
        |findings: Vec<Finding>| findings.into_iter().map(|f| f.rule).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(rules(look(&turned, &empty, &text)), rules(look(&RULES, &empty, &text)));
}

#[test]
fn what_is_held_stays_held_in_every_disguise() {
    let mut missed = Vec::new();
    for text in UNSAFE {
        assert!(held(&[], text), "passes as it is: {text}");
        for (way, hidden) in disguises(text) {
            if !held(&[], &hidden) {
                missed.push(format!("{way}: {hidden}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} passed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_symbol_in_a_word_hides_no_letter() {
    assert!(held(&[], "what a pr💀ck") && held(&[], "shut the f🌟ck up"));
    assert!(!held(&[], "i❤️you") && !held(&[], "good☀️morning to you"));
}

#[test]
fn what_is_held_stays_held_when_it_is_cut_in_two() {
    let mut missed = Vec::new();
    for text in UNSAFE {
        for cut in 1..text.len() {
            let (first, second) = text.split_at(cut);
            if first.trim().is_empty() || second.trim().is_empty() {
                continue;
            }
            if !held(&[], first) && !held(&[first], second) {
                missed.push(format!("{first} / {second}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} passed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn everyday_talk_passes() {
    let wrong: Vec<String> = BENIGN
        .iter()
        .filter(|text| held(&[], text))
        .map(|text| format!("{text} <- {:?}", seen(Role::Mentee, &[], text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everyday_talk_passes_whatever_was_said_before() {
    for pair in BENIGN.windows(2) {
        assert!(!held(&pair[..1], pair[1]), "{} / {}: {:?}", pair[0], pair[1], seen(Role::Mentee, &pair[..1], pair[1]));
    }
}

#[test]
fn a_finding_points_at_what_was_typed() {
    let found = seen(Role::Mentee, &[], "tell him he's a p\u{200B}r\u{200B}ick, ok");
    assert_eq!(found[0].rule, "abuse.strong");
    assert_eq!(found[0].span, Some(Span(16, 23)));
    assert_eq!(found[0].excerpt, "p\u{200B}r\u{200B}ick");
    assert_eq!(found[0].evasion, vec![Evasion::Invisible]);
}

#[test]
fn a_number_sent_in_pieces_is_found_and_its_parts_are_named() {
    let found = seen(Role::Mentee, &["it starts 07700", "lol hang on", "then 900"], "and 221");
    let number = found.iter().find(|finding| finding.rule == "contact.phone").unwrap();
    assert_eq!(number.span, Some(Span(0, 7)));
    let parts: Vec<_> = number.parts.iter().map(|part| part.message).collect();
    assert!(parts.contains(&MessageId::from_bits(1)) && parts.contains(&MessageId::from_bits(3)));
    assert!(number.evasion.contains(&Evasion::Split));
}

#[test]
fn a_word_sent_one_letter_at_a_time_is_found() {
    let found = seen(Role::Mentee, &["k", "m"], "s");
    assert!(found.iter().any(|finding| finding.rule == "self-harm.suicide" && finding.parts.len() == 2), "{found:?}");
    assert!(held(&["c", "u", "n"], "t"));
}

#[test]
fn what_only_earlier_messages_said_is_not_found_again() {
    assert!(!held(&["shut the fuck up"], "sorry about that, bad day"));
}

#[test]
fn self_harm_is_urgent_and_shows_help() {
    let verdict = judge(&RULES, &Window::new(Role::Mentee), Text::parse("I want to kill myself").unwrap());
    let Verdict::Hold { findings, help, .. } = verdict else { panic!("it passed") };
    assert!(help);
    assert_eq!((findings[0].category, findings[0].severity), (Category::SelfHarm, Severity::Urgent));
}

#[test]
fn an_adult_who_asks_for_secrecy_weighs_more() {
    let text = "don't tell your mum about this";
    assert_eq!(seen(Role::Mentee, &[], text)[0].severity, Severity::High);
    assert_eq!(seen(Role::Mentor, &[], text)[0].severity, Severity::Urgent);
    assert_eq!(seen(Role::GuestOfficer, &[], text)[0].severity, Severity::Urgent);
}

#[test]
fn mild_swearing_is_delivered_and_seen() {
    let text = "bloody hell that was close";
    assert!(!held(&[], text));
    assert_eq!(seen(Role::Mentee, &[], text)[0].severity, Severity::Low);
}

#[test]
fn a_window_keeps_no_more_than_its_bounds() {
    let mut window = Window::new(Role::Mentee);
    for at in 0..20 {
        window.push(MessageId::from_bits(at), &Text::parse("hello").unwrap(), Timestamp(0));
    }
    assert_eq!(window.past().len(), WINDOW_MESSAGES_MAX);
    window.push(MessageId::from_bits(21), &Text::parse(&"é".repeat(2_000)).unwrap(), Timestamp(0));
    assert!(window.past().iter().map(|past| past.text.as_str().len()).sum::<usize>() <= WINDOW_BYTES_MAX);
    window.expire(Timestamp(WINDOW_MS_MAX));
    assert!(!window.past().is_empty());
    window.expire(Timestamp(WINDOW_MS_MAX + 1));
    assert!(window.past().is_empty());
}

fn refused(toml: &str) -> String {
    Rules::compile(&[Source { name: "mine.toml".into(), toml: toml.into() }]).unwrap_err().to_string()
}

/// A pack with one rule, of which some lines are replaced.
fn pack_with(rule: &str) -> String {
    format!("[pack]\nid = \"mine\"\nversion = \"1\"\nabout = \"A test.\"\n\n[[rule]]\n{rule}")
}

const GOOD: &str = "id = \"mine.one\"\ncategory = \"abuse\"\nseverity = \"medium\"\nwhy = \"Why.\"\nterms = [\"wibble\"]\nhold = [\"a wibble\"]\n";

#[test]
fn a_bad_pack_is_refused_with_its_file_line_and_reason() {
    assert!(Rules::compile(&[Source { name: "mine.toml".into(), toml: pack_with(GOOD) }]).is_ok());
    let unknown = refused(&pack_with(&GOOD.replace("why", "wy")));
    assert!(unknown.starts_with("mine.toml:10: ") && unknown.contains("wy"), "{unknown}");
    let syntax = refused("[pack\n");
    assert!(syntax.starts_with("mine.toml:1: "), "{syntax}");
    let phrase = refused(&pack_with(&GOOD.replace("terms = [\"wibble\"]", "phrases = [\"a (b\"]")));
    assert!(phrase.contains("mine.toml:6: rule `mine.one`: phrase `a (b`: a `(` is not closed"), "{phrase}");
    let class = refused(&pack_with(&GOOD.replace("terms = [\"wibble\"]", "phrases = [\"{nobody} is\"]")));
    assert!(class.contains("there is no class `nobody`"), "{class}");
    let example = refused(&pack_with(&GOOD.replace("a wibble", "a wobble")));
    assert!(example.contains("does not hold its example"), "{example}");
    let pass = refused(&pack_with(&format!("{GOOD}pass = [\"one wibble\"]\n")));
    assert!(pass.contains("must pass, but `mine.one` holds it"), "{pass}");
    let twice = refused(&format!("{}\n[[rule]]\n{GOOD}", pack_with(GOOD)));
    assert!(twice.contains("another rule with this id"), "{twice}");
    let severity = refused(&pack_with(&GOOD.replace("medium", "huge")));
    assert!(severity.contains("mine.toml:9") && severity.contains("huge"), "{severity}");
}

#[test]
fn no_rules_are_refused() {
    assert!(Rules::compile(&[]).unwrap_err().to_string().contains("there are no rules"));
    assert!(refused("[pack]\nid = \"a\"\nversion = \"1\"\nabout = \"b\"\n").contains("there are no rules"));
}

#[test]
fn together_rules_can_weigh_more() {
    let combine = "\n[[combine]]\nid = \"mine.both\"\ncategory = \"sexual\"\nseverity = \"urgent\"\nwhy = \"Both.\"\nall = [\"mine.one\", \"mine.t*\"]\nhold = [\"a wibble and a wobble\"]\n";
    let second = GOOD.replace("mine.one", "mine.two").replace("wibble", "wobble").replace("medium", "low");
    let toml = format!("{}\n[[rule]]\n{second}{combine}", pack_with(&GOOD.replace("medium", "low")));
    let rules = Rules::compile(&[Source { name: "mine.toml".into(), toml }]).unwrap_or_else(|error| panic!("{error}"));
    let verdict = |text: &str| judge(&rules, &Window::new(Role::Mentee), Text::parse(text).unwrap());
    assert!(matches!(verdict("a wibble"), Verdict::Clear { .. }));
    assert!(matches!(verdict("a wibble and a wobble"), Verdict::Hold { .. }));
}

#[test]
fn hostile_texts_of_full_length_are_judged() {
    let pieces = [
        "*",
        "a\u{335}",
        "0",
        "0 7 ",
        "a ",
        "f*ck ",
        "fu ck ",
        "!1|l",
        "é",
        "👩\u{200D}",
        "i want to kill ",
        "x_",
        "@a.",
        "dot at ",
        "\u{200B}a",
    ];
    for piece in pieces {
        let text: String = piece.chars().cycle().take(2_000).collect();
        if let Ok(text) = Text::parse(&text) {
            let mut window = window(Role::Mentee, &["k", "07700"]);
            window.push(MessageId::from_bits(9), &text, Timestamp(9));
            let _ = judge(&RULES, &window, text);
        }
    }
}

fn folded(text: &str) -> View {
    let mut view = View::default();
    fold(text, 0, CURRENT, &mut view);
    view
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn spans_lie_within_the_text_and_show_the_excerpt(
        words in proptest::collection::vec(
            prop_oneof![
                Just("fuck".to_owned()), Just("k m s".to_owned()), Just("07700 900123".to_owned()), Just("d0n't tell your nan".to_owned()),
                Just("ｔｗａｔ".to_owned()), Just("p\u{335}rick".to_owned()), Just("c*nt".to_owned()), "\\PC{0,12}", "[a-z*@$0-9 ._-]{0,12}",
            ], 1..8),
        earlier in "\\PC{0,40}",
    ) {
        if let (Ok(text), earlier) = (Text::parse(&words.join(" ")), Text::parse(&earlier)) {
            let mut window = Window::new(Role::Mentor);
            if let Ok(earlier) = &earlier {
                window.push(MessageId::from_bits(1), earlier, Timestamp(0));
            }
            let length = text.as_str().chars().count() as u32;
            for finding in look(&RULES, &window, &text) {
                if let Some(Span(from, upto)) = finding.span {
                    prop_assert!(from < upto && upto <= length, "{finding:?}");
                    let typed: String = text.as_str().chars().skip(from as usize).take((upto - from) as usize).collect();
                    prop_assert!(finding.excerpt.ends_with(&typed));
                }
                for part in &finding.parts {
                    prop_assert!(part.span.0 < part.span.1 && part.span.1 as usize <= part.text.chars().count());
                }
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
        let once = folded(&text);
        let as_text = String::from_utf8(once.bytes.clone()).unwrap();
        let twice = folded(&as_text);
        prop_assert_eq!(String::from_utf8(twice.bytes).unwrap(), as_text);
    }

    #[test]
    fn the_map_of_a_folded_text_runs_forward_and_stays_inside(text in "\\PC{0,60}") {
        let view = folded(&text);
        let length = text.chars().count() as u16;
        prop_assert_eq!(view.bytes.len(), view.cells.len());
        for pair in view.cells.windows(2) {
            prop_assert!(pair[0].from <= pair[1].from && pair[0].upto <= pair[1].upto);
        }
        prop_assert!(view.cells.iter().all(|cell| cell.from < cell.upto && cell.upto <= length));
    }

    #[test]
    fn no_text_makes_the_filter_panic(text in "\\PC{0,120}", earlier in proptest::collection::vec("\\PC{1,10}", 0..9)) {
        if let Ok(text) = Text::parse(&text) {
            let mut window = Window::new(Role::Mentee);
            for (at, earlier) in earlier.iter().enumerate() {
                if let Ok(earlier) = Text::parse(earlier) {
                    window.push(MessageId::from_bits(at as u128), &earlier, Timestamp(0));
                }
            }
            let _ = judge(&RULES, &window, text);
        }
    }

    #[test]
    fn no_pack_makes_the_compiler_panic(phrase in "[a-c (){}|?.#*£0-9]{0,24}", raw in "\\PC{0,60}") {
        let _ = Rules::compile(&[Source { name: "any.toml".into(), toml: raw }]);
        let phrase = phrase.replace(['\\', '"'], "");
        let toml = pack_with(&GOOD.replace("terms = [\"wibble\"]", &format!("phrases = [\"{phrase}\"]")));
        let _ = Rules::compile(&[Source { name: "any.toml".into(), toml }]);
    }
}
