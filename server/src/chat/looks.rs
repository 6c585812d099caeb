//! Second looks: asking for one, being given one, saying what one would have done.

use super::views::{CONTEXT, holder, person, said_before};
use super::{Chat, Signed, admin};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use handrail_domain::conversation::Conversation;
use handrail_domain::event::{Event, What};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ItemId, LookId, MessageId};
use handrail_domain::look::{DRAWN_MS_MAX, Look, LookAct, LookReason, Opinion};
use handrail_domain::people::Account;
use handrail_domain::policy::{may_moderate, may_serve};
use handrail_domain::quarantine::{Item, OutcomeName};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{LookTold, LookView};

/// Looks that were asked for, of which one is taken that its asker and its decider may not have.
const ASKED: usize = 50;
/// Released items that one is drawn from.
const RELEASED: usize = 500;
/// Messages that passed, from one place on, that one is drawn from.
const PASSED: usize = 50;
/// How often a place among the passed messages is tried.
const TRIES: usize = 5;

/// A message that may be looked at.
struct Drawn {
    conversation: Conversation,
    message: MessageId,
    item: Option<ItemId>,
    delivered: bool,
}

impl Chat {
    /// A message to give a second opinion on: the one that one was given before and said nothing of, one that somebody asked for, or
    /// one drawn at random. Nothing, if there is none.
    pub async fn next_look(&self, who: &Signed) -> Result<Option<LookView>, Refusal> {
        may_serve(&who.account)?;
        let account = who.account.clone();
        let dice = fresh::bits();
        self.write(Scope::Own, move |tx| {
            let now = fresh::now();
            let look = match tx.open_look(account.id)? {
                Some(look) => look,
                None => match asked(tx, &account)? {
                    Some(look) => given(tx, Look { given_to: Some(account.id), ..look })?,
                    None => match drawn(tx, &account, now, dice)? {
                        Some(drawn) => given(tx, begun(drawn, &account, LookReason::Sample, now))?,
                        None => return Ok(None),
                    },
                },
            };
            Ok(Some(view(tx, &look)?))
        })
        .await
    }

    /// Somebody else shall look at a decision.
    pub async fn ask_look(&self, who: &Signed, item: ItemId, reason: LookReason) -> Result<(), Refusal> {
        if reason == LookReason::Sample {
            return Err(Code::BadFrame.into());
        }
        let account = who.account.clone();
        self.write(Scope::Item(item), move |tx| {
            let item = tx.item(item)?.ok_or(Code::NotFound)?;
            let conversation = tx.conversation(item.conversation)?.ok_or(Code::NotFound)?;
            may_moderate(&account, &conversation, None)?;
            let outcome = item.outcome().filter(|_| item.decision().is_some()).ok_or(Code::NotFound)?;
            // A look that waits already is enough.
            if tx.looks_at(item.message)?.iter().any(|look| look.asked_by.is_some() && look.opinion.is_none()) {
                return Ok(());
            }
            let delivered = outcome == OutcomeName::Released;
            let drawn = Drawn { conversation, message: item.message, item: Some(item.id), delivered };
            let look = begun(drawn, &account, reason, fresh::now());
            put(tx, &Look { asked_by: Some(account.id), given_to: None, ..look }, LookAct::Ask, account.id)
        })
        .await
    }

    /// The sender of a message that was not passed on asks that somebody else looks at that. Asked twice, it is one look.
    pub async fn appeal(&self, who: &Signed, message: MessageId) -> Result<(), Refusal> {
        let by = who.account.clone();
        self.write(Scope::Everything, move |tx| {
            let item = tx.item_of(message)?.filter(|item| item.from == by.id).ok_or(Code::NotFound)?;
            let conversation = tx.conversation(item.conversation)?.ok_or(Code::NotFound)?;
            let kept_back = item.outcome().is_some_and(|outcome| {
                matches!(outcome, OutcomeName::Rejected | OutcomeName::Rephrase | OutcomeName::Altered)
            });
            if !kept_back || item.decision().is_none() {
                return Err(Code::NotHeld.into());
            }
            if tx.looks_at(message)?.iter().any(|look| look.asked_by.is_some()) {
                return Ok(());
            }
            let drawn = Drawn { conversation, message, item: Some(item.id), delivered: false };
            let look = begun(drawn, &by, LookReason::Appeal, fresh::now());
            put(tx, &Look { asked_by: Some(by.id), given_to: None, ..look }, LookAct::Ask, by.id)
        })
        .await
    }

