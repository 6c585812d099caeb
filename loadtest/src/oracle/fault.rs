//! What can be wrong, and how it is counted. A fault names messages by number and by id, never by text.

use crate::plan::Nth;
use handrail_domain::ids::MessageId;
use std::fmt;

/// How many faults are kept word for word; all are counted.
const EXAMPLES_MAX: usize = 20;

/// Under which count of the report a fault falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Acknowledged, and gone.
    Lost,
    /// There twice.
    Duplicated,
    /// Not in the one order.
    Disordered,
    /// Somebody saw what nobody cleared for them.
    Unsafe,
    /// More than one decision on one item.
    DecidedTwice,
}

macro_rules! wrongs {
    ($($name:ident $kind:ident $words:literal;)*) => {
        /// One way to break a promise. The sentence of each is its documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Wrong { $(#[doc = $words] $name,)* }

        impl Wrong {
            /// Under which count it falls.
            pub fn kind(self) -> Kind {
                match self { $(Wrong::$name => Kind::$kind,)* }
            }

            /// What happened, in words.
            pub fn words(self) -> &'static str {
                match self { $(Wrong::$name => $words,)* }
            }
        }
    };
}

wrongs! {
    NotDelivered Lost "acknowledged or recorded as delivered, but its partner never saw it";
    NotEchoed Lost "acknowledged or recorded as delivered, but it never came back on its sender's feed";
    NotRecorded Lost "seen or acknowledged as delivered, but not in the history";
    HeldVanished Lost "acknowledged as held, but it is neither decided nor an open item";
    NotEffected Lost "decided, but the decision never took effect";
    SeenTwice Duplicated "came twice on one feed";
    OffsetRepeated Duplicated "an offset came twice on one feed";
    TwoMessages Duplicated "one client id made two messages";
    OffsetGap Disordered "an offset is missing on a feed";
    SeqGap Disordered "a seq is missing or repeated in a conversation";
    SeqDiffers Disordered "a seq names different messages for different readers";
    Undecided Unsafe "an unsafe or held text reached its partner without a decision made before";
    NotTheDecision Unsafe "its partner saw something else than was decided";
    TooEarly Unsafe "a decision took effect before its undo window was over";
    WrongText Unsafe "a text arrived that nobody said and nobody decided on";
    WrongPlace Unsafe "a text arrived in another conversation, or from another person, than it was said";
    Leaked Unsafe "a sender's own status or client id reached somebody else";
    DecidedTwice DecidedTwice "an item was decided more than once";
    OtherOutcome DecidedTwice "an item closed with another outcome than the decision that was confirmed";
}

/// One fault, with what it takes to find it in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub wrong: Wrong,
    /// The number of the message in the run.
    pub nth: Option<Nth>,
    /// Its id on the server.
    pub message: Option<MessageId>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wrong.words())?;
        if let Some(nth) = self.nth {
            write!(f, "; message number {nth} of the run")?;
        }
        self.message.map_or(Ok(()), |message| write!(f, "; {message}"))
    }
}

/// All that is wrong: every fault counted, the first ones kept.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    all: Vec<(Wrong, u64)>,
    /// The first ones.
    pub examples: Vec<Fault>,
}

impl Faults {
    /// Counts one.
    pub(super) fn add(&mut self, wrong: Wrong, nth: Option<Nth>, message: Option<MessageId>) {
        match self.all.iter_mut().find(|(had, _)| *had == wrong) {
            Some((_, count)) => *count += 1,
            None => self.all.push((wrong, 1)),
        }
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(Fault { wrong, nth, message });
        }
    }

    /// How many of a kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.all.iter().filter(|(wrong, _)| wrong.kind() == kind).map(|(_, count)| count).sum()
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.all.iter().map(|(_, count)| count).sum()
    }

    /// What was found, and how often.
    pub fn counts(&self) -> &[(Wrong, u64)] {
        &self.all
    }
}
