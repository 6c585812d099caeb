//! The clock's part: what time demands of an item. Nobody asks for it, and no client can.

use super::{Decision, Effect, Item, ItemAct, OutcomeName, State};
use crate::conversation::{ConversationState, MessageStatus};
use crate::text::Cleared;
use crate::time::Timestamp;

/// What time demands of an item.
#[derive(Debug)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// A delivery, as soon as its conversation is no longer paused.
    AfterPause,
    /// It changes, by this act.
    Changed(Item, ItemAct),
    /// It closes, and this becomes of its message; nothing if its sender took that back before.
    Closed(Item, Option<Effect>),
    /// Its sender did not answer in time, or nobody waits for the answer any more. It was closed before.
    Unanswered(Item, Effect),
}

impl Item {
    /// What time demands of it now, in a conversation that is `state`; `answer_ms` is how long a sender has to answer an altered
    /// text, where the site asks them.
    pub fn due(&self, state: ConversationState, answer_ms: Option<i64>, now: Timestamp) -> Due {
        let ended = state == ConversationState::Ended;
        if let Some((item, effect)) = self.unanswered(ended, now) {
            return Due::Unanswered(item, effect);
        }
        if ended {
            return self.expire(now).map_or(Due::Nothing, |over| self.over(over));
        }
        if let Some((closed, effect)) = self.settle(now) {
            let waits = state == ConversationState::Paused && matches!(effect, Effect::Deliver { .. });
            if waits {
                return Due::AfterPause;
            }
            let (closed, effect) = closed.asking(effect, answer_ms, now);
            return Due::Closed(closed, Some(effect));
        }
        if let Some(over) = self.outdated(now) {
            return self.over(over);
        }
        let changed = self.lapse(now).map(|item| (item, ItemAct::Lapse));
        let changed = changed.or_else(|| self.overdue(now).map(|item| (item, ItemAct::Overdue)));
        changed.map_or(Due::Nothing, |(item, act)| Due::Changed(item, act))
    }

    /// Nobody will decide: the message ends undelivered, unless its sender took it back before.
    fn over(&self, closed: Item) -> Due {
        let expired = Effect::End { status: MessageStatus::Expired, reason: None, note: None };
        Due::Closed(closed, (!self.withdrawn).then_some(expired))
    }

    /// A claim whose lease ran out lapses.
    pub fn lapse(&self, now: Timestamp) -> Option<Item> {
        match self.state {
            State::Claimed { until, .. } if until <= now => Some(self.next(State::Waiting)),
            State::Claimed { .. } | State::Waiting | State::Decided { .. } | State::Closed { .. } => None,
        }
    }

    /// An item nobody took in time goes to the next tier and rings. It is never delivered for that.
    pub fn overdue(&self, now: Timestamp) -> Option<Item> {
        let due = self.escalate_at.is_some_and(|at| at <= now);
        (due && self.state == State::Waiting).then(|| self.escalated(now))
    }

    /// An elapsed decision takes effect. One of the two places that make a [`Cleared`].
    pub fn settle(&self, now: Timestamp) -> Option<(Item, Effect)> {
        let State::Decided { by, decision, effective_at } = &self.state else { return None };
        if *effective_at > now {
            return None;
        }
        let end = |status, reason, note| Effect::End { status, reason, note };
        let (outcome, effect) = match decision {
            Decision::Release => {
                (OutcomeName::Released, Effect::Deliver { text: Cleared::new(self.text.clone()), altered: None })
            }
            Decision::Alter { text, reason, note, .. } => {
                let altered = Some((*reason, note.clone()));
                (OutcomeName::Altered, Effect::Deliver { text: Cleared::new(text.clone()), altered })
            }
            Decision::Reject { reason, note, .. } => {
                (OutcomeName::Rejected, end(MessageStatus::Rejected, Some(*reason), Some(note.clone())))
            }
            Decision::Rephrase { note } => {
                (OutcomeName::Rephrase, end(MessageStatus::Rephrase, None, Some(note.clone())))
            }
            // Neither waits for a window, so neither is ever found here.
            Decision::Escalate { .. } | Decision::Note { .. } => return None,
        };
        let decided = Some((*by, decision.clone()));
        Some((Self { ringing: false, ..self.next(State::Closed { outcome, decided, at: now }) }, effect))
    }

    /// Nobody will decide any more, and nothing is delivered.
    pub fn expire(&self, now: Timestamp) -> Option<Item> {
        let over = matches!(self.state, State::Closed { .. });
        let closed = State::Closed { outcome: OutcomeName::Expired, decided: None, at: now };
        (!over).then(|| Self { ringing: false, ..self.next(closed) })
    }

    /// When the clock must look at this item again.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let due = match &self.state {
            State::Waiting => self.escalate_at,
            State::Claimed { until, .. } => Some(*until),
            State::Decided { effective_at, .. } => return Some(*effective_at),
            State::Closed { .. } => return self.answer_by,
        };
        due.into_iter().chain(self.expire_at).min()
    }

    /// Its time is over, where the site sets one. A decision that stands takes effect instead.
    pub fn outdated(&self, now: Timestamp) -> Option<Item> {
        let waits = matches!(self.state, State::Waiting | State::Claimed { .. });
        (waits && self.expire_at.is_some_and(|at| at <= now)).then(|| self.expire(now)).flatten()
    }
}
