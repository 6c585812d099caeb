//! What stands behind an item: more of what was said, what is known of its people, and the whole conversation for those who have a
//! reason, which the log keeps.

use super::views::{context, holder, person};
use super::{Chat, Signed, admin};
use crate::fresh;
use crate::store::{Failure, Reader, Ring, SaidBefore, Scope, StoreError, Tx, decision_body};
use handrail_domain::conversation::{Conversation, Message, Party};
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ConversationId, ItemId};
use handrail_domain::look::{Look, ReadReason};
use handrail_domain::oversight::Handled;
use handrail_domain::policy::may_moderate;
use handrail_domain::quarantine::{Item, OutcomeName};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{
    Background, Decided, LookFact, PastDecision, PersonFacts, ReadLine, ReadPage, RestrictionFact, RingView,
};

/// Messages before an item, at most.
const BEFORE_MAX: usize = 30;
/// Earlier decisions that are named.
const LAST: usize = 3;
/// Messages on one page of a whole conversation.
const READ_PAGE: usize = 100;
/// How far back facts go, in milliseconds: ninety days.
const FACTS_MS: i64 = 90 * 24 * 60 * 60 * 1_000;

impl Chat {
    /// What a supervisor may know who decides on an item. To an outsider, and to a party of its conversation, it does not exist. Who holds
    /// it or decided on it stands in the log by that; that anybody else reads it is in the log before it is shown.
    pub async fn background(&self, who: &Signed, item: ItemId) -> Result<Background, Refusal> {
        let reader = who.account.clone();
        let now = fresh::now();
        let found = self.read(move |record| {
            let Some(item) = record.item(item)? else { return Ok(None) };
            let Some(conversation) = record.conversation(item.conversation)? else { return Ok(None) };
            if may_moderate(&reader, &conversation, None).is_err() {
                return Ok(None);
            }
            let behind = background(record, &item, &conversation, now)?;
            let theirs = item.holder(now).is_some_and(|(holder, _)| holder == reader.id)
                || item.decision().is_some_and(|(by, _)| by == reader.id);
            Ok(Some((behind, (!theirs).then_some(item))))
        });
        let (behind, beside) = found.await?.ok_or(Code::NotFound)?;
        if let Some(item) = beside {
            let (by, messages) = (who.account.id, behind.before.len() as u64 + 1);
            self.write(Scope::Own, move |tx| {
                let what = What::Read { reason: ReadReason::Decide, messages };
                let event = admin::event(item.site, what);
                let (conversation, message) = (Some(item.conversation), Some(item.message));
                Ok(tx.append(Event { conversation, message, actor: Some(by), ..event })?)
            })
            .await?;
        }
        Ok(behind)
    }

    /// A page of all that was said in a conversation, whatever became of it, newest first. That it was read, by whom and why, is
    /// in the log before anything is shown.
    pub async fn read_conversation(
        &self,
        who: &Signed,
        conversation: ConversationId,
        reason: ReadReason,
        before: Option<&str>,
    ) -> Result<ReadPage, Refusal> {
        let before = before.map_or(Some(SaidBefore(Timestamp(i64::MAX), i64::MAX)), place).ok_or(Code::BadFrame)?;
        let from = who.account.id;
        self.write(Scope::Conversation(conversation), move |tx| read(tx, from, conversation, reason, before)).await
    }
}

/// A place as a page names it.
fn place(text: &str) -> Option<SaidBefore> {
    let (at, row) = text.split_once('.')?;
    Some(SaidBefore(Timestamp(at.parse().ok()?), row.parse().ok()?))
}

fn read(
    tx: &mut Tx<'_>,
    who: AccountId,
    conversation: ConversationId,
    reason: ReadReason,
    before: SaidBefore,
) -> Result<ReadPage, Failure> {
    let account = tx.account(who)?.ok_or(Code::Unauthenticated)?;
    let conversation = tx.conversation(conversation)?.ok_or(Code::NotFound)?;
    may_moderate(&account, &conversation, None).map_err(|_| Code::NotFound)?;
    let mut said = tx.said_before(conversation.id, before, READ_PAGE + 1)?;
    let more = said.len() > READ_PAGE;
    said.truncate(READ_PAGE);
    let last = said.last().map(|(SaidBefore(at, row), _)| format!("{}.{row}", at.0));
    let lines = said.into_iter().map(|(_, message)| line(tx, message)).collect::<Result<Vec<_>, _>>()?;
    let what = What::Read { reason, messages: lines.len() as u64 };
    let event = admin::event(conversation.site, what);
    tx.append(Event { conversation: Some(conversation.id), actor: Some(who), ..event })?;
    Ok(ReadPage { people: conversation.parties.iter().map(person).collect(), lines, next: last.filter(|_| more) })
}

