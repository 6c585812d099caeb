//! The log and the feeds that lead into it, as the store hands them out.

use handrail_domain::event::{Event, Hash, mark};
use handrail_domain::ids::{AccountId, LogN, Offset, SiteId};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Whose feed it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// An account's own list of events.
    Account(AccountId),
    /// A site's queue.
    Queue(SiteId),
}

impl Owner {
    /// The owner of that id, as the record has it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let account = text.parse().map(Owner::Account);
        account.or_else(|_| text.parse().map(Owner::Queue)).ok()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Account(id) => id.fmt(f),
            Owner::Queue(id) => id.fmt(f),
        }
    }
}

/// An event with its place in the log and in the feeds it entered.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its number.
    pub n: LogN,
    /// Its hash, which makes its mark.
    pub hash: Hash,
    /// What happened.
    pub event: Event,
    /// The feeds it entered, with its offset in each.
    pub feeds: Vec<(Owner, Offset)>,
}

impl Logged {
    /// Its mark in any feed.
    pub fn mark(&self) -> String {
        mark(&self.hash)
    }
}

/// An event as one feed holds it.
#[derive(Debug, Clone)]
pub struct FeedEntry {
    /// Its offset there.
    pub offset: Offset,
    /// Its mark.
    pub mark: String,
    /// What happened.
    pub event: Event,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) n: LogN,
    pub(super) hash: Hash,
}

/// A line of a feed on its way into the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) owner: Owner,
    pub(super) offset: Offset,
    /// The number in the log of the feed's line before it; 0 at the first, and wherever a place alone is enough.
    pub(super) before: LogN,
}

/// Where a feed ends: its last place, and what stands there. Zeros before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct End {
    pub(super) offset: Offset,
    pub(super) n: LogN,
}

/// The ends of feeds that the writer has seen. Dropped whenever a batch is lost, so that it never runs ahead of the record.
#[derive(Default)]
pub(super) struct Feeds {
    ends: HashMap<Owner, End>,
}

/// Feeds remembered at once; beyond it all are forgotten and read again as they are needed.
const FEEDS_MAX: usize = 100_000;

impl Feeds {
    pub(super) fn clear(&mut self) {
        self.ends.clear();
    }

    /// Those of these owners' feeds whose ends are not known, each once.
    pub(super) fn unknown(&mut self, owners: impl Iterator<Item = Owner>) -> Vec<Owner> {
        if self.ends.len() >= FEEDS_MAX {
            self.ends.clear();
        }
        let unknown: HashSet<Owner> = owners.filter(|owner| !self.ends.contains_key(owner)).collect();
        unknown.into_iter().collect()
    }

    pub(super) fn learn(&mut self, owner: Owner, end: End) {
        self.ends.insert(owner, end);
    }

    /// Enters a line of the log into a feed, at its next place. A feed whose end is not known begins.
    pub(super) fn enter(&mut self, owner: Owner, n: LogN) -> Entry {
        let end = self.ends.entry(owner).or_default();
        let before = end.n;
        *end = End { offset: end.offset + 1, n };
        Entry { owner, offset: end.offset, before }
    }
}
