//! A case file: everything that the record has of a conversation, with the lines of the log about it and their hashes, so that
//! it can be held against the log.

use super::{PAGE, decision, ending, items_in, reports, said_in};
use crate::store::{Reader, StoreError};
use handrail_domain::event::hex;
use handrail_domain::ids::{AccountId, ConversationId};
use handrail_domain::text::ERASED;
use serde_json::{Value, json};
use std::collections::HashMap;

/// People with their names, each read once.
#[derive(Default)]
struct People(HashMap<AccountId, String>);

impl People {
    fn name(&mut self, record: &Reader<'_>, of: AccountId) -> Result<String, StoreError> {
        if let Some(name) = self.0.get(&of) {
            return Ok(name.clone());
        }
        let account = record.account(of)?;
        let name =
            account.map_or_else(|| of.to_string(), |account| format!("{} ({})", account.name, account.role.as_str()));
        self.0.insert(of, name.clone());
        Ok(name)
    }

    fn maybe(&mut self, record: &Reader<'_>, of: Option<AccountId>) -> Result<Option<String>, StoreError> {
        of.map(|of| self.name(record, of)).transpose()
    }
}

/// What the scheme has written down about it.
fn papers(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for paper in record.papers_in(id, PAGE)? {
        let by = people.name(record, paper.by)?;
        let says = paper.answers.as_ref().map_or_else(|| json!(ERASED), |answers| json!(answers));
        all.push(json!({
            "id": paper.id, "kind": paper.kind, "by": by, "written": paper.made_at, "changed": paper.changed_at,
            "put_away": paper.closed_at, "version": paper.version, "says": says,
        }));
    }
    Ok(all)
}

/// All of it.
pub(super) fn all(record: &Reader<'_>, id: ConversationId) -> Result<Value, StoreError> {
    let conversation =
        record.conversation(id)?.ok_or_else(|| StoreError::new("export", "there is no such relationship"))?;
    let mut people = People::default();
    let parties = conversation.parties.iter().map(
        |party| json!({ "id": party.account, "name": party.name, "role": party.role, "read_up_to": party.read_seq }),
    );
    let parties: Vec<_> = parties.collect();
    let times = record.conversation_times(id)?;
    let (n, hash) = record.log_end()?;
    Ok(json!({
        "made": crate::fresh::now(),
        "log": { "ends_at": n, "hash": hex(&hash) },
        "relationship": {
            "id": id,
            "site": record.site(conversation.site)?.map(|site| site.name),
            "kind": conversation.kind,
            "state": conversation.state,
            "began": times.map(|times| times.began),
            "ended": times.and_then(|times| times.ended),
            "last_number": conversation.last_seq,
        },
        "parties": parties,
        "messages": messages(record, id, &mut people)?,
        "items": items(record, id, &mut people)?,
        "restrictions": restrictions(record, id, &mut people)?,
        "reports": reports(record, Some(id), None)?,
        "holds": holds(record, id, &mut people)?,
        "papers": papers(record, id, &mut people)?,
        "lines_of_the_log": lines(record, id, &mut people)?,
    }))
}

fn messages(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for message in said_in(record, id)? {
        all.push(json!({
            "id": message.id,
            "from": people.name(record, message.from)?,
            "said": message.sent_at,
            "text": message.text.as_str(),
            "shown_instead": message.shown.as_ref().map(|text| text.as_str()),
            "what_became_of_it": message.status,
            "number": message.seq,
            "delivered": message.delivered_at,
            "let_pass_by_the_filter": message.passed,
            "rules": message.rules,
            "decided_by_item": message.decision,
        }));
    }
    Ok(all)
}

fn items(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for item in items_in(record, id)? {
        let (outcome, closed) = ending(&item);
        let decided = match item.decision() {
            Some((by, made)) => json!({ "by": people.name(record, by)?, "decision": decision(made, true) }),
            None => Value::Null,
        };
        all.push(json!({
            "id": item.id,
            "message": item.message,
            "held": item.held_at,
            "due": item.due_at,
            "severity": item.severity,
            "tier": item.tier,
            "rules": item.rules,
            "findings": item.findings,
            "outcome": outcome,
            "closed": closed,
            "decided": decided,
        }));
    }
    Ok(all)
}

fn restrictions(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let one = |one: handrail_domain::restriction::Restriction| {
        Ok(json!({
            "id": one.id,
            "term": one.term,
            "reason": one.reason,
            "owner": people.name(record, one.owner)?,
            "since": one.created_at,
            "until": one.until,
            "ended": one.ended_at,
        }))
    };
    record.restrictions(id)?.into_iter().map(one).collect()
}

fn holds(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let one = |hold: handrail_domain::erasure::Hold| {
        Ok(json!({
            "id": hold.id,
            "reason": hold.reason,
            "asked_by": people.name(record, hold.by)?,
            "agreed_by": people.name(record, hold.agreed)?,
            "since": hold.created_at,
            "until": hold.until,
            "ended": hold.ended_at,
        }))
    };
    record.holds(id)?.into_iter().map(one).collect()
}

fn lines(record: &Reader<'_>, id: ConversationId, people: &mut People) -> Result<Vec<Value>, StoreError> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = record.lines_about(id, after, PAGE)?;
        for line in &page {
            let data: Value = serde_json::from_str(&line.data).map_err(|e| StoreError::new("read an event", e))?;
            let actor = people.maybe(record, line.actor)?;
            all.push(json!({
                "n": line.n, "at": line.at, "kind": line.kind, "by": actor, "data": data, "hash": hex(&line.hash),
            }));
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.n,
            Some(_) | None => return Ok(all),
        }
    }
}