fn line(record: &Reader<'_>, message: Message) -> Result<ReadLine, StoreError> {
    let item = if message.passed { None } else { record.item_of(message.id)? };
    Ok(ReadLine {
        message: message.id,
        from: message.from,
        text: message.text.as_str().to_owned(),
        shown: message.shown.map(|shown| shown.as_str().to_owned()),
        at: message.sent_at,
        status: message.status,
        decided: item.map(|item| decided(record, &item)).transpose()?.flatten(),
    })
}

fn decided(record: &Reader<'_>, item: &Item) -> Result<Option<Decided>, StoreError> {
    let Some((by, decision)) = item.decision() else { return Ok(None) };
    let proposed_by = item.proposed.as_ref().map(|(by, _)| holder(record, *by)).transpose()?;
    Ok(Some(Decided { by: holder(record, by)?, decision: decision_body(decision), proposed_by }))
}

fn background(
    record: &Reader<'_>,
    item: &Item,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<Background, StoreError> {
    let since = now.plus_ms(-FACTS_MS);
    let (sender, others): (Vec<_>, Vec<_>) = conversation.parties.iter().partition(|party| party.account == item.from);
    let facts = |party: &&Party| person_facts(record, conversation.id, party, since);
    let restrictions = record.restrictions(conversation.id)?.into_iter().filter(|one| one.in_force(now));
    let open = record.open_items_of(conversation.id)?;
    Ok(Background {
        before: context(record, item, BEFORE_MAX)?,
        restrictions: restrictions
            .map(|one| RestrictionFact { term: one.term, reason: one.reason, until: one.until })
            .collect(),
        people: sender.iter().chain(&others).map(facts).collect::<Result<_, _>>()?,
        reports: record.reports_count(conversation.site, Some(conversation.id), since)?,
        also_open: open.into_iter().filter(|other| *other != item.id).collect(),
        rings: record.rings(item.id)?.into_iter().map(|ring| ring_view(record, ring)).collect::<Result<_, _>>()?,
        decided: decided(record, item)?,
        looks: looks(record, item)?,
    })
}

fn person_facts(
    record: &Reader<'_>,
    conversation: ConversationId,
    party: &Party,
    since: Timestamp,
) -> Result<PersonFacts, StoreError> {
    let handled = record.handled_of(conversation, party.account, since)?;
    let ended = |wanted: &[OutcomeName]| {
        handled.iter().filter(|one| one.ended.is_some_and(|(outcome, _)| wanted.contains(&outcome))).count()
    };
    let past = |one: &Handled| one.ended.map(|(outcome, at)| PastDecision { outcome, severity: one.severity, at });
    Ok(PersonFacts {
        person: person(party),
        held: handled.len(),
        released: ended(&[OutcomeName::Released]),
        kept_back: ended(&[OutcomeName::Altered, OutcomeName::Rejected, OutcomeName::Rephrase]),
        last: handled.iter().filter_map(past).take(LAST).collect(),
    })
}

fn ring_view(record: &Reader<'_>, ring: Ring) -> Result<RingView, StoreError> {
    let name = |who: AccountId| holder(record, who).map(|holder| holder.name);
    let (answered_by, answered_at) = ring.answered.unzip();
    Ok(RingView {
        at: ring.at,
        tier: ring.tier,
        rung: ring.rung.into_iter().map(name).collect::<Result<_, _>>()?,
        answered_by: answered_by.map(name).transpose()?,
        answered_at,
    })
}

/// Looks that somebody asked for. Those that were drawn stay blind.
fn looks(record: &Reader<'_>, item: &Item) -> Result<Vec<LookFact>, StoreError> {
    let name = |who: Option<AccountId>| who.map(|who| holder(record, who).map(|holder| holder.name)).transpose();
    let asked = record.looks_at(item.message)?.into_iter().filter(|look| look.asked_by.is_some());
    asked
        .map(|look: Look| {
            let said_by = look.given_to.filter(|_| look.opinion.is_some());
            Ok(LookFact {
                reason: look.reason,
                asked_by: name(look.asked_by)?,
                asked_at: look.asked_at,
                said_by: name(said_by)?,
                opinion: look.opinion.map(|(opinion, _)| opinion),
                category: look.opinion.and_then(|(_, category)| category),
                agrees: look.agrees(),
            })
        })
        .collect()
}
