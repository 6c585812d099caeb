//! Items in the record: columns for what is asked of all, JSON for what only the one who opens it reads.

use super::reader::{Reader, id};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::event::Event;
use handrail_domain::finding::{Finding, Severity};
use handrail_domain::ids::{AccountId, ItemId, MessageId, SiteId};
use handrail_domain::oversight::Handled;
use handrail_domain::quarantine::{Decision, Item, OutcomeName, State};
use handrail_domain::score::Judged;
use handrail_domain::text::{ERASED, Text};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::DecisionBody;
use serde::{Deserialize, Serialize};

/// What waits for a decision, of one severity.
pub struct WaitingNow {
    /// How soon a person must look.
    pub severity: Severity,
    /// How many.
    pub many: u64,
    /// Since when the oldest waits.
    pub oldest: Timestamp,
}

/// Which items of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenItems {
    /// Those still to be closed: most urgent first, then oldest.
    Open,
    /// Those that are over: newest first.
    Closed,
}

/// What the `data` column holds.
#[derive(Serialize, Deserialize)]
struct Data {
    due_at: Timestamp,
    escalate_at: Option<Timestamp>,
    expire_at: Option<Timestamp>,
    #[serde(default)]
    answer_by: Option<Timestamp>,
    rules: String,
    findings: Vec<Finding>,
    tier: u8,
    ringing: bool,
    withdrawn: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    second: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proposed: Option<(AccountId, DecisionBody)>,
    state: Stored,
}

/// A state as the record keeps it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Stored {
    Waiting,
    Claimed { by: AccountId, until: Timestamp },
    Decided { by: AccountId, decision: DecisionBody, effective_at: Timestamp },
    Closed { outcome: OutcomeName, by: Option<AccountId>, decision: Option<DecisionBody>, at: Timestamp },
}

/// A decision as the wire and the record write it.
pub fn body(decision: &Decision) -> DecisionBody {
    match decision.clone() {
        Decision::Release => DecisionBody::Release,
        Decision::Alter { text, reason, note, log } => {
            DecisionBody::Alter { text: text.as_str().into(), reason, note, log }
        }
        Decision::Reject { reason, note, log } => DecisionBody::Reject { reason, note, log },
        Decision::Rephrase { note } => DecisionBody::Rephrase { note },
        Decision::Escalate { log } => DecisionBody::Escalate { log },
        Decision::Note { log } => DecisionBody::Note { log },
    }
}

fn decision(body: DecisionBody) -> Decision {
    match body {
        DecisionBody::Release => Decision::Release,
        DecisionBody::Alter { text, reason, note, log } => {
            Decision::Alter { text: Text::from_record(text), reason, note, log }
        }
        DecisionBody::Reject { reason, note, log } => Decision::Reject { reason, note, log },
        DecisionBody::Rephrase { note } => Decision::Rephrase { note },
        DecisionBody::Escalate { log } => Decision::Escalate { log },
        DecisionBody::Note { log } => Decision::Note { log },
    }
}

/// What the sender of a decided message is told, out of the `data` of its item; nothing once it was erased.
pub(super) fn note_of(data: &str) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct OnlyState {
        state: Stored,
    }
    let OnlyState { state } = serde_json::from_str(data).map_err(|e| StoreError::new("read an item", e))?;
    let made = match state {
        Stored::Waiting | Stored::Claimed { .. } => None,
        Stored::Decided { decision, .. } => Some(decision),
        Stored::Closed { decision, .. } => decision,
    };
    let note = match made {
        Some(DecisionBody::Alter { note, .. }) => note,
        Some(DecisionBody::Reject { note, .. } | DecisionBody::Rephrase { note }) => Some(note),
        Some(DecisionBody::Release | DecisionBody::Escalate { .. } | DecisionBody::Note { .. }) | None => None,
    };
    Ok(note.filter(|note| !note.is_empty()))
}

impl From<&State> for Stored {
    fn from(state: &State) -> Self {
        match state {
            State::Waiting => Stored::Waiting,
            State::Claimed { by, until } => Stored::Claimed { by: *by, until: *until },
            State::Decided { by, decision, effective_at } => {
                Stored::Decided { by: *by, decision: body(decision), effective_at: *effective_at }
            }
            State::Closed { outcome, decided, at } => Stored::Closed {
                outcome: *outcome,
                by: decided.as_ref().map(|(by, _)| *by),
                decision: decided.as_ref().map(|(_, decision)| body(decision)),
                at: *at,
            },
        }
    }
}

