//! A held message as those see it who decide.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::from_client::DecisionBody;
use super::from_server::{ContextLine, Holder, Person};
use crate::finding::{Finding, Severity};
use crate::ids::{ConversationId, ItemId, MessageId, SiteId};
use crate::quarantine::{ActName, OutcomeName, StateName};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An item as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ItemView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub item: ItemId,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub site: SiteId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub conversation: ConversationId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    pub from: Person,
    pub to: Vec<Person>,
    pub text: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub held_at: Timestamp,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub due_at: Timestamp,
    pub severity: Severity,
    pub rules: String,
    pub findings: Vec<Finding>,
    pub state: StateName,
    pub claimed_by: Option<Holder>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub claimed_until: Option<Timestamp>,
    pub decided_by: Option<Holder>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub effective_at: Option<Timestamp>,
    pub outcome: Option<OutcomeName>,
    pub withdrawn: bool,
    pub tier: u8,
    pub ringing: bool,
    pub context: Vec<ContextLine>,
    pub acts: Vec<ActName>,
    /// Whether two people must want it delivered before it is. (Feature `second`.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub second: bool,
    /// What one of them decided. (Feature `second`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub proposed: Option<Proposal>,
}

/// What one supervisor decided, and a second must agree to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Proposal {
    pub by: Holder,
    pub decision: DecisionBody,
}

// A decision carries words: its `Debug` names who made it alone.
impl std::fmt::Debug for Proposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proposal(by {})", self.by.account)
    }
}
