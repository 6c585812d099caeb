//! Consent: where a site asks for it, an altered text is delivered only once its sender has accepted it. The item is closed by
//! then, since its one decision was made; what is still open is the answer.

use super::{Decision, Effect, Item, OutcomeName, State};
use crate::conversation::MessageStatus;
use crate::refusal::{Code, Refusal};
use crate::text::{Cleared, Text};
use crate::time::Timestamp;
use crate::wire::Reason;

/// What the sender of an altered message is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What would be delivered.
    pub text: &'a Text,
    /// Why it was altered.
    pub reason: Reason,
    /// A supervisor's word to them.
    pub note: Option<&'a str>,
    /// Until when they may answer.
    pub answer_by: Timestamp,
}

impl Item {
    /// What a decision's effect becomes where the site asks: its sender has `answer_ms` to answer.
    pub(super) fn asking(self, effect: Effect, answer_ms: Option<i64>, now: Timestamp) -> (Item, Effect) {
        match (effect, answer_ms) {
            (Effect::Deliver { text, altered: Some((reason, note)) }, Some(ms)) => {
                let answer_by = now.plus_ms(ms);
                let asked = Item { answer_by: Some(answer_by), ..self };
                (asked, Effect::Ask { text, reason, note, answer_by })
            }
            (effect, _) => (self, effect),
        }
    }

    /// What its sender is asked now; nothing if they are not.
    pub fn question(&self) -> Option<Question<'_>> {
        let (answer_by, (text, reason, note)) = self.answer_by.zip(self.altered())?;
        Some(Question { text, reason, note, answer_by })
    }

    fn altered(&self) -> Option<(&Text, Reason, Option<&str>)> {
        match &self.state {
            State::Closed {
                outcome: OutcomeName::Altered,
                decided: Some((_, Decision::Alter { text, reason, note, .. })),
                ..
            } => Some((text, *reason, note.as_deref())),
            State::Waiting | State::Claimed { .. } | State::Decided { .. } | State::Closed { .. } => None,
        }
    }

    /// Its sender's answer. Accepted, the altered text is delivered; declined, nothing is. Once, and in time.
    pub fn answer(&self, accept: bool, now: Timestamp) -> Result<(Item, Effect), Refusal> {
        match self.question() {
            Some(question) if question.answer_by > now => {
                let effect = if accept {
                    let altered = Some((question.reason, question.note.map(str::to_owned)));
                    Effect::Deliver { text: Cleared::new(question.text.clone()), altered }
                } else {
                    Effect::End { status: MessageStatus::Withdrawn, reason: None, note: None }
                };
                Ok((self.answered(), effect))
            }
            Some(_) | None => Err(Code::NotHeld.into()),
        }
    }

    /// The clock's part: no answer came in time, or the conversation ended before.
    pub(super) fn unanswered(&self, ended: bool, now: Timestamp) -> Option<(Item, Effect)> {
        let over = self.answer_by.is_some_and(|by| ended || by <= now);
        let expired = Effect::End { status: MessageStatus::Expired, reason: None, note: None };
        over.then(|| (self.answered(), expired))
    }

    /// Whether that answer is what became of an altered message that ended so.
    pub fn was_answered(&self, accept: bool, status: MessageStatus) -> bool {
        let so = if accept { MessageStatus::Delivered } else { MessageStatus::Withdrawn };
        self.altered().is_some() && self.answer_by.is_none() && status == so
    }

    fn answered(&self) -> Item {
        Item { answer_by: None, ..self.clone() }
    }
}