impl From<Stored> for State {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Waiting => State::Waiting,
            Stored::Claimed { by, until } => State::Claimed { by, until },
            Stored::Decided { by, decision: made, effective_at } => {
                State::Decided { by, decision: decision(made), effective_at }
            }
            Stored::Closed { outcome, by, decision: made, at } => {
                State::Closed { outcome, decided: by.zip(made.map(decision)), at }
            }
        }
    }
}

const ITEM: &str = "SELECT item.id AS id, item.message AS message, item.conversation AS conversation, item.site AS site,
    item.sender AS sender, item.version AS version, item.severity AS severity, item.held_at AS held_at, item.data AS data,
    (SELECT text FROM message WHERE message.sender = item.sender AND message.cid = item.cid) AS text FROM item";

fn item(row: &Row<'_>) -> Result<Item, StoreError> {
    let data = row.text("data")?;
    let data: Data = serde_json::from_str(data).map_err(|e| StoreError::new("read an item", e))?;
    let severity =
        Severity::from_level(row.get("severity")?).ok_or_else(|| StoreError::new("severity", "out of range"))?;
    Ok(Item {
        id: id(row, "id")?,
        version: row.get("version")?,
        site: id(row, "site")?,
        conversation: id(row, "conversation")?,
        message: id(row, "message")?,
        from: id(row, "sender")?,
        text: Text::from_record(row.get::<Option<String>>("text")?.unwrap_or_else(|| ERASED.into())),
        held_at: Timestamp(row.get("held_at")?),
        due_at: data.due_at,
        escalate_at: data.escalate_at,
        expire_at: data.expire_at,
        answer_by: data.answer_by,
        severity,
        rules: data.rules,
        findings: data.findings,
        tier: data.tier,
        ringing: data.ringing,
        withdrawn: data.withdrawn,
        second: data.second,
        proposed: data.proposed.map(|(by, made)| (by, decision(made))),
        state: data.state.into(),
    })
}

/// An item as a score-card reads it.
pub(super) fn judged(row: &Row<'_>) -> Result<Judged, StoreError> {
    let data: Data = serde_json::from_str(row.text("data")?).map_err(|e| StoreError::new("read an item", e))?;
    let rules = data.findings.into_iter().map(|finding| (finding.rule, finding.severity == Severity::Urgent));
    let (outcome, closed_at) = match data.state {
        Stored::Closed { outcome, at, .. } => (Some(outcome), Some(at)),
        Stored::Waiting | Stored::Claimed { .. } | Stored::Decided { .. } => (None, None),
    };
    Ok(Judged { rules: rules.collect(), outcome, held_at: Timestamp(row.get("held_at")?), closed_at })
}

/// An item as oversight reads it.
pub(super) fn handled(row: &Row<'_>) -> Result<Handled, StoreError> {
    let data: Data = serde_json::from_str(row.text("data")?).map_err(|e| StoreError::new("read an item", e))?;
    let (ended, by) = match data.state {
        Stored::Closed { outcome, by, at, .. } => (Some((outcome, at)), by),
        Stored::Waiting | Stored::Claimed { .. } | Stored::Decided { .. } => (None, None),
    };
    let severity =
        Severity::from_level(row.get("severity")?).ok_or_else(|| StoreError::new("severity", "out of range"))?;
    Ok(Handled { severity, held_at: Timestamp(row.get("held_at")?), due_at: data.due_at, ended, by })
}

