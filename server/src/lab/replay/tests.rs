//! What a set would have done, on messages that never were.

use super::*;
use handrail_domain::filter::Action;
use handrail_domain::finding::Severity;
use handrail_domain::people::Role;

const MINUTE_MS: i64 = 60_000;
const SINCE: Timestamp = Timestamp(1_000_000_000_000);

const PACK: &str = r#"[pack]
id = "money"
version = "1"
about = "A test."

[[rule]]
id = "money.tenner"
category = "money"
severity = "medium"
why = "Asks for money."
terms = ["tenner"]
phrases = ["lend me money"]
hold = ["lend me a tenner"]

[[rule]]
id = "secrecy.hush"
category = "secrecy"
severity = "low"
why = "A sign."
terms = ["hush"]
hold = ["hush now"]
"#;

fn rules(toml: &str) -> Rules {
    Rules::compile(&[Source { name: "money.toml".into(), toml: toml.into() }]).unwrap()
}

fn place() -> ConversationId {
    ConversationId::from_bits(1)
}

fn said(minutes: i64, text: &str, passed: bool, outcome: Option<OutcomeName>) -> Said {
    Said {
        row: minutes,
        message: MessageId::from_bits((minutes + 1_000_000) as u128),
        conversation: place(),
        from: AccountId::from_bits(1),
        role: Role::Mentor,
        text: (!text.is_empty()).then(|| Text::parse(text).unwrap()),
        at: SINCE.plus_ms(minutes * MINUTE_MS),
        passed,
        outcome,
    }
}

fn replayed(toml: &str, restrictions: Vec<Restriction>, actions: Actions, messages: &[Said]) -> ReplayReport {
    let mut replay = Replay::new(rules(toml), SINCE, true);
    assert!(!replay.knows(place()));
    replay.learn(place(), restrictions, actions);
    messages.iter().for_each(|one| replay.judge(one).unwrap());
    replay.report(&[])
}

#[test]
fn what_would_be_otherwise_is_counted_by_what_happened() {
    let messages = [
        said(-1, "a tenner before it counts", true, None),
        said(1, "a tenner", true, None),
        said(2, "another tenner", false, Some(OutcomeName::Released)),
        said(3, "hello", false, Some(OutcomeName::Released)),
        said(4, "hello you", false, Some(OutcomeName::Altered)),
        said(5, "good morning", false, Some(OutcomeName::Rejected)),
        said(6, "good night", false, None),
        said(7, "see you", true, None),
        said(8, "", true, None),
    ];
    let report = replayed(PACK, Vec::new(), Actions::default(), &messages);
    assert_eq!((report.messages, report.erased, report.passed, report.held), (7, 1, 2, 5));
    assert_eq!((report.newly_held.messages, report.newly_held.by_rule["money.tenner"]), (1, 1));
    let passed = &report.newly_passed;
    assert_eq!((passed.messages, passed.released, passed.altered, passed.rejected, passed.unsaid), (4, 1, 1, 1, 1));
    assert_eq!(report.newly_held.listed[0].text.as_deref(), Some("a tenner"));
    assert_eq!(report.newly_held.listed[0].rules, ["money.tenner"]);
}

#[test]
fn what_was_said_shortly_before_is_in_the_window() {
    let split = |minutes| [said(minutes, "lend me", true, None), said(1, "money", true, None)];
    let held = |minutes| replayed(PACK, Vec::new(), Actions::default(), &split(minutes)).newly_held.messages;
    assert_eq!((held(-5), held(-20)), (1, 0));
    let replay = Replay::new(rules(PACK), SINCE, false);
    assert_eq!(replay.begins(), SINCE.plus_ms(-WINDOW_MS_MAX));
}

#[test]
fn restrictions_hold_while_they_are_in_force() {
    let restriction = Restriction {
        id: RestrictionId::from_bits(1),
        conversation: place(),
        term: "Hollins Park".into(),
        reason: "Exclusion zone".into(),
        owner: AccountId::from_bits(9),
        created_at: SINCE.plus_ms(10 * MINUTE_MS),
        until: SINCE.plus_ms(1_000 * MINUTE_MS),
        ended_at: Some(SINCE.plus_ms(100 * MINUTE_MS)),
    };
    let messages = [5, 50, 150].map(|minutes| said(minutes, "by hollins park", true, None));
    let report = replayed(PACK, vec![restriction], Actions::default(), &messages);
    assert_eq!(report.newly_held.messages, 1);
    assert_eq!(report.newly_held.listed[0].at, SINCE.plus_ms(50 * MINUTE_MS));
}

#[test]
fn the_sites_actions_decide_what_is_held() {
    let action = Action { hold_from: Severity::High, ring_from: Severity::Urgent, help_from: None, second_from: None };
    let actions = Actions::default().with(Category::Money, action);
    assert_eq!(replayed(PACK, Vec::new(), actions, &[said(1, "a tenner", true, None)]).newly_held.messages, 0);
    let action = Action { hold_from: Severity::Low, ..action };
    let actions = Actions::default().with(Category::Secrecy, action);
    assert_eq!(replayed(PACK, Vec::new(), actions, &[said(1, "hush", true, None)]).newly_held.messages, 1);
}

#[test]
fn signs_of_drift_are_followed_for_as_long_as_they_count() {
    let drift = PACK.replace("severity = \"low\"", "severity = \"low\"\ndrift = 6");
    let drift = drift.replace("severity = \"medium\"", "severity = \"low\"\ndrift = 6");
    let replay = Replay::new(rules(&drift), SINCE, false);
    assert_eq!(replay.begins(), SINCE.plus_ms(-DRIFT_MS_MAX));
    let messages = [said(-60, "hush", true, None), said(1, "a tenner", true, None), said(2, "a tenner", true, None)];
    let report = replayed(&drift, Vec::new(), Actions::default(), &messages);
    assert_eq!(report.newly_held.by_rule.get("drift.pattern"), Some(&1), "told once, they start anew");
}

#[test]
fn the_cost_is_said_with_its_median_or_that_nothing_is_known() {
    let report = |items: &[Judged]| {
        let mut replay = Replay::new(rules(PACK), SINCE, false);
        replay.learn(place(), Vec::new(), Actions::default());
        (1..=30).for_each(|minutes| replay.judge(&said(minutes, "a tenner", true, None)).unwrap());
        replay.report(items)
    };
    let text = |report: &ReplayReport| {
        let mut out = Vec::new();
        report.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let unknown = text(&report(&[]));
    assert!(unknown.contains("nothing was decided since then"), "{unknown}");
    assert!(unknown.contains("Newly held (the first 20 of 30)") && !unknown.contains("a tenner"), "{unknown}");
    let item = Judged {
        rules: Vec::new(),
        outcome: Some(OutcomeName::Released),
        held_at: SINCE,
        closed_at: Some(SINCE.plus_ms(2 * MINUTE_MS)),
    };
    let known = report(&[item]);
    assert_eq!((known.decided, known.median_wait_ms, known.extra_minutes), (1, Some(120_000), Some(60.0)));
    assert!(text(&known).contains("60.0 (30 newly held x a median of 2.0 minutes"), "{}", text(&known));
}