    /// One says what one would have done, once, and is told what was done.
    pub async fn say_look(
        &self,
        who: &Signed,
        look: LookId,
        opinion: Opinion,
        category: Option<Category>,
    ) -> Result<LookTold, Refusal> {
        may_serve(&who.account)?;
        let account = who.account.id;
        self.write(Scope::Own, move |tx| {
            let look = tx.look(look)?.filter(|look| look.given_to == Some(account)).ok_or(Code::NotFound)?;
            let said = Some((opinion, category.filter(|_| opinion == Opinion::KeepBack)));
            if look.opinion.is_some_and(|before| Some(before) != said) {
                return Err(Code::AlreadyClosed.into());
            }
            let said = Look { opinion: said, said_at: Some(fresh::now()), ..look };
            if look.opinion.is_none() {
                put(tx, &said, LookAct::Say, account)?;
            }
            Ok(told(tx, &said)?)
        })
        .await
    }
}

/// The longest asked for that this person may look at: they neither asked for it nor decided on it, and are no party.
fn asked(tx: &Tx<'_>, account: &Account) -> Result<Option<Look>, StoreError> {
    for look in tx.asked_looks(account.site, ASKED)? {
        let own = look.asked_by == Some(account.id);
        if !own && let Some(drawn) = may_see(tx, account, look.message, look.item)? {
            return Ok(Some(Look { delivered: drawn.delivered, ..look }));
        }
    }
    Ok(None)
}

/// A message at random: of those that passed and of those that a person released in equal parts, so that neither is told from how
/// often it comes.
fn drawn(tx: &Tx<'_>, account: &Account, now: Timestamp, dice: u128) -> Result<Option<Drawn>, StoreError> {
    let (first, second) = ((dice & 1) == 0, dice >> 1);
    let one = if first { passed(tx, account, now, second)? } else { released(tx, account, now, second)? };
    match one {
        Some(drawn) => Ok(Some(drawn)),
        None if first => released(tx, account, now, second),
        None => passed(tx, account, now, second),
    }
}

fn released(tx: &Tx<'_>, account: &Account, now: Timestamp, dice: u128) -> Result<Option<Drawn>, StoreError> {
    let mut all = tx.released_since(account.site, now.plus_ms(-DRAWN_MS_MAX), RELEASED)?;
    all.retain(|item| item.decision().is_some());
    if all.is_empty() {
        return Ok(None);
    }
    let from = index(dice, all.len());
    for item in all.iter().cycle().skip(from).take(all.len()) {
        if tx.looks_at(item.message)?.is_empty()
            && let Some(drawn) = may_see(tx, account, item.message, Some(item.id))?
        {
            return Ok(Some(drawn));
        }
    }
    Ok(None)
}

fn passed(tx: &Tx<'_>, account: &Account, now: Timestamp, dice: u128) -> Result<Option<Drawn>, StoreError> {
    let Some((first, last)) = tx.rows_since(now.plus_ms(-DRAWN_MS_MAX))? else { return Ok(None) };
    let span = usize::try_from(last - first + 1).unwrap_or(1);
    for at in 0..TRIES {
        // The last try begins at the first row, so that of few messages one is found.
        let skip = if at + 1 == TRIES { 0 } else { index(dice >> (at * 20), span) };
        let from = first + i64::try_from(skip).unwrap_or(0);
        for message in tx.passed_from(account.site, from, PASSED)? {
            let seen = !tx.looks_at(message.id)?.is_empty();
            let Some(conversation) = tx.conversation(message.conversation)? else { continue };
            if !seen && may_moderate(account, &conversation, None).is_ok() {
                return Ok(Some(Drawn { conversation, message: message.id, item: None, delivered: true }));
            }
        }
    }
    Ok(None)
}

