//! What each reader may see: frames of feeds, conversations, items. Everything that leaves for a screen is made here.

use super::rota::moderates;
use super::waits::expected_wait_s;
use crate::fresh;
use crate::store::{Reader, StoreError, decision_body};
use handrail_domain::conversation::{Conversation, ConversationState, Message, MessageStatus, Party};
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ArticleId, ConversationId, MessageId, Offset, SiteId};
use handrail_domain::people::{Account, Role};
use handrail_domain::quarantine::{ActName, Item, State};
use handrail_domain::scheme::task::asks_pulse;
use handrail_domain::text::{ERASED, Text};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{
    ConsentView, ContextLine, ConversationView, EventBody, FromServer, HelpArticle, Holder, ItemView, MessageView,
    PartyView, Pending, Person, Presence, Proposal, StatusView,
};

/// Messages around an item that a supervisor sees.
pub(super) const CONTEXT: usize = 6;

/// Who is there, as the bus says.
pub(super) type WhoIsThere<'a> = &'a dyn Fn(AccountId) -> Presence;

/// The frame of an event in an account's feed, where the event itself says all that is needed.
pub fn plain_frame(account: AccountId, offset: Offset, mark: &str, event: &Event) -> Option<FromServer> {
    let body = plain_body(account, event)?;
    Some(FromServer::Event { queue: None, offset, mark: Some(mark.to_owned()), body })
}

fn plain_body(account: AccountId, event: &Event) -> Option<EventBody> {
    let (conversation, message) = (event.conversation?, event.message?);
    match &event.what {
        What::Delivered { seq, from, cid, altered, sent_at, text } => Some(EventBody::Message(MessageView {
            conversation,
            message,
            seq: *seq,
            from: *from,
            text: text.as_ref().map_or(ERASED, |text| text.as_str()).to_owned(),
            altered: *altered,
            sent_at: *sent_at,
            delivered_at: event.at,
            cid: (*from == account).then(|| cid.clone()),
        })),
        What::Held { cid, sent_at, expected_wait_s, text, .. } => Some(EventBody::Status(StatusView {
            conversation,
            message,
            cid: cid.clone(),
            status: MessageStatus::Held,
            sent_at: *sent_at,
            text: text.as_ref().map(|text| text.as_str().to_owned()),
            expected_wait_s: *expected_wait_s,
            seq: None,
            altered: None,
            reason: None,
            note: None,
            answer_by: None,
        })),
        What::Settled { cid, status, sent_at, seq, altered, reason, note, answer_by, shown, .. } => {
            Some(EventBody::Status(StatusView {
                conversation,
                message,
                cid: cid.clone(),
                status: *status,
                sent_at: *sent_at,
                text: shown.as_ref().map(|text| text.as_str().to_owned()),
                expected_wait_s: None,
                seq: *seq,
                altered: seq.map(|_| *altered),
                reason: *reason,
                note: note.clone(),
                answer_by: *answer_by,
            }))
        }
        What::Help {}
        | What::Item { .. }
        | What::Report { .. }
        | What::Conversation { .. }
        | What::Account { .. }
        | What::Site { .. }
        | What::Session { .. }
        | What::Rules { .. }
        | What::Restriction { .. }
        | What::Erased { .. }
        | What::ErasedName { .. }
        | What::LegalHold { .. }
        | What::Article { .. }
        | What::Shift { .. }
        | What::Look { .. }
        | What::Read { .. }
        | What::Paper { .. }
        | What::Invite { .. }
        | What::Glass { .. }
        | What::Briefed { .. }
        | What::Exported { .. }
        | What::Epoch { .. } => None,
    }
}

/// The frame of any event in an account's feed. A feed holds nothing else, so an event without a frame is a fault of the
/// record.
pub(super) fn frame_for(
    record: &Reader<'_>,
    there: WhoIsThere<'_>,
    account: AccountId,
    offset: Offset,
    mark: &str,
    event: &Event,
) -> Result<FromServer, StoreError> {
    if let Some(frame) = plain_frame(account, offset, mark, event) {
        return Ok(frame);
    }
    let fault = || StoreError::new("read a feed", "an event that no feed can hold");
    let body = match (&event.what, event.message, event.conversation) {
        (What::Help {}, Some(message), _) => EventBody::Help { message, articles: help(record, event.site)? },
        (What::Conversation { .. }, _, Some(id)) => {
            let conversation = record.conversation(id)?.ok_or_else(fault)?;
            EventBody::Conversation { conversation: conversation_view(record, there, &conversation, account)? }
        }
        _ => return Err(fault()),
    };
    Ok(FromServer::Event { queue: None, offset, mark: Some(mark.to_owned()), body })
}

