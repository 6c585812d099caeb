//! Everything that may happen to an item, in every state that it may be in.

use super::*;
use crate::conversation::{ConversationState, Kind, Party};
use crate::ids::Cid;
use crate::people::{Account, Role, SiteSettings};
use crate::policy::may_moderate;
use proptest::prelude::*;

mod second;

const T0: Timestamp = Timestamp(1_000_000_000);
const UNDO_MS: i64 = 5_000;

fn at(ms: i64) -> Timestamp {
    T0.plus_ms(ms)
}

fn conversation() -> Conversation {
    let party = |bits, role| Party {
        account: AccountId::from_bits(bits),
        name: String::new(),
        role,
        read_seq: 0,
        to_read: false,
    };
    Conversation {
        id: ConversationId::from_bits(1),
        site: SiteId::from_bits(1),
        kind: Kind::Pair,
        state: ConversationState::Open,
        parties: vec![party(1, Role::Mentor), party(2, Role::Mentee)],
        last_seq: 0,
        sealed: None,
    }
}

fn moderator(bits: u128) -> Moderator {
    let account = Account {
        id: AccountId::from_bits(bits),
        site: SiteId::from_bits(1),
        role: Role::Supervisor,
        name: String::new(),
        disabled: false,
    };
    may_moderate(&account, &conversation(), None).unwrap()
}

fn ana() -> Moderator {
    moderator(10)
}

