//! What a finding says, and what a verdict makes of it.

use super::*;
use crate::finding::{Evasion, Span};

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
