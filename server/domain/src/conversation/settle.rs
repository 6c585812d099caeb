//! What becomes of a held message: delivered, asked about, or ended, and what everybody is told.

use super::{Conversation, Message, MessageStatus};
use crate::event::{Event, What, body_digest, hex};
use crate::ids::AccountId;
use crate::quarantine::{Effect, Item};
use crate::text::Cleared;
use crate::time::Timestamp;
use crate::wire::Reason;

/// What a sender is told beside the status of their message.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Why.
    pub reason: Option<Reason>,
    /// A supervisor's word to them.
    pub note: Option<String>,
    /// The text that a supervisor put in its place.
    pub shown: Option<Cleared>,
    /// Until when they may answer, if they are asked.
    pub answer_by: Option<Timestamp>,
}

/// What a decision's effect makes of a held message: the message as it is then, and what the log says.
pub fn settle(
    conversation: &Conversation,
    message: &Message,
    item: &Item,
    effect: Effect,
    now: Timestamp,
) -> (Message, Vec<Event>) {
    answered(conversation, message, item, effect, item.decision().map(|(by, _)| by), now)
}

/// The same where it was not the decision's maker who did it: the sender by their answer, or nobody.
pub fn answered(
    conversation: &Conversation,
    message: &Message,
    item: &Item,
    effect: Effect,
    by: Option<AccountId>,
    now: Timestamp,
) -> (Message, Vec<Event>) {
    let decision = item.decision().map(|_| item.id);
    match effect {
        Effect::Deliver { text, altered } => {
            let (changed, seq) = (altered.is_some(), conversation.last_seq + 1);
            let (reason, note) = altered.map_or((None, None), |(reason, note)| (Some(reason), note));
            let shown = changed.then(|| text.clone());
            let delivered = Message {
                status: MessageStatus::Delivered,
                shown: shown.as_ref().map(|text| text.text().clone()),
                seq: Some(seq),
                delivered_at: Some(now),
                decision,
                ..message.clone()
            };
            let told = settled(conversation, &delivered, by, now, Told { reason, note, shown, answer_by: None });
            let seen = Event {
                accounts: conversation.accounts(),
                what: What::Delivered {
                    seq,
                    from: message.from,
                    cid: message.cid.clone(),
                    altered: changed,
                    sent_at: message.sent_at,
                    text: Some(text),
                },
                ..told.clone()
            };
            (delivered, vec![told, seen])
        }
        Effect::Ask { text, reason, note, answer_by } => {
            let shown = Some(text.text().clone());
            let asked = Message { status: MessageStatus::Consent, shown, decision, ..message.clone() };
            let told = Told { reason: Some(reason), note, shown: Some(text), answer_by: Some(answer_by) };
            let event = settled(conversation, &asked, by, now, told);
            (asked, vec![event])
        }
        Effect::End { status, reason, note } => {
            let ended = Message { status, decision, ..message.clone() };
            let event = settled(conversation, &ended, by, now, Told { reason, note, ..Told::default() });
            (ended, vec![event])
        }
    }
}

/// What its sender is told of a held message that is as it is now.
pub fn settled(
    conversation: &Conversation,
    message: &Message,
    by: Option<AccountId>,
    now: Timestamp,
    told: Told,
) -> Event {
    Event {
        at: now,
        site: conversation.site,
        conversation: Some(conversation.id),
        message: Some(message.id),
        actor: by,
        accounts: vec![message.from],
        queue: false,
        what: What::Settled {
            cid: message.cid.clone(),
            status: message.status,
            sent_at: message.sent_at,
            seq: message.seq,
            altered: told.shown.is_some(),
            reason: told.reason,
            note_digest: told.note.as_deref().map(|note| hex(&body_digest(&message.salt, note))),
            note: told.note,
            answer_by: told.answer_by,
            shown: told.shown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MENTEE, conversation, said, text};
    use super::*;
    use crate::filter::Verdict;

    #[test]
    fn a_released_message_takes_the_next_number_then_and_keeps_its_own_time() {
        let submission = said(Verdict::failed(text()));
        let later = Conversation { last_seq: 20, ..conversation() };
        let effect = Effect::Deliver { text: Cleared::new(text()), altered: None };
        let (ended, events) = settle(&later, &submission.message, &submission.item.unwrap(), effect, Timestamp(99));
        assert_eq!((ended.seq, ended.sent_at, ended.delivered_at), (Some(21), Timestamp(5), Some(Timestamp(99))));
        assert!(ended.shown.is_none());
        assert_eq!(events[0].accounts, [AccountId::from_bits(MENTEE)]);
        assert_eq!(events[1].accounts, later.accounts());
    }

    #[test]
    fn who_is_asked_is_told_the_new_words_and_nobody_else_is() {
        let submission = said(Verdict::failed(text()));
        let effect =
            Effect::Ask { text: Cleared::new(text()), reason: Reason::Privacy, note: None, answer_by: Timestamp(500) };
        let item = submission.item.unwrap();
        let (asked, events) = settle(&conversation(), &submission.message, &item, effect, Timestamp(99));
        assert_eq!((asked.status, asked.seq, asked.shown), (MessageStatus::Consent, None, Some(text())));
        assert_eq!(events.iter().map(|event| event.accounts.clone()).collect::<Vec<_>>(), [[asked.from]]);
        let What::Settled { answer_by, altered, shown, .. } = &events[0].what else { panic!("it is told") };
        assert_eq!(
            (*answer_by, *altered, shown.as_ref().map(Cleared::as_str)),
            (Some(Timestamp(500)), true, Some("hello"))
        );
    }
}
