//! One planted fault of each kind, and the runs in which there is none. A world is one conversation of two; its verbs are what
//! a server would do to it.

use super::*;
use crate::plan::tests::plan_of;
use handrail_domain::ids::SiteId;
use handrail_domain::people::Role;
use handrail_domain::wire::{Holder, Person};

const SENDER_HEAD: Offset = 40;
const PARTNER_HEAD: Offset = 90;
const BASE: Seq = 6;
/// The first number of the plan whose text is unsafe, and an everyday one.
const UNSAFE: Nth = 49;
const EVERYDAY: Nth = 3;

struct World {
    plan: Arc<Plan>,
    oracle: Oracle,
    offsets: [Offset; 2],
    seq: Seq,
    history: Vec<MessageView>,
}

fn account(person: usize) -> AccountId {
    AccountId::from_bits(100 + person as u128)
}

fn message(nth: Nth) -> MessageId {
    MessageId::from_bits(u128::from(nth) + 1_000)
}

fn item(nth: Nth) -> ItemId {
    ItemId::from_bits(u128::from(nth) + 5_000)
}

fn supervisor(which: u128) -> AccountId {
    AccountId::from_bits(900 + which)
}

impl World {
    fn new() -> Self {
        let plan = Arc::new(plan_of(1));
        let mut oracle = Oracle::new(plan.clone(), vec![account(0), account(1)], true);
        let place = plan.places[0].id;
        oracle.joined(0, SENDER_HEAD, &[(place, BASE)]);
        oracle.joined(1, PARTNER_HEAD, &[(place, BASE)]);
        Self { plan, oracle, offsets: [SENDER_HEAD, PARTNER_HEAD], seq: BASE, history: Vec::new() }
    }

    fn sender(&self, nth: Nth) -> usize {
        self.plan.line(nth).sender
    }

    fn view(&self, nth: Nth, seq: Seq, text: String, to_sender: bool) -> MessageView {
        MessageView {
            conversation: self.plan.places[0].id,
            message: message(nth),
            seq,
            from: account(self.sender(nth)),
            altered: text == self.plan.altered(nth),
            text,
            sent_at: Timestamp(1_000),
            delivered_at: Timestamp(7_000),
            cid: to_sender.then(|| self.plan.cid(nth)),
        }
    }

    fn offset(&mut self, person: usize) -> Offset {
        self.offsets[person] += 1;
        self.offsets[person]
    }

    fn send(&mut self, nth: Nth, status: MessageStatus) {
        self.oracle.sent(nth);
        assert!(self.oracle.answered(nth, message(nth), status));
    }

    fn show(&mut self, person: usize, view: &MessageView) -> Option<Sight> {
        let offset = self.offset(person);
        self.oracle.seen(person, offset, view)
    }

    /// Delivers to both, and to the record.
    fn deliver(&mut self, nth: Nth, text: String) {
        self.seq += 1;
        for person in 0..2 {
            let view = self.view(nth, self.seq, text.clone(), person == self.sender(nth));
            self.show(person, &view);
        }
        let row = self.view(nth, self.seq, text, false);
        self.history.push(row);
    }

    fn tell(&mut self, person: usize, nth: Nth, status: MessageStatus) {
        let offset = self.offset(person);
        let view = StatusView {
            conversation: self.plan.places[0].id,
            message: message(nth),
            cid: self.plan.cid(nth),
            status,
            sent_at: Timestamp(1_000),
            text: None,
            answer_by: None,
            expected_wait_s: None,
            seq: None,
            altered: None,
            reason: None,
            note: None,
        };
        self.oracle.status(person, offset, &view);
    }

    fn queue(&mut self, nth: Nth, version: u64, outcome: Option<OutcomeName>) {
        let who = Person { account: account(self.sender(nth)), name: "Ann".into(), role: Role::Mentee };
        let decided = version > 2;
        let view = ItemView {
            item: item(nth),
            version,
            site: SiteId::from_bits(1),
            conversation: self.plan.places[0].id,
            message: message(nth),
            from: who,
            to: Vec::new(),
            text: self.plan.text(nth),
            held_at: Timestamp(1_000),
            due_at: Timestamp(9_000),
            severity: handrail_domain::finding::Severity::Medium,
            rules: "r".into(),
            findings: Vec::new(),
            state: if outcome.is_some() { StateName::Closed } else { StateName::Waiting },
            claimed_by: None,
            claimed_until: None,
            decided_by: decided.then(|| Holder { account: supervisor(0), name: "May".into() }),
            effective_at: decided.then_some(Timestamp(6_000)),
            outcome,
            withdrawn: false,
            second: false,
            proposed: None,
            tier: 1,
            ringing: false,
            context: Vec::new(),
            acts: Vec::new(),
        };
        assert_eq!(self.oracle.item(&view), Some(nth));
    }

