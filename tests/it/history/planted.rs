//! The checker itself: it lets a history pass in which all is well, and finds each fault that is planted in one.

use super::{Afterwards, Came, History, ItemNow, Line, Row, Ruling, Seen, Sent, Shown, Span, Taken, faults};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn at(asked: u64) -> Span {
    Span { asked: Duration::from_millis(asked), answered: Duration::from_millis(asked + 2) }
}

fn sent(by: &str, number: u64, asked: u64, came: Came<Taken>) -> Sent {
    let bad = number == 2 || number == 3;
    let (cid, text) = (format!("cid-{number}"), format!("text {number}"));
    Sent { by: by.into(), conversation: "c".into(), cid, text, bad, span: at(asked), came }
}

fn taken(number: u64, seq: Option<u64>) -> Came<Taken> {
    Came::Ok(Taken { message: format!("m{number}"), seq })
}

fn shown(seq: u64, number: u64) -> Shown {
    Shown { seq, message: format!("m{number}"), text: format!("text {number}") }
}

fn seen(by: &str, seq: u64, number: u64, at: u64) -> Seen {
    let Shown { seq, message, text } = shown(seq, number);
    Seen { by: by.into(), conversation: "c".into(), seq, message, text, at: Duration::from_millis(at) }
}

fn item(number: u64, version: u64, state: &str, outcome: &str, by: &str) -> ItemNow {
    let (item, message) = (format!("q{number}"), format!("m{number}"));
    ItemNow { item, message, version, state: state.into(), outcome: outcome.into(), decided_by: by.into() }
}

fn row(number: u64, seq: Option<u64>) -> Row {
    let status = if seq.is_some() { "delivered" } else { "held" };
    Row { message: format!("m{number}"), conversation: "c".into(), status: status.into(), seq }
}

fn delivered(n: u64, number: u64, seq: u64) -> Line {
    let (kind, message) = ("message.delivered".into(), format!("m{number}"));
    Line { kind, message, seq: Some(seq), ..changed(n, number, "", 0, "") }
}

fn changed(n: u64, number: u64, act: &str, version: u64, actor: &str) -> Line {
    let (item, message) = (format!("q{number}"), format!("m{number}"));
    Line { n, kind: "item".into(), message, actor: actor.into(), seq: None, item, version, act: act.into() }
}

fn ruling(by: &str, came: Came<()>) -> Ruling {
    Ruling { by: by.into(), item: "q2".into(), version: 2, release: true, span: at(20), came }
}

/// Ann says 1 (delivered), 2 (held, released by May) and 3 (held); Bob's 4 gets no answer at first; then Ann says 5.
fn sound() -> (History, Afterwards) {
    let history = History {
        sent: vec![
            sent("ann", 1, 0, taken(1, Some(1))),
            sent("ann", 2, 5, taken(2, None)),
            sent("ann", 3, 10, taken(3, None)),
            sent("bob", 4, 15, Came::Unknown),
            sent("bob", 4, 30, taken(4, Some(2))),
            sent("ann", 5, 40, taken(5, Some(4))),
        ],
        rulings: vec![ruling("may", Came::Ok(())), ruling("lee", Came::No("already_closed".into()))],
        seen: ["ann", "bob"]
            .into_iter()
            .flat_map(|who| [seen(who, 1, 1, 3), seen(who, 2, 4, 18), seen(who, 3, 2, 35), seen(who, 4, 5, 43)])
            .collect(),
    };
    let page = || vec![shown(1, 1), shown(2, 4), shown(3, 2), shown(4, 5)];
    let after = Afterwards {
        parties: BTreeMap::from([("c".into(), vec!["ann".into(), "bob".into()])]),
        pages: ["ann", "bob"].into_iter().map(|who| (("c".to_owned(), who.to_owned()), page())).collect(),
        items: vec![item(2, 4, "closed", "released", "may"), item(3, 1, "waiting", "", "")],
        rows: vec![row(1, Some(1)), row(2, Some(3)), row(3, None), row(4, Some(2)), row(5, Some(4))],
        log: vec![
            delivered(1, 1, 1),
            changed(2, 2, "hold", 1, "ann"),
            changed(3, 3, "hold", 1, "ann"),
            delivered(4, 4, 2),
            changed(5, 2, "claim", 2, "may"),
            changed(6, 2, "decide", 3, "may"),
            delivered(7, 2, 3),
            changed(8, 2, "close", 4, "may"),
            delivered(9, 5, 4),
        ],
        broken_chain: None,
        claimable: BTreeSet::from(["q3".into()]),
    };
    (history, after)
}

#[test]
fn a_history_in_which_all_is_well_passes() {
    let (history, after) = sound();
    assert_eq!(faults(&history, &after), Vec::<String>::new());
}

