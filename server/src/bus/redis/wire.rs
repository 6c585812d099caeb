//! What nodes tell each other, as JSON, and the names of everything in Redis. Ids only: no text, no name.

use handrail_domain::ids::{AccountId, ConversationId, LogN, Seq, SiteId};
use handrail_domain::wire::Presence;
use serde::{Deserialize, Serialize};

/// A node's word to the others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// Who says it.
    pub(super) node: String,
    /// What.
    #[serde(flatten)]
    pub(super) said: Said,
}

/// What a node says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub(super) enum Said {
    /// The log goes up to here.
    Log { n: LogN },
    /// On this node, somebody came, went, or turned away.
    Presence { account: AccountId, state: Presence },
    /// Somebody writes, or stopped.
    Typing { conversation: ConversationId, account: AccountId, on: bool },
    /// Somebody has read up to here.
    Read { conversation: ConversationId, account: AccountId, seq: Seq },
    /// This node has joined, or has written its people anew: read them.
    Joined,
    /// Only for this node itself: is anything heard at all?
    Probe,
}

impl Said {
    /// Whether its loss leaves the others with a wrong idea of who is there.
    pub(super) fn is_about_people(&self) -> bool {
        match self {
            Said::Presence { .. } | Said::Joined => true,
            Said::Log { .. } | Said::Typing { .. } | Said::Read { .. } | Said::Probe => false,
        }
    }
}

/// The names in Redis. The record's epoch stands in all of them, so that two deployments on one Redis do not mix, and a record
/// that lost its past meets no stream of that past.
pub(super) struct Names {
    /// This node: new at every start, so that a restarted node inherits nothing.
    pub(super) node: String,
    /// The channel of log heads.
    pub(super) log: String,
    /// The channel of signals.
    pub(super) signal: String,
    /// The set of nodes.
    pub(super) nodes: String,
    /// The stream of checkpoints.
    pub(super) checkpoint: String,
    prefix: String,
}

impl Names {
    pub(super) fn new(epoch: &str, node: String) -> Self {
        let prefix = format!("handrail:{epoch}");
        Self {
            node,
            log: format!("{prefix}:log"),
            signal: format!("{prefix}:signal"),
            nodes: format!("{prefix}:nodes"),
            checkpoint: format!("{prefix}:checkpoint"),
            prefix,
        }
    }

    /// The supervisor channel of a site.
    pub(super) fn queue(&self, site: SiteId) -> String {
        format!("{}:queue:{site}", self.prefix)
    }

    /// The lease of a node.
    pub(super) fn lease(&self, node: &str) -> String {
        format!("{}:node:{node}", self.prefix)
    }

    /// The people of a node.
    pub(super) fn people(&self, node: &str) -> String {
        format!("{}:people:{node}", self.prefix)
    }
}
