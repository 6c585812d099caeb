//! Erasure: on somebody's request, and when the time that a site keeps words is over. It goes in small steps, each an act of its
//! own with its line in the log, so that a large one holds nobody up, and one that was cut off goes on where it stopped.

use super::{AdminError, Chat};
use crate::fresh;
use crate::store::{Erasable, Failure, Scope, Tx};
use handrail_domain::conversation::ConversationState;
use handrail_domain::erasure::{
    Erasure, ErasureError, Extent, Hold, Why, ended_before, may_answer, reason, without_part, without_words,
};
use handrail_domain::event::{Event, HoldAct, What};
use handrail_domain::ids::{AccountId, ConversationId, ErasureId, SiteId};
use handrail_domain::people::{Account, Site, SiteSettings};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Messages that one step erases.
const STEP: usize = 200;
/// Relationships of one site, and erasures, that are looked at in one round.
const ROUND: usize = 100;
/// Between two rounds.
const ROUND_EVERY: Duration = Duration::from_secs(3_600);

/// What an erasure came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Messages whose words are gone.
    pub messages: u64,
    /// Items whose words are gone.
    pub items: u64,
    /// Whether the account's name is gone as well.
    pub name: bool,
    /// Whether nothing of it is left in the file: not so while somebody reads the record for long.
    pub scrubbed: bool,
}

impl From<ErasureError> for AdminError {
    fn from(error: ErasureError) -> Self {
        AdminError(error.0)
    }
}

/// What one step came to.
enum Step {
    /// So much was erased, and there may be more.
    Some(Erased),
    /// Nothing was left; whether a name went last.
    Done { name: bool },
    /// A legal hold forbids it.
    Held(Hold),
    /// Somebody still has to decide on something of it.
    Open,
}

impl Chat {
    /// Erases what somebody asked for, all of it before this answers.
    pub async fn admin_erase(&self, extent: Extent, by: &str, why: &str) -> Result<Erased, AdminError> {
        let by = self.admin_account(by).await?;
        may_answer(&by).map_err(|_| {
            let role = by.role.as_str();
            AdminError(format!(
                "a {role} does not answer for erasures, nor does a disabled account; name a coordinator or supervisor"
            ))
        })?;
        let site = self.site_of(extent).await?;
        if site != by.site {
            return Err(AdminError("it belongs to another site; name a coordinator or supervisor of that site".into()));
        }
        let why = Why::Asked { by: by.id, reason: reason(why)? };
        let id = ErasureId::from_bits(fresh::bits());
        let now = fresh::now();
        self.run_erasure(Erasure { id, extent, why, asked_at: now, done_at: None }, now).await
    }

    /// Chooses how long a site keeps the words of a relationship after its end, in days; for good, if nothing.
    pub async fn admin_set_retention(&self, site: SiteId, days: Option<u32>) -> Result<(), AdminError> {
        self.write(Scope::Everything, move |tx| {
            let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
            let settings = SiteSettings { retention_days: days, ..settings };
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            Ok(tx.append(super::admin::event(id, What::Site { name }))?)
        })
        .await?;
        Ok(())
    }

    async fn site_of(&self, extent: Extent) -> Result<SiteId, AdminError> {
        let found = self.read(move |record| {
            let conversation = match extent {
                Extent::Conversation(id) => Some(id),
                Extent::Message(id) => record.conversation_of_message(id)?,
                Extent::Account(id) => return Ok(record.account(id)?.map(|account| account.site)),
            };
            let conversation = conversation.map(|id| record.conversation(id)).transpose()?.flatten();
            Ok(conversation.map(|conversation| conversation.site))
        });
        let what = match extent {
            Extent::Conversation(id) => format!("there is no relationship {id}"),
            Extent::Message(id) => format!("there is no message {id}"),
            Extent::Account(id) => format!("there is no account {id}"),
        };
        found.await?.ok_or_else(|| AdminError(format!("{what}; copy its id as it was given")))
    }