    /// Held, in the queue, decided and confirmed; not yet in effect.
    fn decide(&mut self, nth: Nth, ask: Ask) {
        self.send(nth, MessageStatus::Held);
        self.tell(self.sender(nth), nth, MessageStatus::Held);
        self.queue(nth, 1, None);
        self.oracle.decision_asked(item(nth), ask);
        self.oracle.decision_confirmed(item(nth), supervisor(0), ask, false);
        self.queue(nth, 3, None);
    }

    fn take_effect(&mut self, nth: Nth, outcome: OutcomeName) {
        let sender = self.sender(nth);
        match outcome {
            OutcomeName::Released => self.deliver(nth, self.plan.text(nth)),
            OutcomeName::Altered => self.deliver(nth, self.plan.altered(nth)),
            OutcomeName::Rejected => self.tell(sender, nth, MessageStatus::Rejected),
            OutcomeName::Rephrase | OutcomeName::Withdrawn | OutcomeName::Expired => unreachable!("not asked for here"),
        }
        if outcome != OutcomeName::Rejected {
            self.tell(sender, nth, MessageStatus::Delivered);
        }
        self.queue(nth, 4, Some(outcome));
    }

    fn finish(&mut self) -> Verdict {
        let history = std::mem::take(&mut self.history);
        self.oracle.recorded(0, &history);
        self.oracle.finish()
    }

    fn check(&mut self, want: &[Wrong]) -> Verdict {
        let verdict = self.finish();
        let found: Vec<Wrong> = verdict.faults.counts().iter().map(|(wrong, _)| *wrong).collect();
        assert_eq!(found, want);
        verdict
    }
}

#[test]
fn a_good_run_has_no_faults_and_its_counts_are_right() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    for (nth, ask) in [(49, Ask::Release), (99, Ask::Alter), (149, Ask::Reject)] {
        world.decide(nth, ask);
        assert_eq!(world.oracle.unsettled(), 1);
        world.take_effect(nth, ask.outcome());
        assert_eq!(world.oracle.unsettled(), 0);
    }
    world.send(199, MessageStatus::Held);
    world.queue(199, 1, None);
    world.oracle.still_open(item(199));
    let verdict = world.check(&[]);
    assert_eq!((verdict.sent, verdict.acknowledged, verdict.delivered), (5, 5, 3));
    assert_eq!((verdict.held, verdict.held_everyday, verdict.decided, verdict.open), (4, 0, 3, 1));
}

#[test]
fn a_partner_sees_what_was_never_held_at_once() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    let (sender, text) = (world.sender(EVERYDAY), world.plan.text(EVERYDAY));
    let view = world.view(EVERYDAY, BASE + 1, text, true);
    assert_eq!(world.show(sender, &view), Some(Sight { nth: EVERYDAY, at_once: false }));
    let view = MessageView { cid: None, ..view };
    assert_eq!(world.show(1 - sender, &view), Some(Sight { nth: EVERYDAY, at_once: true }));
}

#[test]
fn an_acknowledged_message_that_its_partner_never_sees_is_lost() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), true);
    world.show(world.sender(EVERYDAY), &view);
    world.history.push(view);
    assert_eq!(world.oracle.unsettled(), 1);
    let verdict = world.check(&[Wrong::NotDelivered]);
    assert_eq!(verdict.faults.of(Kind::Lost), 1);
    assert_eq!(verdict.faults.examples[0].nth, Some(EVERYDAY));
}

#[test]
fn an_acknowledged_message_that_does_not_come_back_to_its_sender_is_lost() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), false);
    world.show(1 - world.sender(EVERYDAY), &view);
    world.history.push(view);
    world.check(&[Wrong::NotEchoed]);
}

#[test]
fn an_acknowledged_message_that_is_not_in_the_history_is_lost() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    world.history.clear();
    world.check(&[Wrong::NotRecorded]);
}

#[test]
fn a_held_message_that_is_neither_decided_nor_open_is_lost() {
    let mut world = World::new();
    world.send(UNSAFE, MessageStatus::Held);
    world.queue(UNSAFE, 1, None);
    world.check(&[Wrong::HeldVanished]);
}

