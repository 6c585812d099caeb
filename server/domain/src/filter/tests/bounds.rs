//! What holds for any text at all: spans, maps, folding, and how much work a text can ask for.

use super::packs::{GOOD, pack_with};
use super::*;
use crate::filter::fold::fold;
use crate::filter::view::{CURRENT, View};
use crate::finding::Span;
use proptest::prelude::*;

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

/// What costly texts are made of, each of the same piece again and again.
fn hostile() -> Vec<String> {
    let sampled = Dice(5).some(HOLDING.iter().collect(), 40);
    let own = sampled.iter().map(|example| format!("{} ", example.text));
    let made = [
        "f*ck sh!t c**t ",
        "f u c k ",
        "0 7 7 1 2 ",
        "aaaa",
        "oh seven ",
        "you are a ",
        "i will ",
        "a. ",
        "y_o_u ",
        "ti od ",
    ];
    made.into_iter().map(str::to_owned).chain(own).collect()
}

#[test]
fn twice_the_text_is_no_more_than_about_twice_the_work() {
    let work = |text: &str| scan::work(&RULES, &Window::new(Role::Mentor), &Text::parse(text).unwrap());
    let mut wrong = Vec::new();
    for short in [500, 1_000] {
        for piece in hostile() {
            // Whole pieces, so that the longer text has no other words than the shorter one.
            let times = (short / piece.chars().count()).max(1);
            let (once, twice) = (work(&piece.repeat(times)), work(&piece.repeat(2 * times)));
            // What is little is not compared: one run more is no trend.
            if twice * 2 > once * 5 + 60 {
                wrong.push(format!("`{piece}`, {short} characters: {once} runs, twice as many: {twice}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