    /// Runs an erasure to its end, or as far as it may go.
    async fn run_erasure(&self, erasure: Erasure, now: Timestamp) -> Result<Erased, AdminError> {
        let mut sum = Erased::default();
        loop {
            let next = erasure.clone();
            match self.write(Scope::Everything, move |tx| step(tx, &next, now)).await? {
                Step::Some(erased) => {
                    sum.messages += erased.messages;
                    sum.items += erased.items;
                }
                Step::Done { name } => {
                    self.windows.forget(None);
                    let store = self.store.clone();
                    let scrubbed = tokio::task::spawn_blocking(move || store.scrub()).await;
                    let scrubbed = matches!(scrubbed, Ok(Ok(true)));
                    return Ok(Erased { name, scrubbed, ..sum });
                }
                Step::Held(hold) => {
                    return Err(AdminError(format!(
                        "the legal hold {} on the relationship {} keeps it until {}; nothing more was erased, and the log says \
                         that it was asked for",
                        hold.id,
                        hold.conversation,
                        hold.until.date()
                    )));
                }
                Step::Open => {
                    return Err(AdminError(
                        "a held message of it still waits for a decision, or for its sender's answer; settle it first, then erase".into(),
                    ));
                }
            }
        }
    }

    /// Erases what is due, and goes on with what was cut off, every hour. Never ends.
    pub async fn keep_retention(&self) {
        loop {
            if let Err(refusal) = self.erase_due(fresh::now()).await {
                tracing::warn!(
                    code = refusal.code.as_str(),
                    "what is due could not be erased; it is tried again in an hour"
                );
            }
            tokio::time::sleep(ROUND_EVERY).await;
        }
    }

    /// Erases the words of relationships that ended longer ago than their site keeps them, and goes on with erasures that were
    /// cut off. Says how many erasures came to their end.
    pub async fn erase_due(&self, now: Timestamp) -> Result<usize, Refusal> {
        let due = self.read(move |record| {
            let mut due = record.open_erasures(ROUND)?;
            for site in record.sites()? {
                let Some(before) = ended_before(site.settings.retention_days, now) else { continue };
                due.extend(record.outlived(site.id, before, now, ROUND)?.into_iter().map(|conversation| Erasure {
                    id: ErasureId::from_bits(fresh::bits()),
                    extent: Extent::Conversation(conversation),
                    why: Why::Retention,
                    asked_at: now,
                    done_at: None,
                }));
            }
            Ok(due)
        });
        let mut done = 0;
        for erasure in due.await? {
            let id = erasure.id;
            match self.run_erasure(erasure, now).await {
                Ok(erased) => {
                    done += 1;
                    tracing::info!(erasure = %id, messages = erased.messages, items = erased.items, "words were erased");
                }
                Err(_) => {
                    tracing::warn!(erasure = %id, "an erasure must wait: an open item or a legal hold is in its way")
                }
            }
        }
        Ok(done)
    }
}

/// One step of an erasure. What is in its way is looked for at every step: a hold may begin between two.
fn step(tx: &mut Tx<'_>, erasure: &Erasure, now: Timestamp) -> Result<Step, Failure> {
    let known = tx.erasure(erasure.id)?;
    if known.as_ref().is_some_and(|known| known.done_at.is_some()) {
        return Ok(Step::Done { name: false });
    }
    if let Some(hold) = hold_on(tx, erasure.extent, now)? {
        // A round that meets a hold again and again says so once: to nobody.
        if let (Why::Asked { by, .. }, None) = (&erasure.why, &known) {
            let site = tx.conversation(hold.conversation)?.ok_or(Code::NotFound)?.site;
            let what = What::LegalHold { hold: hold.id, act: HoldAct::Refuse };
            let refused = super::admin::event(site, what);
            tx.append(Event { conversation: Some(hold.conversation), actor: Some(*by), ..refused })?;
        }
        return Ok(Step::Held(hold));
    }
    if tx.has_open_item(erasure.extent)? {
        return Ok(Step::Open);
    }
    if known.is_none() {
        tx.add_erasure(erasure)?;
    }
    let page = tx.erasable(erasure.extent, STEP)?;
    if page.is_empty() {
        let name = finish(tx, erasure)?;
        tx.end_erasure(erasure.id, now)?;
        return Ok(Step::Done { name });
    }
    let mut counts: BTreeMap<ConversationId, (SiteId, Erased)> = BTreeMap::new();
    for one in &page {
        let (_, sum) = counts.entry(one.conversation).or_insert((one.site, Erased::default()));
        sum.messages += 1;
        sum.items += erase(tx, erasure.extent, one)?;
    }
    let mut all = Erased::default();
    for (conversation, (site, sum)) in counts {
        let what = What::Erased { erasure: erasure.id, messages: sum.messages, items: sum.items };
        log(tx, site, Some(conversation), erasure, what)?;
        (all.messages, all.items) = (all.messages + sum.messages, all.items + sum.items);
    }
    Ok(Step::Some(all))
}