#[test]
fn a_decision_without_effect_is_a_lost_message() {
    for ask in [Ask::Release, Ask::Alter, Ask::Reject] {
        let mut world = World::new();
        world.decide(UNSAFE, ask);
        world.check(&[Wrong::NotEffected]);
    }
}

#[test]
fn a_message_that_comes_twice_is_found() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    let again = world.view(EVERYDAY, BASE + 2, world.plan.text(EVERYDAY), false);
    world.show(1 - world.sender(EVERYDAY), &again);
    world.check(&[Wrong::SeenTwice]);
}

#[test]
fn an_offset_that_comes_twice_is_found_and_counts_once() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    let partner = 1 - world.sender(EVERYDAY);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), false);
    let offset = world.offsets[partner];
    assert_eq!(world.oracle.seen(partner, offset, &view), None);
    let verdict = world.check(&[Wrong::OffsetRepeated]);
    assert_eq!(verdict.faults.of(Kind::Duplicated), 1);
}

#[test]
fn a_client_id_that_made_two_messages_is_found() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    assert!(!world.oracle.answered(EVERYDAY, message(777), MessageStatus::Delivered));
    world.check(&[Wrong::TwoMessages]);
}

#[test]
fn the_same_answer_to_a_repeated_send_is_no_fault() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.oracle.sent(EVERYDAY);
    assert!(!world.oracle.answered(EVERYDAY, message(EVERYDAY), MessageStatus::Delivered));
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    assert_eq!(world.check(&[]).sent, 1);
}

#[test]
fn a_missing_offset_is_found() {
    let mut world = World::new();
    world.oracle.other(0, SENDER_HEAD + 1);
    world.oracle.other(0, SENDER_HEAD + 3);
    world.check(&[Wrong::OffsetGap]);
}

#[test]
fn a_feed_that_calls_itself_live_but_skipped_something_is_found() {
    let mut world = World::new();
    world.oracle.resumed(0, Resumed::Live, SENDER_HEAD);
    world.oracle.resumed(0, Resumed::Replay, SENDER_HEAD + 5);
    assert_eq!(world.oracle.faults().total(), 0);
    world.oracle.resumed(0, Resumed::Live, SENDER_HEAD + 5);
    world.check(&[Wrong::OffsetGap]);
}

#[test]
fn a_missing_seq_is_found() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.seq += 1;
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY));
    world.check(&[Wrong::SeqGap]);
}

#[test]
fn two_sides_that_see_different_orders_are_found() {
    let mut world = World::new();
    for nth in [1, 2] {
        world.send(nth, MessageStatus::Delivered);
    }
    for (person, order) in [(0, [1, 2]), (1, [2, 1])] {
        for (at, nth) in order.into_iter().enumerate() {
            let view = world.view(nth, BASE + 1 + at as u64, world.plan.text(nth), person == world.sender(nth));
            world.show(person, &view);
            if person == 0 {
                world.history.push(view);
            }
        }
    }
    assert_eq!(world.check(&[Wrong::SeqDiffers]).faults.of(Kind::Disordered), 2);
}

#[test]
fn an_unsafe_text_that_was_let_through_is_found() {
    let mut world = World::new();
    world.send(UNSAFE, MessageStatus::Delivered);
    world.deliver(UNSAFE, world.plan.text(UNSAFE));
    let verdict = world.check(&[Wrong::Undecided]);
    assert_eq!(verdict.faults.of(Kind::Unsafe), 1);
}

#[test]
fn a_held_text_that_came_before_its_decision_is_found() {
    let mut world = World::new();
    world.send(UNSAFE, MessageStatus::Held);
    world.queue(UNSAFE, 1, None);
    world.deliver(UNSAFE, world.plan.text(UNSAFE));
    world.oracle.decision_asked(item(UNSAFE), Ask::Release);
    world.oracle.decision_confirmed(item(UNSAFE), supervisor(0), Ask::Release, false);
    world.check(&[Wrong::Undecided]);
}

#[test]
fn the_original_of_an_altered_or_rejected_text_is_found_when_it_is_shown() {
    for ask in [Ask::Alter, Ask::Reject] {
        let mut world = World::new();
        world.decide(UNSAFE, ask);
        world.deliver(UNSAFE, world.plan.text(UNSAFE));
        world.check(&[Wrong::NotTheDecision]);
    }
}