/// Help to show at once: the site's own, or what holds everywhere in the UK if the site has none.
fn help(record: &Reader<'_>, site: SiteId) -> Result<Vec<HelpArticle>, StoreError> {
    let own: Vec<HelpArticle> = record
        .crisis_articles(site)?
        .into_iter()
        .map(|article| HelpArticle {
            id: article.article,
            title: article.content.title,
            phone: article.content.phone,
            text: Some(article.content.body),
        })
        .collect();
    Ok(if own.is_empty() { everywhere() } else { own })
}

/// Lines that anybody in the UK can call at any time, free of charge.
fn everywhere() -> Vec<HelpArticle> {
    let lines = [
        ("In danger right now", "999", "Call for help. They will stay on the line with you."),
        ("Talk to Samaritans", "116 123", "You can call at any time, day or night."),
        ("Talk to Childline", "0800 1111", "If you are under 19 you can call at any time."),
    ];
    let numbered = (1..).zip(lines);
    numbered
        .map(|(number, (title, phone, text))| HelpArticle {
            id: ArticleId::from_bits(number),
            title: title.into(),
            phone: Some(phone.into()),
            text: Some(text.into()),
        })
        .collect()
}

/// A conversation as one of its parties may see it.
pub(super) fn conversation_view(
    record: &Reader<'_>,
    there: WhoIsThere<'_>,
    conversation: &Conversation,
    reader: AccountId,
) -> Result<ConversationView, StoreError> {
    let pending = record.pending(conversation.id, reader)?;
    let parties = conversation.parties.iter().map(|party| PartyView {
        account: party.account,
        name: party.name.clone(),
        role: party.role,
        presence: there(party.account),
    });
    Ok(ConversationView {
        id: conversation.id,
        kind: conversation.kind,
        state: conversation.state,
        site: conversation.site,
        parties: parties.collect(),
        last_seq: conversation.last_seq,
        read_seq: conversation.party(reader).map_or(0, |party| party.read_seq),
        pending: pending.into_iter().map(|message| pending_view(record, there, message)).collect::<Result<_, _>>()?,
        asks: asks(record, conversation, reader)?,
        to_read: conversation.party(reader).is_some_and(|party| party.to_read),
        words: match conversation.state {
            ConversationState::Open => None,
            ConversationState::Paused | ConversationState::Ended => record.words_of(conversation.id)?,
        },
    })
}

/// Whether it is time to ask somebody whether this helps: a mentee or a mentor, while they may write.
fn asks(record: &Reader<'_>, conversation: &Conversation, reader: AccountId) -> Result<bool, StoreError> {
    let role = conversation.party(reader).map(|party| party.role);
    let asked = matches!(role, Some(Role::Mentee | Role::Mentor)) && conversation.state == ConversationState::Open;
    let pulse = if asked { record.pulse(conversation.id, reader)? } else { None };
    Ok(pulse.is_some_and(|(began, answered)| asks_pulse(began, answered, fresh::now())))
}

fn pending_view(record: &Reader<'_>, there: WhoIsThere<'_>, message: Message) -> Result<Pending, StoreError> {
    let item = record.item_of(message.id)?;
    let expected_wait_s = match (message.status, &item) {
        (MessageStatus::Held, Some(item)) => expected_wait_s(record, there, item.site, item.severity, fresh::now())?,
        (
            MessageStatus::Held
            | MessageStatus::Consent
            | MessageStatus::Delivered
            | MessageStatus::Rejected
            | MessageStatus::Rephrase
            | MessageStatus::Withdrawn
            | MessageStatus::Expired,
            _,
        ) => None,
    };
    let item = item.filter(|_| message.status == MessageStatus::Consent);
    let consent = item.as_ref().and_then(Item::question).map(|question| ConsentView {
        text: question.text.as_str().to_owned(),
        reason: question.reason,
        note: question.note.map(str::to_owned),
        answer_by: question.answer_by,
    });
    Ok(Pending {
        message: message.id,
        cid: message.cid,
        text: message.text.as_str().to_owned(),
        sent_at: message.sent_at,
        status: message.status,
        consent,
        expected_wait_s,
    })
}

/// An item as this supervisor may see it: with names, what was said around it, and what they may do.
pub(super) fn item_for(
    record: &Reader<'_>,
    item: &Item,
    reader: &Account,
    now: Timestamp,
) -> Result<ItemView, StoreError> {
    let conversation = item_conversation(record, item)?;
    let acts = item_acts(record, item, &conversation, reader, now)?;
    Ok(ItemView { acts, ..item_view(record, item, &conversation, now)? })
}

