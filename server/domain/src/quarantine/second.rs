//! Where a site asks for it, two people must want a held message delivered before it is: the first proposes, the second agrees to the
//! same words. Nothing comes of a proposal by itself.

use super::{Decision, Item, State};
use crate::ids::AccountId;
use crate::policy::Moderator;

impl Item {
    /// What one person proposed, and still waits for a second to agree.
    pub fn proposal(&self) -> Option<(AccountId, &Decision)> {
        let waits = matches!(self.state, State::Waiting | State::Claimed { .. });
        self.proposed.as_ref().filter(|_| waits).map(|(by, made)| (*by, made))
    }

    /// Whether a decision by `who` would deliver what nobody else has agreed to yet. To keep a message back, one person is enough.
    pub(super) fn lacks_second(&self, decision: &Decision, who: Moderator) -> bool {
        let agreed = |(by, made): (AccountId, &Decision)| by != who.who() && made.delivers_the_same(decision);
        self.second && decision.delivers() && !self.proposal().is_some_and(agreed)
    }
}

impl Decision {
    /// Whether it delivers something.
    pub fn delivers(&self) -> bool {
        match self {
            Decision::Release | Decision::Alter { .. } => true,
            Decision::Reject { .. } | Decision::Rephrase { .. } | Decision::Escalate { .. } | Decision::Note { .. } => {
                false
            }
        }
    }

    /// Whether both deliver, and the same words.
    fn delivers_the_same(&self, other: &Decision) -> bool {
        match (self, other) {
            (Decision::Release, Decision::Release) => true,
            (Decision::Alter { text, .. }, Decision::Alter { text: same, .. }) => text == same,
            _ => false,
        }
    }
}