impl Reader<'_> {
    /// The item of that id.
    pub fn item(&self, item_id: ItemId) -> Result<Option<Item>, StoreError> {
        self.one(&format!("{ITEM} WHERE item.id = ?1"), params![item_id.to_string()], item)
    }

    /// The item of that message.
    pub fn item_of(&self, message_id: MessageId) -> Result<Option<Item>, StoreError> {
        self.one(&format!("{ITEM} WHERE item.message = ?1"), params![message_id.to_string()], item)
    }

    /// A page of a queue after an item, in the order of the queue.
    pub fn items(
        &self,
        site: SiteId,
        which: OpenItems,
        after: Option<&Item>,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let site = site.to_string();
        let held_at = after.map(|item| item.held_at.0);
        let key = after.map(|item| item.id.to_string());
        match which {
            OpenItems::Open => {
                let sql = format!(
                    "{ITEM} WHERE item.site = ?1 AND item.state <> 'closed'
                     AND (CAST(?2 AS BIGINT) IS NULL OR (-item.severity, item.held_at, item.id) > (-CAST(?2 AS BIGINT), ?3, ?4))
                     ORDER BY item.severity DESC, item.held_at, item.id LIMIT ?5"
                );
                let severity = after.map(|item| item.severity.level());
                self.many(&sql, params![site, severity, held_at, key, limit], item)
            }
            OpenItems::Closed => {
                let sql = format!(
                    "{ITEM} WHERE item.site = ?1 AND item.state = 'closed'
                     AND (CAST(?2 AS BIGINT) IS NULL OR (-item.held_at, item.id) > (-CAST(?2 AS BIGINT), ?3))
                     ORDER BY item.held_at DESC, item.id LIMIT ?4"
                );
                self.many(&sql, params![site, held_at, key, limit], item)
            }
        }
    }

    /// Closed items of a site that were held since a moment and that a person released as they were, the newest first.
    pub fn released_since(&self, site: SiteId, since: Timestamp, limit: usize) -> Result<Vec<Item>, StoreError> {
        let sql = format!(
            "{ITEM} WHERE item.site = ?1 AND item.state = 'closed' AND item.held_at >= ?2
             AND item.data -> 'state' ->> 'outcome' = 'released' ORDER BY item.held_at DESC, item.id LIMIT ?3"
        );
        self.many(&sql, params![site.to_string(), since.0, limit], item)
    }

    /// What waits for a decision in all sites.
    pub fn waiting_now(&self) -> Result<Vec<WaitingNow>, StoreError> {
        let sql = "SELECT severity, count(*) AS many, min(held_at) AS oldest FROM item
             WHERE state <> 'closed' AND state <> 'decided' GROUP BY severity";
        self.many(sql, params![], |row| {
            let severity = Severity::from_level(row.get("severity")?);
            Ok(WaitingNow {
                severity: severity.ok_or_else(|| StoreError::new("severity", "out of range"))?,
                many: row.get("many")?,
                oldest: Timestamp(row.get("oldest")?),
            })
        })
    }

    /// Items that the clock must look at by now, the longest due first.
    pub fn due_items(&self, now: Timestamp, limit: usize) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2";
        self.many(sql, params![now.0, limit], |row| id(row, "id"))
    }

    /// When the clock must look next.
    pub fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT wake_at FROM item WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1";
        self.one(sql, params![], |row| Ok(Timestamp(row.get("wake_at")?)))
    }

    /// The items that an account holds.
    pub fn claimed_by(&self, account: AccountId) -> Result<Vec<ItemId>, StoreError> {
        self.many("SELECT id FROM item WHERE claimed_by = ?1", params![account.to_string()], |row| id(row, "id"))
    }

    /// The items of a conversation that are still open, or whose sender is still asked.
    pub fn open_items_of(&self, conversation: handrail_domain::ids::ConversationId) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT item.id AS id FROM message JOIN item ON item.message = message.id
                   WHERE message.conversation = ?1 AND message.seq IS NULL
                   AND (item.state <> 'closed' OR message.status = 'consent')";
        self.many(sql, params![conversation.to_string()], |row| id(row, "id"))
    }
}

impl Tx<'_> {
    /// Records an item as it is now, and what the log says of it. `cid` is that of its message.
    pub fn put_item(&mut self, item: &Item, event: Option<Event>) -> Result<(), StoreError> {
        self.put_item_until(item, event, item.wake_at())
    }

    /// The same, with another time for the clock to look again.
    pub fn put_item_until(
        &mut self,
        item: &Item,
        event: Option<Event>,
        wake_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let data = Data {
            due_at: item.due_at,
            escalate_at: item.escalate_at,
            expire_at: item.expire_at,
            answer_by: item.answer_by,
            rules: item.rules.clone(),
            findings: item.findings.clone(),
            tier: item.tier,
            ringing: item.ringing,
            withdrawn: item.withdrawn,
            second: item.second,
            proposed: item.proposed.as_ref().map(|(by, made)| (*by, body(made))),
            state: (&item.state).into(),
        };
        let data = serde_json::to_string(&data).map_err(|e| StoreError::new("write an item", e))?;
        let claimed_by = match &item.state {
            State::Claimed { by, .. } => Some(by.to_string()),
            State::Waiting | State::Decided { .. } | State::Closed { .. } => None,
        };
        self.run_beside("INSERT INTO item (id, message, conversation, site, sender, cid, version, state, severity, held_at, wake_at, claimed_by, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, (SELECT cid FROM message WHERE id = ?2 AND seq IS NULL), ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state,
                 wake_at = excluded.wake_at, claimed_by = excluded.claimed_by, data = excluded.data", params![
                item.id.to_string(),
                item.message.to_string(),
                item.conversation.to_string(),
                item.site.to_string(),
                item.from.to_string(),
                item.version,
                item.state_name().as_str(),
                item.severity.level(),
                item.held_at.0,
                wake_at.map(|t| t.0),
                claimed_by,
                data
            ])?;
        event.map_or(Ok(()), |event| self.append(event))
    }
}