/// The same for each of these supervisors. What is the same for all of them is read once.
pub fn item_for_each(
    record: &Reader<'_>,
    item: &Item,
    readers: &[&Account],
    now: Timestamp,
) -> Result<Vec<ItemView>, StoreError> {
    if readers.is_empty() {
        return Ok(Vec::new());
    }
    let conversation = item_conversation(record, item)?;
    let view = item_view(record, item, &conversation, now)?;
    let one =
        |reader: &&Account| Ok(ItemView { acts: item_acts(record, item, &conversation, reader, now)?, ..view.clone() });
    readers.iter().map(one).collect()
}

fn item_conversation(record: &Reader<'_>, item: &Item) -> Result<Conversation, StoreError> {
    let conversation = record.conversation(item.conversation)?;
    conversation.ok_or_else(|| StoreError::new("show an item", "its conversation is not there"))
}

/// What this supervisor may do with it.
fn item_acts(
    record: &Reader<'_>,
    item: &Item,
    conversation: &Conversation,
    reader: &Account,
    now: Timestamp,
) -> Result<Vec<ActName>, StoreError> {
    Ok(moderates(record, reader, conversation)?.map(|who| item.acts(who, now)).unwrap_or_default())
}

/// An item as every supervisor of its queue sees it, without what they may do.
fn item_view(
    record: &Reader<'_>,
    item: &Item,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<ItemView, StoreError> {
    let from = conversation.party(item.from).map(person);
    let holder = |who: AccountId| holder(record, who);
    let effective_at = match &item.state {
        State::Decided { effective_at, .. } => Some(*effective_at),
        State::Closed { decided: Some(_), at, .. } => Some(*at),
        State::Waiting | State::Claimed { .. } | State::Closed { .. } => None,
    };
    let claim = item.holder(now);
    Ok(ItemView {
        item: item.id,
        version: item.version,
        site: item.site,
        conversation: item.conversation,
        message: item.message,
        from: from.ok_or_else(|| StoreError::new("show an item", "its sender is not there"))?,
        to: conversation.parties.iter().filter(|party| party.account != item.from).map(person).collect(),
        text: item.text.as_str().to_owned(),
        held_at: item.held_at,
        due_at: item.due_at,
        severity: item.severity,
        rules: item.rules.clone(),
        findings: item.findings.clone(),
        state: item.state_name(),
        claimed_by: claim.map(|(by, _)| holder(by)).transpose()?,
        claimed_until: claim.map(|(_, until)| until),
        decided_by: item.decision().map(|(by, _)| holder(by)).transpose()?,
        effective_at,
        outcome: item.outcome(),
        withdrawn: item.withdrawn,
        tier: item.tier,
        ringing: item.ringing,
        context: context(record, item, CONTEXT)?,
        acts: Vec::new(),
        second: item.second,
        proposed: item
            .proposed
            .as_ref()
            .map(|(by, made)| Ok::<_, StoreError>(Proposal { by: holder(*by)?, decision: decision_body(made) }))
            .transpose()?,
    })
}

/// Somebody who acts, by name.
pub(super) fn holder(record: &Reader<'_>, who: AccountId) -> Result<Holder, StoreError> {
    let name = record.account(who)?.map(|account| account.name).unwrap_or_default();
    Ok(Holder { account: who, name })
}

/// A party, by name and role.
pub(super) fn person(party: &Party) -> Person {
    Person { account: party.account, name: party.name.clone(), role: party.role }
}

/// What was said before an item, oldest first. A supervisor's eyes may see what was held there too.
pub(super) fn context(record: &Reader<'_>, item: &Item, limit: usize) -> Result<Vec<ContextLine>, StoreError> {
    said_before(record, (item.conversation, item.message), item.held_at, limit)
}

/// The same of any message.
pub(super) fn said_before(
    record: &Reader<'_>,
    (conversation, message): (ConversationId, MessageId),
    until: Timestamp,
    limit: usize,
) -> Result<Vec<ContextLine>, StoreError> {
    let said = record.recent(conversation, until, limit + 1)?;
    let before = said.into_iter().filter(|said| said.id != message).collect::<Vec<_>>();
    let skip = before.len().saturating_sub(limit);
    Ok(before
        .into_iter()
        .skip(skip)
        .map(|message| ContextLine {
            message: message.id,
            from: message.from,
            text: shown(&message).as_str().to_owned(),
            at: message.sent_at,
            status: message.status,
        })
        .collect())
}

fn shown(message: &Message) -> &Text {
    message.shown.as_ref().unwrap_or(&message.text)
}

/// A delivered message as history shows it.
pub(super) fn history_view(message: Message) -> Option<MessageView> {
    Some(MessageView {
        conversation: message.conversation,
        message: message.id,
        seq: message.seq?,
        from: message.from,
        text: shown(&message).as_str().to_owned(),
        altered: message.shown.is_some(),
        sent_at: message.sent_at,
        delivered_at: message.delivered_at?,
        cid: None,
    })
}