fn ben() -> Moderator {
    moderator(11)
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

fn held_for(severity: Severity, expire_after_ms: Option<i64>) -> Item {
    let settings = SiteSettings { expire_after_ms, ..SiteSettings::default() };
    let site = Site { id: SiteId::from_bits(1), name: String::new(), settings };
    let envelope = Envelope {
        message: MessageId::from_bits(1),
        item: ItemId::from_bits(1),
        salt: [0; 16],
        cid: Cid::parse("c1").unwrap(),
        rules: "r".into(),
        now: T0,
        expected_wait_s: None,
    };
    let item =
        Item::held(&conversation(), &site, AccountId::from_bits(2), text("said"), (Vec::new(), false), &envelope);
    // A hold without findings is as bad as a failed filter; the severity of these items is chosen, so its times are too.
    let due_at = T0.plus_ms(site.settings.target_ms.of(severity));
    Item { severity, due_at, escalate_at: Some(due_at), ringing: severity == Severity::Urgent, ..item }
}

fn waiting() -> Item {
    held_for(Severity::Medium, None)
}

fn claimed(item: &Item, who: Moderator, now: Timestamp) -> Item {
    match item.claim(who, now).unwrap() {
        Claimed::Taken(item) | Claimed::Renewed(item) => item,
    }
}

fn alter() -> Decision {
    Decision::Alter { text: text("gentler"), reason: Reason::Abuse, note: Some("why".into()), log: None }
}

fn reject() -> Decision {
    Decision::Reject { reason: Reason::Abuse, note: "no".into(), log: None }
}

fn note() -> Decision {
    Decision::Note { log: "seen".into() }
}

fn escalate() -> Decision {
    Decision::Escalate { log: "you".into() }
}

fn rephrase() -> Decision {
    Decision::Rephrase { note: "again".into() }
}

fn decided(item: &Item, who: Moderator, decision: Decision, now: Timestamp) -> Item {
    match item.decide(who, item.version, decision, UNDO_MS, now).unwrap() {
        Decided::Done(item) => *item,
        Decided::Again | Decided::Proposed(_) => panic!("a new decision"),
    }
}

/// Decided by Ana at 1 s, to take effect at 6 s.
fn released() -> Item {
    decided(&claimed(&waiting(), ana(), T0), ana(), Decision::Release, at(1_000))
}

fn closed() -> Item {
    released().settle(at(6_000)).unwrap().0
}

/// A refusal says which, and whether it carries the item as it is.
#[track_caller]
fn check<T: std::fmt::Debug>(result: Result<T, Refusal>, code: Code) {
    let refusal = result.unwrap_err();
    assert_eq!(refusal.code, code);
    let raced = matches!(code, Code::AlreadyClosed | Code::StaleVersion | Code::ClaimedByOther | Code::NotClaimed);
    assert!(!raced || refusal.item.is_some(), "a lost race carries the item as it is");
}

#[test]
fn a_claim_is_a_lease_of_two_minutes_and_a_new_version() {
    let item = claimed(&waiting(), ana(), T0);
    assert_eq!(item.version, 2);
    assert_eq!(item.holder(at(LEASE_MS - 1)), Some((ana().who(), at(LEASE_MS))));
    assert_eq!(item.holder(at(LEASE_MS)), None);
}

#[test]
fn claiming_again_renews_the_lease_and_keeps_the_version() {
    let item = claimed(&waiting(), ana(), T0);
    let Claimed::Renewed(renewed) = item.claim(ana(), at(60_000)).unwrap() else { panic!("not renewed") };
    assert_eq!((renewed.version, renewed.holder(T0)), (2, Some((ana().who(), at(60_000 + LEASE_MS)))));
}

#[test]
fn a_live_claim_keeps_everybody_else_out() {
    let item = claimed(&waiting(), ana(), T0);
    check(item.claim(ben(), at(1)), Code::ClaimedByOther);
    check(item.unclaim(ben(), at(1)), Code::ClaimedByOther);
    check(item.decide(ben(), 2, Decision::Release, UNDO_MS, at(1)), Code::ClaimedByOther);
}

#[test]
fn a_lapsed_claim_is_as_good_as_none() {
    let item = claimed(&waiting(), ana(), T0);
    check(item.unclaim(ana(), at(LEASE_MS)), Code::NotClaimed);
    check(item.decide(ana(), 2, Decision::Release, UNDO_MS, at(LEASE_MS)), Code::NotClaimed);
    let Claimed::Taken(taken) = item.claim(ben(), at(LEASE_MS)).unwrap() else { panic!("not taken") };
    assert_eq!((taken.version, taken.holder(at(LEASE_MS)).map(|(by, _)| by)), (3, Some(ben().who())));
}

#[test]
fn a_frozen_holder_who_wakes_after_the_lease_loses_by_the_version() {
    let taken = claimed(&claimed(&waiting(), ana(), T0), ben(), at(LEASE_MS));
    check(taken.decide(ana(), 2, Decision::Release, UNDO_MS, at(LEASE_MS + 1)), Code::StaleVersion);
    check(taken.decide(ana(), 3, Decision::Release, UNDO_MS, at(LEASE_MS + 1)), Code::ClaimedByOther);
}

#[test]
fn an_item_given_back_waits_again() {
    let item = claimed(&waiting(), ana(), T0).unclaim(ana(), at(1)).unwrap();
    assert_eq!((item.version, &item.state), (3, &State::Waiting));
    check(item.unclaim(ana(), at(2)), Code::NotClaimed);
}

#[test]
fn nobody_decides_without_a_claim() {
    for decision in [Decision::Release, alter(), reject(), rephrase(), escalate(), note()] {
        check(waiting().decide(ana(), 1, decision, UNDO_MS, T0), Code::NotClaimed);
    }
}

#[test]
fn refusals_of_a_decision_come_in_the_order_of_the_protocol() {
    check(released().decide(ben(), 1, reject(), UNDO_MS, at(1_001)), Code::AlreadyClosed);
    check(closed().decide(ben(), 1, reject(), UNDO_MS, at(9_000)), Code::AlreadyClosed);
    let held_by_ana = claimed(&waiting(), ana(), T0);
    check(held_by_ana.decide(ben(), 1, reject(), UNDO_MS, T0), Code::StaleVersion);
    check(held_by_ana.decide(ben(), 2, reject(), UNDO_MS, T0), Code::ClaimedByOther);
    check(waiting().decide(ben(), 9, reject(), UNDO_MS, T0), Code::StaleVersion);
}

#[test]
fn the_same_decision_by_its_decider_stands_already() {
    for item in [released(), closed()] {
        assert!(matches!(item.decide(ana(), 2, Decision::Release, UNDO_MS, at(9_000)), Ok(Decided::Again)));
        check(item.decide(ben(), 2, Decision::Release, UNDO_MS, at(9_000)), Code::AlreadyClosed);
        check(item.decide(ana(), 2, reject(), UNDO_MS, at(9_000)), Code::AlreadyClosed);
    }
}

#[test]
fn a_decision_takes_effect_at_the_end_of_its_window_and_not_before() {
    let item = released();
    assert_eq!((item.version, item.wake_at()), (3, Some(at(6_000))));
    assert!(item.settle(at(5_999)).is_none());
    let (over, effect) = item.settle(at(6_000)).unwrap();
    assert!(matches!(effect, Effect::Deliver { altered: None, .. }));
    assert_eq!((over.version, over.state_name(), over.wake_at()), (4, StateName::Closed, None));
}

#[test]
fn each_decision_has_its_own_effect() {
    let settled = |decision| decided(&claimed(&waiting(), ana(), T0), ana(), decision, T0).settle(at(UNDO_MS)).unwrap();
    let (item, effect) = settled(alter());
    assert!(
        matches!(effect, Effect::Deliver { text, altered: Some((Reason::Abuse, Some(_))) } if text.as_str() == "gentler")
    );
    assert!(matches!(item.state, State::Closed { outcome: OutcomeName::Altered, decided: Some(_), .. }));
    let (item, effect) = settled(reject());
    assert!(matches!(effect, Effect::End { status: MessageStatus::Rejected, reason: Some(_), note: Some(_) }));
    assert!(matches!(item.state, State::Closed { outcome: OutcomeName::Rejected, .. }));
    let (item, effect) = settled(rephrase());
    assert!(matches!(effect, Effect::End { status: MessageStatus::Rephrase, reason: None, note: Some(_) }));
    assert!(matches!(item.state, State::Closed { outcome: OutcomeName::Rephrase, .. }));
}

#[test]
fn a_window_of_nothing_takes_effect_at_once() {
    let item = claimed(&waiting(), ana(), T0);
    let Decided::Done(item) = item.decide(ana(), 2, Decision::Release, 0, at(1)).unwrap() else { panic!() };
    check(item.undo(ana(), 3, at(1)), Code::AlreadyClosed);
    assert!(item.settle(at(1)).is_some());
}

#[test]
fn a_decision_is_undone_by_its_decider_within_the_window() {
    let undone = released().undo(ana(), 3, at(5_999)).unwrap();
    assert_eq!((undone.version, undone.holder(at(5_999))), (4, Some((ana().who(), at(5_999 + LEASE_MS)))));
    assert!(undone.settle(at(60_000)).is_none());
    check(undone.decide(ana(), 2, Decision::Release, UNDO_MS, at(6_000)), Code::StaleVersion);
}

#[test]
fn an_undo_is_refused_to_others_after_the_window_and_where_nothing_is_decided() {
    check(released().undo(ben(), 3, at(2_000)), Code::ClaimedByOther);
    check(released().undo(ana(), 2, at(2_000)), Code::StaleVersion);
    check(released().undo(ana(), 3, at(6_000)), Code::AlreadyClosed);
    check(closed().undo(ana(), 4, at(2_000)), Code::AlreadyClosed);
    check(waiting().undo(ana(), 1, T0), Code::NotClaimed);
    check(waiting().undo(ana(), 7, T0), Code::StaleVersion);
}

#[test]
fn an_escalated_item_waits_at_the_next_tier_and_rings() {
    let mut item = waiting();
    for tier in [2, 3, 3] {
        item = decided(&claimed(&item, ana(), T0), ana(), escalate(), T0);
        assert_eq!((item.tier, item.ringing, &item.state), (tier, true, &State::Waiting));
    }
    assert_eq!(item.version, 7);
    assert_eq!(item.escalate_at, None, "the top tier keeps ringing, there is nobody above it");
}

#[test]
fn what_nobody_took_in_time_rings_the_next_tier_and_is_never_delivered() {
    let due = waiting().due_at;
    assert!(waiting().overdue(due.plus_ms(-1)).is_none());
    let item = waiting().overdue(due).unwrap();
    assert_eq!((item.version, item.tier, item.ringing), (2, 2, true));
    assert!(item.settle(due.plus_ms(86_400_000)).is_none());
    assert!(claimed(&waiting(), ana(), due).overdue(due.plus_ms(1)).is_none(), "somebody is on it");
}

#[test]
fn an_acknowledgement_stops_the_ringing_once() {
    let urgent = held_for(Severity::Urgent, None);
    let quiet = urgent.acknowledge(ana()).unwrap();
    assert_eq!((quiet.version, quiet.ringing, &quiet.state), (2, false, &State::Waiting));
    assert_eq!(quiet.acknowledge(ben()).unwrap(), quiet);
    assert!(!claimed(&urgent, ana(), T0).ringing, "a claim is an acknowledgement");
    check(released().acknowledge(ana()), Code::AlreadyClosed);
    check(closed().acknowledge(ana()), Code::AlreadyClosed);
}

#[test]
fn a_lease_that_ran_out_lapses_by_the_clock() {
    let item = claimed(&waiting(), ana(), T0);
    assert!(item.lapse(at(LEASE_MS - 1)).is_none());
    let lapsed = item.lapse(at(LEASE_MS)).unwrap();
    assert_eq!((lapsed.version, &lapsed.state), (3, &State::Waiting));
    assert!(waiting().lapse(at(LEASE_MS)).is_none() && released().lapse(at(LEASE_MS)).is_none());
}

#[test]
fn a_withdrawal_closes_what_is_not_serious() {
    for item in [waiting(), claimed(&waiting(), ana(), T0), released()] {
        let over = item.withdraw(at(2_000)).unwrap();
        assert_eq!(over.version, item.version + 1);
        assert!(matches!(over.state, State::Closed { outcome: OutcomeName::Withdrawn, decided: None, .. }));
    }
    check(closed().withdraw(at(9_000)), Code::NotHeld);
}

#[test]
fn a_withdrawn_serious_item_stays_until_somebody_notes_it() {
    let item = held_for(Severity::High, None).withdraw(at(1)).unwrap();
    assert_eq!((item.version, item.withdrawn, &item.state), (2, true, &State::Waiting));
    check(item.withdraw(at(2)), Code::NotHeld);
    let mine = claimed(&item, ana(), at(2));
    for decision in [Decision::Release, alter(), reject(), rephrase()] {
        check(mine.decide(ana(), 3, decision, UNDO_MS, at(3)), Code::NotHeld);
    }
    let noted = decided(&mine, ana(), note(), at(4));
    assert!(matches!(noted.state, State::Closed { outcome: OutcomeName::Withdrawn, decided: Some(_), .. }));
    check(claimed(&waiting(), ana(), T0).decide(ana(), 2, note(), UNDO_MS, T0), Code::BadFrame);
}

#[test]
fn a_withdrawal_wins_over_a_decision_in_its_window() {
    let mine = claimed(&held_for(Severity::Urgent, None), ana(), T0);
    let back = decided(&mine, ana(), Decision::Release, T0).withdraw(at(4_999)).unwrap();
    assert_eq!(back.holder(at(4_999)).map(|(by, _)| by), Some(ana().who()));
    assert!(back.settle(at(60_000)).is_none());
}

#[test]
fn an_item_expires_only_where_a_time_is_set_and_never_over_a_decision() {
    assert!(waiting().outdated(at(i64::MAX / 2)).is_none());
    let item = held_for(Severity::Low, Some(1_000));
    assert!(item.outdated(at(999)).is_none());
    let over = item.outdated(at(1_000)).unwrap();
    assert!(matches!(over.state, State::Closed { outcome: OutcomeName::Expired, decided: None, .. }));
    assert!(decided(&claimed(&item, ana(), T0), ana(), reject(), T0).outdated(at(2_000)).is_none());
    assert!(over.expire(at(3_000)).is_none() && released().expire(at(2_000)).unwrap().settle(at(9_000)).is_none());
}

/// One thing that may be tried on an item.
#[derive(Debug, Clone)]
enum Try {
    Claim(u128),
    Unclaim(u128),
    Decide(u128, Decision, bool),
    Undo(u128, bool),
    Acknowledge(u128),
    Withdraw,
    Lapse,
    Overdue,
    Outdated,
    Settle,
    Expire,
}

fn any_try() -> impl Strategy<Value = Try> {
    let who = 10_u128..13;
    let decision = prop::sample::select(vec![Decision::Release, alter(), reject(), rephrase(), escalate(), note()]);
    // Most versions are right, so that sequences get somewhere.
    let fresh = prop::bool::weighted(0.9);
    prop_oneof![
        4 => who.clone().prop_map(Try::Claim),
        1 => who.clone().prop_map(Try::Unclaim),
        5 => (who.clone(), decision, fresh).prop_map(|(who, decision, fresh)| Try::Decide(who, decision, fresh)),
        2 => (who.clone(), fresh).prop_map(|(who, fresh)| Try::Undo(who, fresh)),
        1 => who.prop_map(Try::Acknowledge),
        1 => Just(Try::Withdraw),
        1 => Just(Try::Lapse),
        1 => Just(Try::Overdue),
        1 => Just(Try::Outdated),
        3 => Just(Try::Settle),
        1 => prop::bool::weighted(0.1).prop_map(|end| if end { Try::Expire } else { Try::Settle }),
    ]
}

/// The item after a try, if it changed, and what takes effect.
fn play(item: &Item, what: &Try, undo_ms: i64, now: Timestamp) -> Option<(Item, Option<Effect>)> {
    let version = |fresh: bool| if fresh { item.version } else { item.version - 1 };
    let changed = match what {
        Try::Claim(who) => item.claim(moderator(*who), now).ok().map(|claimed| match claimed {
            Claimed::Taken(item) | Claimed::Renewed(item) => item,
        }),
        Try::Unclaim(who) => item.unclaim(moderator(*who), now).ok(),
        Try::Decide(who, decision, fresh) => {
            match item.decide(moderator(*who), version(*fresh), decision.clone(), undo_ms, now) {
                Ok(Decided::Done(item)) => Some(*item),
                Ok(Decided::Proposed(item)) => Some(*item),
                Ok(Decided::Again) | Err(_) => None,
            }
        }
        Try::Undo(who, fresh) => item.undo(moderator(*who), version(*fresh), now).ok(),
        Try::Acknowledge(who) => item.acknowledge(moderator(*who)).ok().filter(|after| after != item),
        Try::Withdraw => item.withdraw(now).ok(),
        Try::Lapse => item.lapse(now),
        Try::Overdue => item.overdue(now),
        Try::Outdated => item.outdated(now),
        Try::Settle => return item.settle(now).map(|(item, effect)| (item, Some(effect))),
        Try::Expire => item.expire(now),
    };
    changed.map(|item| (item, None))
}

/// Checks one step, and says which decision stands after it.
fn hold_to_the_rules(before: &Item, what: &Try, after: &Item, effect: Option<&Effect>, now: Timestamp) {
    assert!(!matches!(before.state, State::Closed { .. }), "{what:?} changed a closed item");
    let renewed =
        matches!(what, Try::Claim(who) if before.holder(now).is_some_and(|(by, _)| by == moderator(*who).who()));
    assert_eq!(after.version, before.version + u64::from(!renewed), "{what:?}");
    if let State::Decided { by, .. } = &after.state {
        assert_eq!(before.holder(now).map(|(holder, _)| holder), Some(*by), "{what:?}: only a holder decides");
    }
    if let Some(effect) = effect {
        let State::Decided { decision, effective_at, .. } = &before.state else {
            panic!("{what:?}: nothing was decided")
        };
        assert!(*effective_at <= now && !before.withdrawn);
        let delivers = matches!(decision, Decision::Release | Decision::Alter { .. });
        assert_eq!(matches!(effect, Effect::Deliver { .. }), delivers);
        assert!(matches!(after.state, State::Closed { .. }));
    }
}

/// What the screen offers is what would be accepted.
fn the_offered_acts_are_the_accepted_ones(item: &Item, now: Timestamp) {
    for who in 10..13 {
        let offered = item.acts(moderator(who), now);
        let decide = |decision| Try::Decide(who, decision, true);
        for (name, what) in [
            (ActName::Unclaim, Try::Unclaim(who)),
            (ActName::Release, decide(Decision::Release)),
            (ActName::Alter, decide(alter())),
            (ActName::Reject, decide(reject())),
            (ActName::Rephrase, decide(rephrase())),
            (ActName::Escalate, decide(escalate())),
            (ActName::Note, decide(note())),
            (ActName::Undo, Try::Undo(who, true)),
            (ActName::Acknowledge, Try::Acknowledge(who)),
        ] {
            let accepted = play(item, &what, UNDO_MS, now).is_some();
            assert_eq!(offered.contains(&name), accepted, "{name:?} of {:?}", item.state);
        }
        // A holder claims again to renew: that is no button.
        let free = play(item, &Try::Claim(who), UNDO_MS, now).is_some() && item.holder(now).is_none();
        assert_eq!(offered.contains(&ActName::Claim), free);
    }
}

proptest! {
    #[test]
    fn any_history_of_an_item_keeps_to_the_rules(
        severity in prop::sample::select(Severity::ALL.to_vec()),
        expire_after_ms in prop::option::of(1_000_i64..2_000_000),
        undo_ms in 0_i64..=30_000,
        tries in prop::collection::vec((any_try(), prop_oneof![Just(0), 1_i64..10_000, 10_000_i64..400_000]), 1..60),
    ) {
        let (mut item, mut now, mut effects) = (held_for(severity, expire_after_ms), T0, 0);
        for (what, later) in tries {
            now = now.plus_ms(later);
            if let Some((after, effect)) = play(&item, &what, undo_ms, now) {
                hold_to_the_rules(&item, &what, &after, effect.as_ref(), now);
                effects += usize::from(effect.is_some());
                item = after;
            }
            the_offered_acts_are_the_accepted_ones(&item, now);
            // What the clock is woken for, it can do: otherwise it would spin.
            if let Some(wake) = item.wake_at() {
                let clock = [Try::Settle, Try::Outdated, Try::Lapse, Try::Overdue];
                prop_assert!(clock.iter().any(|what| play(&item, what, undo_ms, wake).is_some()), "{:?}", item.state);
            }
        }
        prop_assert!(effects <= 1);
    }

    #[test]
    fn an_undone_decision_never_takes_effect(later in 0_i64..UNDO_MS, much_later in 0_i64..100_000_000) {
        let undone = released().undo(ana(), 3, at(1_000 + later)).unwrap();
        prop_assert!(undone.settle(at(1_000 + later + much_later)).is_none());
        prop_assert!(undone.decision().is_none());
    }
}
