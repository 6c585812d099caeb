//! What staff see beside the queue: who is on duty, what stands behind an item, second looks, and how the queue has done.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::from_client::DecisionBody;
use super::from_server::{ContextLine, Holder, Person};
use crate::conversation::MessageStatus;
use crate::finding::{Category, Severity};
use crate::ids::{AccountId, ConversationId, ItemId, LookId, MessageId};
use crate::look::{LookReason, Opinion, ReadReason};
use crate::oversight::Looks;
use crate::people::Role;
use crate::quarantine::OutcomeName;
use crate::score::Score;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /api/duty`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct DutyPage {
    /// Who is on duty, and whether their device is connected.
    pub on: Vec<OnDuty>,
    /// One's own shift.
    pub mine: Option<OnDuty>,
    /// Supervisors whose device is connected, on duty or not.
    pub connected: usize,
    pub waiting: Waiting,
    /// What the last shifts left, the newest first.
    pub handovers: Vec<Handover>,
    /// What one's own note should speak of.
    pub left: Left,
}

/// Somebody on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OnDuty {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub tier: u8,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub since: Timestamp,
    pub connected: bool,
}

/// What waits in the queue of one's own site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Waiting {
    pub open: usize,
    pub ringing: usize,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub oldest: Option<Timestamp>,
}

/// What a shift left to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Handover {
    pub name: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    pub note: String,
}

/// What is still open when a shift ends: names and times, no words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Left {
    /// The most urgent first, fifty at most.
    pub open: Vec<LeftItem>,
    /// Parties of conversations that are paused.
    pub paused: Vec<String>,
    /// Reports that came since one's shift began.
    pub reports: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LeftItem {
    pub severity: Severity,
    pub from: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub held_at: Timestamp,
    pub tier: u8,
    pub held_by: Option<String>,
}

/// `POST /api/duty`: one is on duty from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StartShift {
    pub tier: u8,
}

/// `POST /api/duty/finish`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FinishShift {
    /// To those who come next.
    pub note: String,
}

/// `GET /api/items/{item}/background`: what a supervisor may know who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Background {
    /// What was said before it, oldest first: more than the item carries.
    pub before: Vec<ContextLine>,
    pub restrictions: Vec<RestrictionFact>,
    /// Its sender first.
    pub people: Vec<PersonFacts>,
    /// Reports about this conversation in ninety days.
    pub reports: usize,
    /// Other items of this conversation that are open.
    #[cfg_attr(test, ts(type = "string[]"), schemars(with = "Vec<String>"))]
    pub also_open: Vec<ItemId>,
    pub rings: Vec<RingView>,
    /// What was decided, once it was.
    pub decided: Option<Decided>,
    /// Looks that somebody asked for at this decision, and what was said.
    pub looks: Vec<LookFact>,
}

/// A restricted term in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RestrictionFact {
    pub term: String,
    pub reason: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub until: Timestamp,
}

/// What is known of a party in this conversation, in ninety days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PersonFacts {
    pub person: Person,
    pub held: usize,
    pub released: usize,
    /// Altered, rejected, or sent back to be said differently.
    pub kept_back: usize,
    /// The last decisions on what they said, the newest first.
    pub last: Vec<PastDecision>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PastDecision {
    pub outcome: OutcomeName,
    pub severity: Severity,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
}

/// That an item rang, whom, and who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RingView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    pub tier: u8,
    pub rung: Vec<String>,
    pub answered_by: Option<String>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub answered_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LookFact {
    pub reason: LookReason,
    pub asked_by: Option<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub asked_at: Timestamp,
    pub said_by: Option<String>,
    pub opinion: Option<Opinion>,
    pub category: Option<Category>,
    pub agrees: Option<bool>,
}

/// `POST /api/conversations/{id}/read`: a supervisor reads what was said there, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadAsked {
    pub reason: ReadReason,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub before: Option<String>,
}

/// All that was said, whatever became of it, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReadPage {
    pub people: Vec<Person>,
    pub lines: Vec<ReadLine>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReadLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub from: AccountId,
    pub text: String,
    /// What was shown in its place.
    pub shown: Option<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    pub status: MessageStatus,
    pub decided: Option<Decided>,
}

/// A decision, and who made it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Decided {
    pub by: Holder,
    pub decision: DecisionBody,
    /// Who proposed it, where two had to agree.
    pub proposed_by: Option<Holder>,
}

// A decision carries words: its `Debug` names who made it alone.
impl std::fmt::Debug for Decided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decided(by {})", self.by.account)
    }
}

/// `POST /api/looks`: a message to give a second opinion on. What was done with it is not said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LookView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: LookId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub conversation: ConversationId,
    pub from: Person,
    pub to: Vec<Person>,
    pub text: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    pub before: Vec<ContextLine>,
    /// Whether somebody asked for it, and so knows that it was held.
    pub asked: bool,
}

/// `POST /api/looks/{id}`: what one would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LookSaid {
    pub opinion: Opinion,
    /// What the message is about, if one would keep it back.
    pub category: Option<Category>,
}

/// What was done, told once one has said what one would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LookTold {
    pub agrees: bool,
    /// Whether the filter let it pass.
    pub passed: bool,
    pub outcome: Option<OutcomeName>,
    pub by: Option<String>,
}

/// `POST /api/items/{item}/look`: somebody else shall look at a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LookAsked {
    pub reason: LookReason,
}

/// `GET /api/oversight`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OversightPage {
    pub days: u32,
    pub held: usize,
    pub waits: Vec<SeverityWaits>,
    /// The hours of the day at which something was held.
    pub hours: Vec<HourWaits>,
    pub outcomes: Vec<OutcomeCount>,
    pub looks: Looks,
    /// By name, not by number.
    pub people: Vec<PersonLoad>,
    pub rules: Vec<Score>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SeverityWaits {
    pub severity: Severity,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub target_ms: i64,
    pub waits: WaitsView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HourWaits {
    pub hour: u8,
    pub waits: WaitsView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct WaitsView {
    pub held: usize,
    pub decided: usize,
    pub in_time: usize,
    #[cfg_attr(test, ts(type = "number | null"), schemars(with = "Option<i64>"))]
    pub p50_ms: Option<i64>,
    #[cfg_attr(test, ts(type = "number | null"), schemars(with = "Option<i64>"))]
    pub p95_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OutcomeCount {
    pub outcome: OutcomeName,
    pub count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PersonLoad {
    pub name: String,
    pub role: Role,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub on_duty_ms: i64,
    pub decided: usize,
    pub serious: usize,
}
