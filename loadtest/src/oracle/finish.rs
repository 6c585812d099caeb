//! The verdict at the end of a run: sending has stopped, everything had time to settle, the history and the open items have
//! been read. What must be true of every message then is said here, in one place.

use super::{Answer, Faults, ItemState, LineState, Oracle, Shown, Wrong};
use crate::plan::Nth;
use handrail_domain::conversation::MessageStatus;
use handrail_domain::ids::ItemId;
use handrail_domain::quarantine::OutcomeName;
use handrail_domain::wire::MessageView;

/// The counts of a run, and what is wrong.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Messages that went out.
    pub sent: u64,
    /// Messages that were answered with `ok`.
    pub acknowledged: u64,
    /// Messages that all partners saw.
    pub delivered: u64,
    /// Messages that were held.
    pub held: u64,
    /// Of these, everyday ones that the filter need not have held.
    pub held_everyday: u64,
    /// Items whose decision was confirmed.
    pub decided: u64,
    /// Held messages that still wait for a decision or its effect.
    pub open: u64,
    /// Messages that were refused for good.
    pub refused: u64,
    /// Messages that never got an answer.
    pub unanswered: u64,
    /// Feeds whose cursor the server once called of no use.
    pub resets: u64,
    /// What is wrong.
    pub faults: Faults,
}

impl Oracle {
    /// A conversation's history, in the order of its seqs.
    pub fn recorded(&mut self, place: usize, rows: &[MessageView]) {
        for two in rows.windows(2) {
            if two[1].seq != two[0].seq + 1 {
                self.faults.add(Wrong::SeqGap, None, Some(two[1].message));
            }
        }
        for view in rows {
            let state = &mut self.places[place];
            if view.seq > state.base && *state.order.entry(view.seq).or_insert(view.message) != view.message {
                self.faults.add(Wrong::SeqDiffers, None, Some(view.message));
            }
            let Some(nth) = self.recognised(place, view) else { continue };
            self.bind(nth, view.message);
            if std::mem::replace(&mut self.line(nth).recorded, true) {
                self.fault(Wrong::SeenTwice, nth);
            }
        }
    }

    /// A conversation's history could not be read.
    pub fn unread(&mut self, place: usize) {
        self.places[place].unread = true;
    }

    /// The last seq of a conversation before the run: the history need not be read below it.
    pub fn base(&self, place: usize) -> u64 {
        self.places[place].base
    }

    /// An item is among the open ones at the end.
    pub fn still_open(&mut self, item: ItemId) {
        self.open.insert(item);
    }

    /// Judges. Call it once, after [`Oracle::recorded`] for every conversation and [`Oracle::still_open`] for every open item.
    pub fn finish(&mut self) -> Verdict {
        let mut verdict = Verdict {
            decided: self.items.values().filter(|item| item.confirmed.is_some()).count() as u64,
            resets: self.feeds.iter().filter(|feed| feed.reset).count() as u64,
            ..Verdict::default()
        };
        for nth in 0..self.lines.len() as Nth {
            if self.lines[nth as usize].sent {
                self.count(nth, &mut verdict);
                self.judge(nth, &mut verdict);
            }
        }
        verdict.faults = self.faults.clone();
        verdict
    }

    fn count(&self, nth: Nth, verdict: &mut Verdict) {
        let line = &self.lines[nth as usize];
        let held = line.answer == Some(Answer::Held);
        verdict.sent += 1;
        verdict.acknowledged += u64::from(held || line.answer == Some(Answer::Delivered));
        verdict.delivered += u64::from(line.shown.is_some());
        verdict.held += u64::from(held);
        verdict.held_everyday += u64::from(held && !self.plan.line(nth).unsafe_text);
        verdict.refused += u64::from(line.answer == Some(Answer::Refused));
        verdict.unanswered += u64::from(line.answer.is_none());
    }

    fn judge(&mut self, nth: Nth, verdict: &mut Verdict) {
        let line = self.lines[nth as usize].clone();
        let item = line.item.and_then(|item| self.items.get(&item)).cloned().unwrap_or_default();
        let shall_be_seen = line.answer == Some(Answer::Delivered) || line.recorded || line.seen != 0;
        if shall_be_seen {
            self.judge_delivery(nth, &line);
        } else if line.answer == Some(Answer::Held) {
            self.judge_held(nth, &line, &item, verdict);
        }
        if line.shown.is_some() && self.needs_decision(nth) {
            self.judge_decision(nth, &line, &item);
        }
        // A withdrawal may win over a confirmed decision within the undo window; no client of a run withdraws.
        let other = matches!((item.confirmed, item.outcome), (Some((_, ask)), Some(was)) if ask.outcome() != was);
        if other {
            self.fault(Wrong::OtherOutcome, nth);
        }
    }

    fn judge_delivery(&mut self, nth: Nth, line: &LineState) {
        let sender = self.plan.line(nth).sender;
        let parties = self.plan.places[self.plan.line(nth).place].parties.clone();
        for (party, person) in parties.into_iter().enumerate() {
            let has = line.seen & (1 << party) != 0 || (self.feeds[person].reset && line.recorded);
            if !has {
                self.fault(if person == sender { Wrong::NotEchoed } else { Wrong::NotDelivered }, nth);
            }
        }
        if !line.recorded && !self.places[self.plan.line(nth).place].unread {
            self.fault(Wrong::NotRecorded, nth);
        }
    }

    /// Held, and nobody saw it: rejected, still open, or lost.
    fn judge_held(&mut self, nth: Nth, line: &LineState, item: &ItemState, verdict: &mut Verdict) {
        let open = line.item.is_some_and(|id| self.open.contains(&id));
        let outcome = item.outcome.or(item.confirmed.map(|(_, ask)| ask.outcome()));
        match (outcome, line.ended) {
            (_, Some(MessageStatus::Rejected | MessageStatus::Rephrase | MessageStatus::Withdrawn)) => {}
            (_, Some(MessageStatus::Expired)) => {}
            _ if open => verdict.open += 1,
            // Without a supervisor of ours nobody here can see the queue: what its sender was told last has to do.
            (None, _) if !self.supervised => verdict.open += 1,
            (None, _) => self.fault(Wrong::HeldVanished, nth),
            (Some(_), _) => self.fault(Wrong::NotEffected, nth),
        }
    }

    /// It needed a decision, and its partner saw it.
    fn judge_decision(&mut self, nth: Nth, line: &LineState, item: &ItemState) {
        let wanted = match line.shown {
            Some(Shown::Altered) => OutcomeName::Altered,
            Some(Shown::Original) | None => OutcomeName::Released,
        };
        let ours = item.confirmed.map(|(_, ask)| ask.outcome());
        // Somebody else than the run's supervisors may have decided; of them the item alone tells.
        let theirs = if item.decided_by.is_some() { item.outcome } else { None };
        if ours.or(theirs).is_some_and(|outcome| outcome != wanted) {
            self.fault(Wrong::NotTheDecision, nth);
        } else if !line.asked_before && (ours.is_some() || theirs.is_none()) {
            self.fault(Wrong::Undecided, nth);
        }
        let early = matches!((line.delivered_at, item.effective_at), (Some(at), Some(from)) if at < from);
        if early {
            self.fault(Wrong::TooEarly, nth);
        }
    }
}
