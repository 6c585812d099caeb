//! Where two people must want a message delivered before it is.

use super::*;

/// Held where two people must agree.
fn for_two() -> Item {
    Item { second: true, ..waiting() }
}

fn proposed(item: &Item, who: Moderator, decision: Decision) -> Item {
    match item.decide(who, item.version, decision, UNDO_MS, at(1_000)).unwrap() {
        Decided::Proposed(item) => *item,
        other @ (Decided::Done(_) | Decided::Again) => panic!("one was enough: {other:?}"),
    }
}

#[test]
fn where_two_must_agree_one_delivers_nothing_however_often_they_say_it() {
    let item = proposed(&claimed(&for_two(), ana(), T0), ana(), Decision::Release);
    assert_eq!((item.state_name(), item.version), (StateName::Waiting, 3));
    assert_eq!(item.proposal(), Some((ana().who(), &Decision::Release)));
    let again = item.decide(ana(), item.version, Decision::Release, UNDO_MS, at(1_000)).unwrap();
    assert!(matches!(again, Decided::Again));
    let taken = claimed(&item, ana(), at(2_000));
    let alone = taken.decide(ana(), taken.version, Decision::Release, UNDO_MS, at(2_000)).unwrap();
    assert!(matches!(alone, Decided::Again), "their own word is not a second one");
    assert!(item.settle(at(1_000_000)).is_none());
}

#[test]
fn a_second_person_delivers_what_the_first_proposed_or_proposes_something_else() {
    let item = claimed(&proposed(&claimed(&for_two(), ana(), T0), ana(), alter()), ben(), at(2_000));
    let other = proposed(&item, ben(), Decision::Release);
    assert_eq!(other.proposal(), Some((ben().who(), &Decision::Release)), "other words start anew");
    let same = Decision::Alter { text: text("gentler"), reason: Reason::Other, note: None, log: None };
    let agreed = decided(&item, ben(), same.clone(), at(3_000));
    assert_eq!(agreed.decision(), Some((ben().who(), &same)), "the same words, whatever the reason");
    assert!(matches!(agreed.settle(at(3_000 + UNDO_MS)), Some((_, Effect::Deliver { .. }))));
}

#[test]
fn one_person_is_enough_to_keep_a_message_back_or_to_hand_it_on() {
    for decision in [reject(), rephrase()] {
        assert_eq!(
            decided(&claimed(&for_two(), ana(), T0), ana(), decision, at(1_000)).state_name(),
            StateName::Decided
        );
    }
    let handed_on = decided(&claimed(&for_two(), ana(), T0), ana(), escalate(), at(1_000));
    assert_eq!((handed_on.tier, handed_on.proposal()), (2, None));
}