fn index(dice: u128, of: usize) -> usize {
    usize::try_from(dice % (of.max(1) as u128)).unwrap_or(0)
}

/// The message of an item, for somebody who neither decided on it nor is a party.
fn may_see(
    tx: &Tx<'_>,
    account: &Account,
    message: MessageId,
    item: Option<ItemId>,
) -> Result<Option<Drawn>, StoreError> {
    let Some(item) = item.map(|id| tx.item(id)).transpose()?.flatten() else { return Ok(None) };
    let Some(conversation) = tx.conversation(item.conversation)? else { return Ok(None) };
    let took_part = |item: &Item| {
        let (decided, proposed) = (item.decision().map(|(by, _)| by), item.proposed.as_ref().map(|(by, _)| *by));
        decided == Some(account.id) || proposed == Some(account.id)
    };
    if took_part(&item) || may_moderate(account, &conversation, None).is_err() {
        return Ok(None);
    }
    let delivered = item.outcome() == Some(OutcomeName::Released);
    Ok(Some(Drawn { conversation, message, item: Some(item.id), delivered }))
}

fn begun(drawn: Drawn, account: &Account, reason: LookReason, now: Timestamp) -> Look {
    Look {
        id: LookId::from_bits(fresh::bits()),
        site: drawn.conversation.site,
        conversation: drawn.conversation.id,
        message: drawn.message,
        item: drawn.item,
        reason,
        asked_by: None,
        asked_at: now,
        given_to: Some(account.id),
        opinion: None,
        said_at: None,
        delivered: drawn.delivered,
    }
}

fn given(tx: &mut Tx<'_>, look: Look) -> Result<Look, Failure> {
    let to = look.given_to.ok_or(Code::Internal)?;
    put(tx, &look, LookAct::Take, to)?;
    Ok(look)
}

fn put(tx: &mut Tx<'_>, look: &Look, act: LookAct, actor: AccountId) -> Result<(), Failure> {
    tx.put_look(look)?;
    let what = What::Look { look: look.id, act, opinion: look.opinion.map(|(opinion, _)| opinion) };
    let event = admin::event(look.site, what);
    Ok(tx.append(Event { conversation: Some(look.conversation), actor: Some(actor), ..event })?)
}

fn view(record: &Reader<'_>, look: &Look) -> Result<LookView, Failure> {
    let conversation = record.conversation(look.conversation)?.ok_or(Code::NotFound)?;
    let message = record.message_in(look.conversation, look.message)?.ok_or(Code::NotFound)?;
    let (from, to): (Vec<_>, Vec<_>) =
        conversation.parties.iter().map(person).partition(|person| person.account == message.from);
    Ok(LookView {
        id: look.id,
        conversation: look.conversation,
        from: from.into_iter().next().ok_or(Code::Internal)?,
        to,
        text: message.text.as_str().to_owned(),
        at: message.sent_at,
        before: said_before(record, (message.conversation, message.id), message.sent_at, CONTEXT)?,
        asked: look.asked_by.is_some(),
    })
}

fn told(record: &Reader<'_>, look: &Look) -> Result<LookTold, StoreError> {
    let item = look.item.map(|item| record.item(item)).transpose()?.flatten();
    let by = item.as_ref().and_then(Item::decision).map(|(by, _)| holder(record, by)).transpose()?;
    Ok(LookTold {
        agrees: look.agrees().unwrap_or(false),
        passed: look.item.is_none(),
        outcome: item.as_ref().and_then(Item::outcome),
        by: by.map(|holder| holder.name),
    })
}
