//! An account's own data, for the person whose it is. Other people are `mentor 1` or `supervisor 1`, their words are left out, and
//! so is what the team wrote for itself and what a restriction is about: that is about others as well.

use super::{PAGE, decision, ending, items_in, reports, said_in};
use crate::store::{Reader, StoreError};
use handrail_domain::conversation::{Conversation, Message};
use handrail_domain::finding::Finding;
use handrail_domain::ids::{AccountId, ItemId};
use handrail_domain::people::Account;
use handrail_domain::quarantine::Item;
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::text::ERASED;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// What stands for what somebody else wrote.
pub(super) const OTHERS_WORDS: &str = "[another person's words]";
/// What stands for what is not for this person.
const WITHHELD: &str = "[kept back: it is about other people]";

/// The names that others have in an export: their role and a number, in the order in which they come up.
#[derive(Default)]
struct Others {
    names: HashMap<AccountId, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Others {
    fn name(&mut self, record: &Reader<'_>, of: AccountId) -> Result<String, StoreError> {
        if let Some(name) = self.names.get(&of) {
            return Ok(name.clone());
        }
        let role = record.account(of)?.map_or("person", |account| account.role.as_str());
        let count = self.counts.entry(role).or_insert(0);
        *count += 1;
        let name = format!("{} {count}", role.replace('_', " "));
        self.names.insert(of, name.clone());
        Ok(name)
    }
}

/// All of it.
pub(super) fn all(record: &Reader<'_>, id: AccountId) -> Result<Value, StoreError> {
    let account = record.account(id)?.ok_or_else(|| StoreError::new("export", "there is no such account"))?;
    let site = record.site(account.site)?.map(|site| site.name);
    let mut others = Others::default();
    let mut relationships = Vec::new();
    for conversation in record.conversations_of(id)? {
        relationships.push(relationship(record, &account, &conversation, &mut others)?);
    }
    let sessions = record.sessions_of(id)?;
    let sessions: Vec<_> = sessions.iter().map(|one| json!({ "began": one.began, "ends": one.ended })).collect();
    Ok(json!({
        "made": crate::fresh::now(),
        "account": {
            "id": id,
            "name": account.name,
            "sign_in_name": record.username(id)?,
            "role": account.role,
            "site": site,
            "made": record.account_made(id)?,
            "may_sign_in": !account.disabled,
        },
        "sessions": sessions,
        "sign_ins": sign_ins(record, id)?,
        "reports": reports(record, None, Some(id))?,
        "relationships": relationships,
        "papers": papers(record, &account)?,
    }))
}

/// What the scheme has written down about this person, and what they wrote or may read in their relationships. What a condition keeps from
/// being spoken of is about others too.
fn papers(record: &Reader<'_>, account: &Account) -> Result<Vec<Value>, StoreError> {
    let mut all = record.papers_of(account.id, PAGE)?;
    for conversation in record.conversations_of(account.id)? {
        let theirs = record.papers_in(conversation.id, PAGE)?.into_iter();
        all.extend(theirs.filter(|paper| paper.by == account.id || paper.kind.form().may_read(account, true)));
    }
    let shown = |paper: &Paper| {
        let says = match (&paper.answers, paper.kind) {
            (Some(_), PaperKind::Condition) => json!(WITHHELD),
            (Some(answers), _) => json!(answers),
            (None, _) => json!(ERASED),
        };
        json!({ "kind": paper.kind, "written": paper.made_at, "changed": paper.changed_at, "says": says })
    };
    Ok(all.iter().map(shown).collect())
}

fn sign_ins(record: &Reader<'_>, id: AccountId) -> Result<Vec<Value>, StoreError> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = record.sign_ins(id, after, PAGE)?;
        all.extend(page.iter().map(|(_, at, act)| json!({ "at": at, "what": act })));
        match page.last() {
            Some((n, _, _)) if page.len() == PAGE => after = *n,
            Some(_) | None => return Ok(all),
        }
    }
}

fn relationship(
    record: &Reader<'_>,
    account: &Account,
    conversation: &Conversation,
    others: &mut Others,
) -> Result<Value, StoreError> {
    let with = conversation.parties.iter().filter(|party| party.account != account.id);
    let with = with.map(|party| others.name(record, party.account)).collect::<Result<Vec<_>, _>>()?;
    let items = items_in(record, conversation.id)?;
    let items: HashMap<ItemId, &Item> = items.iter().map(|item| (item.id, item)).collect();
    let by_message: HashMap<_, &Item> = items.values().map(|item| (item.message, *item)).collect();
    let mut messages = Vec::new();
    for message in said_in(record, conversation.id)? {
        if message.from == account.id {
            messages.push(own(record, &message, by_message.get(&message.id).copied(), others)?);
        } else if message.seq.is_some() {
            // What was held of others never reached this person, so it is not theirs to know of.
            let from = others.name(record, message.from)?;
            messages.push(json!({ "from": from, "delivered": message.delivered_at, "text": OTHERS_WORDS }));
        }
    }
    let restrictions = record.restrictions(conversation.id)?;
    let restrictions = restrictions.iter().map(|one| {
        json!({ "since": one.created_at, "until": one.until, "ended": one.ended_at, "what_it_is_about": WITHHELD })
    });
    let times = record.conversation_times(conversation.id)?;
    let read = conversation.party(account.id).map(|party| party.read_seq);
    Ok(json!({
        "id": conversation.id,
        "with": with,
        "state": conversation.state,
        "began": times.map(|times| times.began),
        "ended": times.and_then(|times| times.ended),
        "you_read_up_to": read,
        "restrictions": restrictions.collect::<Vec<_>>(),
        "messages": messages,
    }))
}

fn own(record: &Reader<'_>, message: &Message, item: Option<&Item>, others: &mut Others) -> Result<Value, StoreError> {
    let mut said = json!({
        "from": "you",
        "id": message.id,
        "said": message.sent_at,
        "text": message.text.as_str(),
        "what_became_of_it": message.status,
        "number": message.seq,
        "delivered": message.delivered_at,
    });
    if let Some(item) = item {
        let (outcome, closed) = ending(item);
        let made = match item.decision() {
            Some((by, made)) => json!({ "by": others.name(record, by)?, "decision": decision(made, false) }),
            None => Value::Null,
        };
        let findings: Vec<_> = item.findings.iter().map(finding).collect();
        said["check"] = json!({
            "held": item.held_at,
            "severity": item.severity,
            "findings": findings,
            "outcome": outcome,
            "closed": closed,
            "decided": made,
        });
    }
    Ok(said)
}

/// What a rule saw in this person's message. Where it quotes nothing, it was erased; parts of other messages may be others'.
fn finding(finding: &Finding) -> Value {
    use handrail_domain::finding::Category;
    let why = if finding.category == Category::Restricted { WITHHELD } else { finding.why.as_str() };
    let words = if finding.excerpt.is_empty() { ERASED } else { finding.excerpt.as_str() };
    json!({ "category": finding.category, "severity": finding.severity, "why": why, "words": words })
}
