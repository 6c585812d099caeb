//! The words for an item: its state, its outcome, what may be done with it and what was.

use serde::{Deserialize, Serialize};

/// An item's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the protocol")]
pub enum StateName {
    Waiting,
    Claimed,
    Decided,
    Closed,
}

impl StateName {
    /// The word in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            StateName::Waiting => "waiting",
            StateName::Claimed => "claimed",
            StateName::Decided => "decided",
            StateName::Closed => "closed",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Claimed, Self::Decided, Self::Closed].into_iter().find(|state| state.as_str() == word)
    }
}

/// How an item ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the protocol")]
pub enum OutcomeName {
    Released,
    Altered,
    Rejected,
    Rephrase,
    Withdrawn,
    Expired,
}

impl OutcomeName {
    /// Every outcome, in the order in which they are listed.
    pub const ALL: [OutcomeName; 6] = [
        OutcomeName::Released,
        OutcomeName::Altered,
        OutcomeName::Rejected,
        OutcomeName::Rephrase,
        OutcomeName::Withdrawn,
        OutcomeName::Expired,
    ];

    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeName::Released => "released",
            OutcomeName::Altered => "altered",
            OutcomeName::Rejected => "rejected",
            OutcomeName::Rephrase => "rephrase",
            OutcomeName::Withdrawn => "withdrawn",
            OutcomeName::Expired => "expired",
        }
    }

    /// The outcome of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What a reader may do with an item: the server says so, the screen shows those buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the protocol")]
pub enum ActName {
    Claim,
    Unclaim,
    Release,
    Alter,
    Reject,
    Rephrase,
    Escalate,
    Note,
    Undo,
    Acknowledge,
}

/// What happened to an item, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the protocol")]
pub enum ItemAct {
    Hold,
    Claim,
    Unclaim,
    Lapse,
    Decide,
    Propose,
    Undo,
    Escalate,
    Overdue,
    Acknowledge,
    Withdraw,
    Close,
}