#[test]
fn a_decision_that_takes_effect_within_its_undo_window_is_found() {
    let mut world = World::new();
    world.decide(UNSAFE, Ask::Release);
    world.seq += 1;
    for person in 0..2 {
        let view = world.view(UNSAFE, BASE + 1, world.plan.text(UNSAFE), person == world.sender(UNSAFE));
        world.show(person, &MessageView { delivered_at: Timestamp(5_999), ..view });
    }
    world.history.push(world.view(UNSAFE, BASE + 1, world.plan.text(UNSAFE), false));
    world.check(&[Wrong::TooEarly]);
}

#[test]
fn a_decision_of_somebody_else_is_a_decision() {
    let mut world = World::new();
    world.send(UNSAFE, MessageStatus::Held);
    world.queue(UNSAFE, 1, None);
    world.deliver(UNSAFE, world.plan.text(UNSAFE));
    world.queue(UNSAFE, 4, Some(OutcomeName::Released));
    world.check(&[]);
}

#[test]
fn a_text_that_nobody_said_is_found() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    world.deliver(EVERYDAY, world.plan.text(EVERYDAY).replacen(' ', "  ", 1));
    world.check(&[Wrong::WrongText]);
}

#[test]
fn a_text_in_the_wrong_conversation_or_of_the_wrong_person_is_found() {
    let mut world = World::new();
    let sender = world.sender(EVERYDAY);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), false);
    world.show(1 - sender, &MessageView { from: account(1 - sender), ..view });
    world.check(&[Wrong::WrongPlace]);
}

#[test]
fn what_belongs_to_the_sender_alone_is_found_on_another_feed() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    let partner = 1 - world.sender(EVERYDAY);
    world.tell(partner, EVERYDAY, MessageStatus::Held);
    assert_eq!(world.oracle.faults().of(Kind::Unsafe), 1);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), true);
    world.show(partner, &view);
    assert_eq!(world.oracle.faults().counts(), [(Wrong::Leaked, 2)]);
}

#[test]
fn two_decisions_on_one_item_are_found() {
    let twice = [
        (supervisor(1), Ask::Release, false),
        (supervisor(0), Ask::Reject, false),
        (supervisor(0), Ask::Release, false),
    ];
    for (by, ask, duplicate) in twice {
        let mut world = World::new();
        world.decide(UNSAFE, Ask::Release);
        world.oracle.decision_confirmed(item(UNSAFE), by, ask, duplicate);
        world.take_effect(UNSAFE, OutcomeName::Released);
        world.check(&[Wrong::DecidedTwice]);
    }
}

#[test]
fn the_same_decision_confirmed_as_a_duplicate_is_one_decision_and_awaited_until_it_has_its_effect() {
    let mut world = World::new();
    world.decide(UNSAFE, Ask::Release);
    world.oracle.decision_confirmed(item(UNSAFE), supervisor(0), Ask::Release, true);
    assert_eq!(world.oracle.taking_effect(), 1);
    world.take_effect(UNSAFE, OutcomeName::Released);
    assert_eq!(world.oracle.taking_effect(), 0);
    world.check(&[]);
}

#[test]
fn an_item_that_closes_in_two_ways_is_found() {
    let mut world = World::new();
    world.decide(UNSAFE, Ask::Release);
    world.take_effect(UNSAFE, OutcomeName::Released);
    world.queue(UNSAFE, 5, Some(OutcomeName::Rejected));
    world.check(&[Wrong::DecidedTwice]);
}

#[test]
fn an_item_that_closes_otherwise_than_confirmed_is_found() {
    let mut world = World::new();
    world.decide(UNSAFE, Ask::Release);
    world.take_effect(UNSAFE, OutcomeName::Rejected);
    assert_eq!(world.check(&[Wrong::OtherOutcome]).faults.of(Kind::DecidedTwice), 1);
}

#[test]
fn after_a_reset_the_history_stands_for_the_feed() {
    let mut world = World::new();
    world.send(EVERYDAY, MessageStatus::Delivered);
    let partner = 1 - world.sender(EVERYDAY);
    let view = world.view(EVERYDAY, BASE + 1, world.plan.text(EVERYDAY), true);
    world.show(1 - partner, &view);
    world.oracle.resumed(partner, Resumed::Reset, PARTNER_HEAD + 1);
    world.history.push(view);
    assert_eq!(world.check(&[]).resets, 1);
}

#[test]
fn messages_of_others_only_take_part_in_the_order() {
    let mut world = World::new();
    for person in 0..2 {
        let view = world.view(EVERYDAY, BASE + 1, "Hello from an earlier run".into(), false);
        assert_eq!(world.show(person, &view), None);
    }
    assert_eq!(world.check(&[]).sent, 0);
}