/// Plants something, and looks for it in these words.
#[track_caller]
fn finds(words: &str, plant: impl FnOnce(&mut History, &mut Afterwards)) {
    let (mut history, mut after) = sound();
    plant(&mut history, &mut after);
    let found = faults(&history, &after);
    assert!(found.iter().any(|fault| fault.contains(words)), "nothing says {words:?}: {found:#?}");
}

fn both(after: &mut Afterwards, change: impl Fn(&mut Vec<Shown>)) {
    after.pages.values_mut().for_each(change);
}

#[test]
fn an_acknowledged_message_that_is_missing_is_found() {
    finds("m5 was acknowledged as number 4; bob has it at []", |_, after| {
        after.pages.get_mut(&("c".into(), "bob".into())).expect("his page").pop();
    });
    finds("m5 was acknowledged as number 4", |_, after| both(after, |page| page[3].text = "other words".into()));
    finds("m3 was acknowledged as held, and has no item", |_, after| drop(after.items.pop()));
}

#[test]
fn a_message_that_is_there_twice_is_found() {
    finds("bob said cid-4 once, and ann reads it 2 times", |_, after| {
        both(after, |page| page.push(Shown { message: "m6".into(), ..shown(5, 4) }));
    });
    finds("was told of {\"m4\", \"m9\"}", |history, _| history.sent.push(sent("bob", 4, 50, taken(9, Some(2)))));
}

#[test]
fn a_gap_and_another_order_are_found() {
    finds("reads number 5 where 4 should be", |_, after| both(after, |page| page[3].seq = 5));
    finds("do not read the same", |_, after| {
        after.pages.get_mut(&("c".into(), "ann".into())).expect("her page")[0].message = "m7".into();
    });
    finds("bob was told number 3 after Some(1)", |history, _| drop(history.seen.remove(5)));
    finds("bob was told number 1 after Some(1)", |history, _| history.seen.insert(5, seen("bob", 1, 1, 4)));
    finds("and reads something else there", |history, _| history.seen[0].text = "other words".into());
}

#[test]
fn a_message_that_overtook_an_earlier_one_is_found() {
    finds("number 2 was said after number 4 was acknowledged", |history, _| {
        history.sent[3].span = at(50);
        history.sent[4].span = at(60);
    });
}

#[test]
fn a_bad_message_that_crossed_is_found() {
    finds("bob was shown m3, which nobody who held it had released", |history, _| {
        history.seen.push(seen("bob", 5, 3, 60));
    });
    finds("bob was shown m2", |history, _| history.rulings[0].span = at(100));
    finds("ann reads m2, which nobody who held it released", |history, _| history.rulings[0].release = false);
    finds("ann reads m2", |_, after| after.log[4].actor = "lee".into());
    finds("ann reads m2", |_, after| after.log[5].act = "acknowledge".into());
}

#[test]
fn a_second_decision_is_found() {
    finds("q2 has more than one winner", |history, _| history.rulings[1].came = Came::Ok(()));
    finds("may was told ok on version 1 of q2", |history, _| history.rulings[0].version = 1);
    finds("q2 was decided 2 times", |_, after| after.log[4].act = "decide".into());
    finds("may was told that q2 is released; it is closed rejected", |_, after| {
        after.items[0].outcome = "rejected".into();
    });
}

#[test]
fn an_answer_that_changed_is_found() {
    finds("was told Taken { message: \"m1\", seq: Some(1) } of cid-1, and later cid_conflict", |history, _| {
        history.sent.push(sent("ann", 1, 50, Came::No("cid_conflict".into())));
    });
    finds("of cid-1, and later Taken", |history, _| history.sent.push(sent("ann", 1, 50, taken(1, Some(3)))));
}

#[test]
fn a_log_that_says_otherwise_than_the_tables_is_found() {
    finds("line 5 does not follow from line 4", |_, after| {
        after.broken_chain = Some("line 5 does not follow from line 4".into());
    });
    finds("line 4 of the log is missing", |_, after| drop(after.log.remove(3)));
    finds("m5 is delivered Some(4) in c; the log says []", |_, after| drop(after.log.pop()));
    finds("the log delivers m1, and no table has it", |_, after| drop(after.rows.remove(0)));
    finds("m3 is held None in c; the log says [Some(5)]", |_, after| after.log.push(delivered(10, 3, 5)));
    finds("q2 is at version 4; the log has [1, 2, 3]", |_, after| after.log[7].item = "q9".into());
}

#[test]
fn an_open_item_that_nobody_can_take_is_found() {
    finds("q3 is open, and nobody can take it", |_, after| after.claimable.clear());
    finds("m3 is held, and no supervisor can see it", |_, after| drop(after.items.pop()));
}
