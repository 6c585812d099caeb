//! What the record has of an account or of a conversation, written out for somebody who may have it: as JSON for machines and as
//! one page of HTML for people, both with the same in them. A line in the log says that it was done, before it is.

mod account;
mod conversation;
mod html;
mod report;
#[cfg(test)]
mod tests;

use crate::chat::{AdminError, Chat};
use crate::fresh;
use crate::store::{Reader, Scope, StoreError};
use anyhow::{Context, ensure};
use handrail_domain::conversation::Message;
use handrail_domain::erasure::may_answer;
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ConversationId, ItemId, SiteId};
use handrail_domain::quarantine::{Decision, Item, State};
use handrail_domain::report::{Draft, Report};
use handrail_domain::seal::Seal;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Rows that are read at once.
const PAGE: usize = 500;
/// Reports of one person or one relationship; there are a few.
const REPORTS_MAX: usize = 10_000;

/// What is written out.
#[derive(Debug, Clone, Copy)]
pub enum Export {
    /// All that there is of an account, for the person whose it is: other people's words and names are left out.
    Account(AccountId),
    /// A case file: all that there is of a conversation, for who may read it.
    Conversation(ConversationId),
    /// A report to an authority about a conversation that is sealed, with its case file and who its people are, for the two who read it.
    Report(ConversationId),
}

/// Writes it into a new or empty folder, as `export.json` and `export.html`, readable by the owner alone. `by` is the sign-in
/// name of who answers for it.
pub async fn export(chat: &Chat, what: Export, by: &str, to: &Path) -> anyhow::Result<()> {
    let by = chat.admin_account(by).await?;
    may_answer(&by).map_err(|_| {
        let role = by.role.as_str();
        AdminError(format!(
            "a {role} does not answer for exports, nor does a disabled account; name a coordinator or supervisor"
        ))
    })?;
    let site = chat.store().read(move |record| site_of(record, what)).await?;
    let site =
        site.ok_or_else(|| AdminError("there is no such account or relationship; copy its id as it was given".into()))?;
    ensure!(site == by.site, "it belongs to another site; name a coordinator or supervisor of that site");
    let seal = sealed_for(chat, what, by.id).await?;
    std::fs::create_dir_all(to).with_context(|| format!("make the folder {}", to.display()))?;
    ensure!(std::fs::read_dir(to)?.next().is_none(), "the folder {} is not empty; name a new one", to.display());
    note(chat, what, site, by.id).await?;
    let (heading, all) = chat
        .store()
        .read(move |record| {
            Ok(match what {
                Export::Account(id) => ("What Handrail has of you", account::all(record, id)?),
                Export::Conversation(id) => ("Case file", conversation::all(record, id)?),
                Export::Report(id) => match &seal {
                    Some(seal) => ("Report to an authority", report::all(record, seal)?),
                    None => return Err(StoreError::new("export", format!("{id} is not sealed"))),
                },
            })
        })
        .await?;
    write_out(&to.join("export.json"), &serde_json::to_vec_pretty(&all)?)?;
    write_out(&to.join("export.html"), html::page(heading, &all).as_bytes())
}

/// The seal on what is written out. Whoever is not one of the two who read it gets nothing.
async fn sealed_for(chat: &Chat, what: Export, by: AccountId) -> anyhow::Result<Option<Seal>> {
    let (id, must) = match what {
        Export::Account(_) => return Ok(None),
        Export::Conversation(id) => (id, false),
        Export::Report(id) => (id, true),
    };
    let sealed = chat.store().read(move |record| Ok(record.seal(id)?.is_some())).await?;
    if sealed || must { Ok(Some(chat.sealed_for(id, by).await?)) } else { Ok(None) }
}

fn site_of(record: &Reader<'_>, what: Export) -> Result<Option<SiteId>, StoreError> {
    Ok(match what {
        Export::Account(id) => record.account(id)?.map(|account| account.site),
        Export::Conversation(id) | Export::Report(id) => record.conversation(id)?.map(|conversation| conversation.site),
    })
}

async fn note(chat: &Chat, what: Export, site: SiteId, by: AccountId) -> anyhow::Result<()> {
    let (account, conversation) = match what {
        Export::Account(id) => (Some(id), None),
        Export::Conversation(id) | Export::Report(id) => (None, Some(id)),
    };
    let noted = chat.store().write(Scope::Everything, move |tx| {
        let (at, message, actor, accounts, queue) = (fresh::now(), None, Some(by), Vec::new(), false);
        let what = What::Exported { account };
        Ok(tx.append(Event { at, site, conversation, message, actor, accounts, queue, what })?)
    });
    noted.await.map_err(|_| anyhow::anyhow!("the log could not be written, so nothing was written out; try again"))
}

fn write_out(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| format!("write {}", path.display()))
}

/// All that was said in a conversation, in the order of the record.
fn said_in(record: &Reader<'_>, conversation: ConversationId) -> Result<Vec<Message>, StoreError> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = record.said_in(conversation, after, PAGE)?;
        let full = page.len() == PAGE;
        after = page.last().map_or(after, |(row, _)| *row);
        all.extend(page.into_iter().map(|(_, message)| message));
        if !full {
            return Ok(all);
        }
    }
}

/// All items of a conversation, in the order in which they were held.
fn items_in(record: &Reader<'_>, conversation: ConversationId) -> Result<Vec<Item>, StoreError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page: Vec<ItemId> = record.items_in(conversation, &after, PAGE)?;
        for id in &page {
            all.extend(record.item(*id)?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.to_string(),
            Some(_) | None => break,
        }
    }
    all.sort_by_key(|item| (item.held_at, item.id));
    Ok(all)
}

/// The reports of a conversation, or those that an account made.
fn reports(
    record: &Reader<'_>,
    conversation: Option<ConversationId>,
    sender: Option<AccountId>,
) -> Result<Vec<Value>, StoreError> {
    let all = record.reports_of(conversation, sender, REPORTS_MAX)?;
    let one = |report: &Report| {
        let Draft { reason, text, pause, .. } = &report.draft;
        let text = text.as_ref().map(|text| text.as_str());
        json!({ "id": report.id, "conversation": report.conversation, "from": report.from, "at": report.at,
                "reason": reason, "text": text, "asked_for_a_pause": pause })
    };
    Ok(all.iter().map(one).collect())
}

/// A decision in words; with what the team wrote for itself only for the team.
fn decision(made: &Decision, for_team: bool) -> Value {
    let log = |log: Option<&String>| log.filter(|_| for_team).map_or(Value::Null, |log| json!(log));
    match made {
        Decision::Release => json!({ "what": "delivered as it was" }),
        Decision::Alter { text, reason, note, log: said } => {
            json!({ "what": "delivered altered", "text": text.as_str(), "reason": reason, "note": note, "log": log(said.as_ref()) })
        }
        Decision::Reject { reason, note, log: said } => {
            json!({ "what": "not delivered", "reason": reason, "note": note, "log": log(said.as_ref()) })
        }
        Decision::Rephrase { note } => json!({ "what": "asked to be said differently", "note": note }),
        Decision::Escalate { log: said } => json!({ "what": "handed to the next tier", "log": log(Some(said)) }),
        Decision::Note { log: said } => json!({ "what": "noted", "log": log(Some(said)) }),
    }
}

/// How an item ended, and when.
fn ending(item: &Item) -> (Value, Value) {
    match &item.state {
        State::Closed { outcome, at, .. } => (json!(outcome), json!(at)),
        State::Waiting | State::Claimed { .. } | State::Decided { .. } => (Value::Null, Value::Null),
    }
}