fn log(
    tx: &mut Tx<'_>,
    site: SiteId,
    conversation: Option<ConversationId>,
    erasure: &Erasure,
    what: What,
) -> Result<(), Failure> {
    let actor = match &erasure.why {
        Why::Asked { by, .. } => Some(*by),
        Why::Retention => None,
    };
    Ok(tx.append(Event { conversation, actor, ..super::admin::event(site, what) })?)
}

/// The legal hold that forbids an erasure, if one does.
fn hold_on(tx: &Tx<'_>, extent: Extent, now: Timestamp) -> Result<Option<Hold>, Failure> {
    let conversations: Vec<ConversationId> = match extent {
        Extent::Conversation(id) => vec![id],
        Extent::Message(id) => tx.conversation_of_message(id)?.into_iter().collect(),
        Extent::Account(id) => tx.conversations_of(id)?.into_iter().map(|conversation| conversation.id).collect(),
    };
    for conversation in conversations {
        if let Some(hold) = tx.holds(conversation)?.into_iter().find(|hold| hold.in_force(now)) {
            return Ok(Some(hold));
        }
    }
    Ok(None)
}

/// Takes one message's words out, and those of its item and of items that repeat them. Says how many items that were.
fn erase(tx: &mut Tx<'_>, extent: Extent, one: &Erasable) -> Result<u64, Failure> {
    let mut items = 0;
    if let Some(item) = tx.item_of(one.message)?
        && let Some(quiet) = without_words(&item)
    {
        tx.put_item(&quiet, None)?;
        items += 1;
    }
    // In a whole conversation every item has its own turn.
    if !matches!(extent, Extent::Conversation(_)) {
        for id in tx.items_that_name(one.conversation, one.message)? {
            if let Some(quiet) = tx.item(id)?.and_then(|item| without_part(&item, one.message)) {
                tx.put_item_until(&quiet, None, quiet.wake_at())?;
            }
        }
    }
    tx.erase_message(one)?;
    Ok(items)
}

/// What goes last: what was written in reports, the terms that were restricted in a relationship that is over and what was
/// written about it, the name of an account that is disabled. Says
/// whether a name went.
fn finish(tx: &mut Tx<'_>, erasure: &Erasure) -> Result<bool, Failure> {
    tx.erase_reports(erasure.extent)?;
    match erasure.extent {
        Extent::Conversation(id) => {
            let conversation = tx.conversation(id)?.ok_or(Code::NotFound)?;
            if conversation.state == ConversationState::Ended {
                tx.erase_restrictions(id)?;
                tx.erase_papers(None, Some(id))?;
            }
            // A round marks a relationship as done by its erasure: the log says that there was nothing left, too.
            let what = What::Erased { erasure: erasure.id, messages: 0, items: 0 };
            log(tx, conversation.site, Some(id), erasure, what)?;
            Ok(false)
        }
        Extent::Message(_) => Ok(false),
        Extent::Account(id) => erase_name(tx, id, erasure),
    }
}

fn erase_name(tx: &mut Tx<'_>, id: AccountId, erasure: &Erasure) -> Result<bool, Failure> {
    let Account { site, disabled, .. } = tx.account(id)?.ok_or(Code::NotFound)?;
    if !disabled {
        return Ok(false);
    }
    tx.erase_name(id)?;
    tx.erase_papers(Some(id), None)?;
    log(tx, site, None, erasure, What::ErasedName { erasure: erasure.id, account: id })?;
    Ok(true)
}
