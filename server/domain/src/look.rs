//! Second looks: somebody else says what they would have done with a message, without knowing what was done. Some messages are
//! drawn at random, of those that the filter let pass and of those that a person released; others are asked for, with a reason.
//! A look changes nothing of its message: what was delivered stays delivered. It says how good the filter and the decisions are.

use crate::finding::Category;
use crate::ids::{AccountId, ConversationId, ItemId, LookId, MessageId, SiteId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Messages older than this are not drawn, in milliseconds: seven days.
pub const DRAWN_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Why a decision is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LookReason {
    /// It was drawn at random.
    Sample,
    /// Its sender thinks that it was wrong.
    Appeal,
    /// Somebody of the team does.
    Doubt,
    /// More became known since.
    NewFacts,
}

impl LookReason {
    const ALL: [LookReason; 4] = [Self::Sample, Self::Appeal, Self::Doubt, Self::NewFacts];

    /// The word in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            LookReason::Sample => "sample",
            LookReason::Appeal => "appeal",
            LookReason::Doubt => "doubt",
            LookReason::NewFacts => "new_facts",
        }
    }

    /// The reason of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// What somebody would have done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// Deliver it as it was written.
    Deliver,
    /// Not deliver it as it was written.
    KeepBack,
}

impl Opinion {
    /// The word in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Opinion::Deliver => "deliver",
            Opinion::KeepBack => "keep_back",
        }
    }

    /// The opinion of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Deliver, Self::KeepBack].into_iter().find(|opinion| opinion.as_str() == word)
    }
}

/// What happened to a look, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAct {
    /// Somebody asked for it.
    Ask,
    /// Somebody was given it to read.
    Take,
    /// They said what they think.
    Say,
}

/// A second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its id.
    pub id: LookId,
    /// In which scheme.
    pub site: SiteId,
    /// Where the message was said.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// Its item; nothing, if the filter let it pass.
    pub item: Option<ItemId>,
    /// Why.
    pub reason: LookReason,
    /// Who asked; nobody, if it was drawn.
    pub asked_by: Option<AccountId>,
    /// When it was asked for or drawn.
    pub asked_at: Timestamp,
    /// Who looks.
    pub given_to: Option<AccountId>,
    /// What they think, and what the message is about in their eyes if they would keep it back.
    pub opinion: Option<(Opinion, Option<Category>)>,
    /// When they said so.
    pub said_at: Option<Timestamp>,
    /// Whether the message was delivered as it was written, by the filter or by a person.
    pub delivered: bool,
}

impl Look {
    /// Whether its reader would have done as was done; nothing before they said so.
    pub fn agrees(&self) -> Option<bool> {
        self.opinion.map(|(opinion, _)| (opinion == Opinion::Deliver) == self.delivered)
    }
}

/// Why a supervisor reads a whole conversation. One of few, so that it can be counted and stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadReason {
    /// To decide on a held message.
    Decide,
    /// Somebody may come to harm.
    Safeguarding,
    /// A party told the team something, or complained.
    Report,
    /// A second look at a decision.
    SecondLook,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_agrees_if_its_reader_would_have_done_as_was_done() {
        let look = |delivered, opinion| Look {
            id: LookId::from_bits(1),
            site: SiteId::from_bits(1),
            conversation: ConversationId::from_bits(1),
            message: MessageId::from_bits(1),
            item: None,
            reason: LookReason::Sample,
            asked_by: None,
            asked_at: Timestamp(0),
            given_to: None,
            opinion,
            said_at: None,
            delivered,
        };
        let keep = Some((Opinion::KeepBack, Some(Category::Abuse)));
        let deliver = Some((Opinion::Deliver, None));
        let cases = [(true, deliver, true), (true, keep, false), (false, keep, true), (false, deliver, false)];
        for (delivered, opinion, agrees) in cases {
            assert_eq!(look(delivered, opinion).agrees(), Some(agrees));
        }
        assert_eq!(look(true, None).agrees(), None);
    }

    #[test]
    fn a_word_reads_back() {
        assert!(LookReason::ALL.into_iter().all(|one| LookReason::parse(one.as_str()) == Some(one)));
        assert_eq!(Opinion::parse("keep_back"), Some(Opinion::KeepBack));
    }
}
