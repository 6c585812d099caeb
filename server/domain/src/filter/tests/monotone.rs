//! More rules never free a text, an excuse never holds one, and neither order nor company changes what is seen.

use super::*;
use crate::filter::pack::Packs;

/// What is seen, in no order.
fn told(rules: &Rules, speaker: Role, text: &str) -> Vec<String> {
    let findings = look(rules, &Window::new(speaker), &Text::parse(text).unwrap());
    let mut told: Vec<String> = findings
        .into_iter()
        .map(|finding| format!("{} {:?} {:?} {:?}", finding.rule, finding.span, finding.severity, finding.evasion))
        .collect();
    told.sort();
    told
}

fn holds(rules: &Rules, speaker: Role, text: &str) -> bool {
    look(rules, &Window::new(speaker), &Text::parse(text).unwrap()).iter().any(|finding| finding.severity >= HOLD_FROM)
}

/// Texts of all kinds, as they are and with what a rule saw in a disguise, and who says them.
fn texts(seed: u64, most: usize) -> Vec<(Role, String)> {
    let mut dice = Dice(seed);
    let mut texts: Vec<(Role, String)> = passing().into_iter().map(|text| (Role::Mentor, text)).collect();
    texts.extend(HOLDING.iter().map(|example| (example.speaker, example.text.clone())));
    texts.extend(HOLDING.iter().map(|example| {
        let hidden = super::disguises::disguises(&example.text[example.span.clone()].to_lowercase());
        (example.speaker, example.with(|_| hidden[dice.below(hidden.len())].1.clone()))
    }));
    dice.some(texts, most)
}

/// All packs, some of whose rules are left out or changed.
fn rules_of(change: impl FnOnce(&mut Packs)) -> Rules {
    let sources = packs();
    let mut packs = pack::read(&sources, &mut Vec::new());
    change(&mut packs);
    packs.combines.clear();
    Rules::untried(&sources, &packs)
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
fn the_order_of_packs_changes_nothing_that_is_seen() {
    let mut turned = packs();
    turned.reverse();
    let turned = Rules::compile(&turned).unwrap();
    for (speaker, text) in texts(11, 800) {
        assert_eq!(told(&turned, speaker, &text), told(&RULES, speaker, &text), "{text}");
    }
}

#[test]
fn a_rule_more_never_frees_a_text() {
    let mut dice = Dice(12);
    let all = rules_of(|_| ());
    let fewer = rules_of(|packs| packs.rules.retain(|_| dice.below(3) > 0));
    let mut tally = Tally::default();
    for (speaker, text) in texts(13, 1_500).into_iter().filter(|(speaker, text)| holds(&fewer, *speaker, text)) {
        tally.count(holds(&all, speaker, &text), || text);
    }
    assert!(tally.below(100.0, "held with fewer rules and with all").is_none(), "{:#?}", tally.missed);
}

#[test]
fn what_was_said_before_never_frees_a_text() {
    let mut dice = Dice(15);
    let before = texts(16, 600);
    let mut tally = Tally::default();
    for (speaker, text) in texts(17, 1_500) {
        let alone = told(&RULES, speaker, &text);
        let mut window = Window::new(speaker);
        for at in 0..1 + dice.below(WINDOW_MESSAGES_MAX) {
            let (_, earlier) = &before[dice.below(before.len())];
            window.push(MessageId::from_bits(at as u128), &Text::parse(earlier).unwrap(), Timestamp(0));
        }
        let seen: Vec<String> =
            look(&RULES, &window, &Text::parse(&text).unwrap()).into_iter().map(|f| f.rule).collect();
        for line in alone {
            let rule = line.split(' ').next().unwrap_or_default().to_owned();
            tally.count(seen.contains(&rule), || format!("{rule}: {text} after {window:?}"));
        }
    }
    assert!(tally.below(100.0, "seen alone and after other talk").is_none(), "{:#?}", tally.missed);
}

#[test]
fn a_threat_after_a_word_that_excuses_others_is_held() {
    let mut window = Window::new(Role::Mentor);
    window.push(MessageId::from_bits(1), &Text::parse("I like cricket").unwrap(), Timestamp(0));
    let findings = look(&RULES, &window, &Text::parse("i will stab you if you say that again").unwrap());
    assert!(findings.iter().any(|finding| finding.severity >= HOLD_FROM), "{findings:?}");
}

#[test]
fn an_excuse_more_never_holds_a_text() {
    let mut dice = Dice(14);
    let all = rules_of(|_| ());
    let excused = rules_of(|packs| {
        for rule in &mut packs.rules {
            // Words that its own rules see, so that the excuse does excuse.
            let own: Vec<&Holding> = HOLDING.iter().filter(|example| example.rule == rule.written.id).collect();
            if let Some(example) = own.get(dice.below(own.len().max(1))) {
                let words = phrase::plain_words(&example.text[example.span.clone()]);
                let plain = !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ');
                rule.written.unless.extend(plain.then_some(words));
            }
        }
    });
    let (mut tally, mut freed) = (Tally::default(), 0);
    for (speaker, text) in texts(15, 1_500) {
        let (before, after) = (holds(&all, speaker, &text), holds(&excused, speaker, &text));
        freed += usize::from(before && !after);
        tally.count(before || !after, || text);
    }
    assert!(freed > 0, "no excuse was used");
    assert!(tally.below(100.0, "not held, and not with excuses").is_none(), "{:#?}", tally.missed);
}

#[test]
fn eight_threads_at_once_see_what_one_sees() {
    let texts = texts(16, 400);
    let alone: Vec<Vec<String>> = texts.iter().map(|(speaker, text)| told(&RULES, *speaker, text)).collect();
    std::thread::scope(|scope| {
        for start in 0..8 {
            let (texts, alone) = (&texts, &alone);
            // Each begins elsewhere, so that what one leaves behind differs from what another does.
            scope.spawn(move || {
                for at in (0..texts.len()).map(|at| (at + start * texts.len() / 8) % texts.len()) {
                    assert_eq!(told(&RULES, texts[at].0, &texts[at].1), alone[at], "{}", texts[at].1);
                }
            });
        }
    });
}
