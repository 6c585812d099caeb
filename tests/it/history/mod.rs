//! What everybody did and saw, and whether it may have been. Clients write down each thing that they ask, when, and how it was
//! answered; each message that their sockets were told; afterwards everything is read back. [`faults`] says in words what of
//! that cannot be. It looks at nothing but what it is given, and is itself tried on histories with one fault in each.

mod planted;
mod read_back;
mod rules;
mod tables;

pub(crate) use read_back::read_back;
pub(crate) use tables::{Record, chain_of, log_of};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How an ask ended for the one who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came<T> {
    /// The answer was yes: it is durable.
    Ok(T),
    /// The answer was a refusal, with this code.
    No(String),
    /// There was no answer, or one that says "perhaps": it may or may not have happened.
    Unknown,
}

/// When somebody asked and when they knew the answer, since the history began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) asked: Duration,
    pub(crate) answered: Duration,
}

/// A message that somebody said, once; the same under the same client id is another of these.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) by: String,
    pub(crate) conversation: String,
    pub(crate) cid: String,
    pub(crate) text: String,
    /// It is of the kind that must be held.
    pub(crate) bad: bool,
    pub(crate) span: Span,
    pub(crate) came: Came<Taken>,
}

/// The answer to a message: its id, and its number if it was delivered at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) message: String,
    pub(crate) seq: Option<u64>,
}

/// A decision that a supervisor asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ruling {
    pub(crate) by: String,
    pub(crate) item: String,
    /// The version that they decided on.
    pub(crate) version: u64,
    /// Released, and not rejected.
    pub(crate) release: bool,
    pub(crate) span: Span,
    pub(crate) came: Came<()>,
}

/// A message that a device was told, in the order in which it was told.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) by: String,
    pub(crate) conversation: String,
    pub(crate) seq: u64,
    pub(crate) message: String,
    pub(crate) text: String,
    pub(crate) at: Duration,
}

/// What everybody did and saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) sent: Vec<Sent>,
    pub(crate) rulings: Vec<Ruling>,
    pub(crate) seen: Vec<Seen>,
}

/// A delivered message, as one party's history page has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) seq: u64,
    pub(crate) message: String,
    pub(crate) text: String,
}

/// An item as a supervisor reads it at the end.
#[derive(Debug, Clone)]
pub(crate) struct ItemNow {
    pub(crate) item: String,
    pub(crate) message: String,
    pub(crate) version: u64,
    /// `waiting claimed decided closed`.
    pub(crate) state: String,
    pub(crate) outcome: String,
    pub(crate) decided_by: String,
}

/// A message as the record's table has it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) message: String,
    pub(crate) conversation: String,
    pub(crate) status: String,
    pub(crate) seq: Option<u64>,
}

/// A line of the log, as far as it is about messages and items.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) n: u64,
    /// `message.delivered`, `message.held`, `item`, …
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) actor: String,
    /// Of a delivery: its number.
    pub(crate) seq: Option<u64>,
    /// Of an item's change: which, its version after it, and what was done.
    pub(crate) item: String,
    pub(crate) version: u64,
    pub(crate) act: String,
}

/// Everything that is read when the faults are over. People go by their names for signing in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Afterwards {
    /// The two of each conversation.
    pub(crate) parties: BTreeMap<String, Vec<String>>,
    /// What each party reads in their conversation, oldest first.
    pub(crate) pages: BTreeMap<(String, String), Vec<Shown>>,
    /// Every item, open and closed, as the supervisors' pages have them.
    pub(crate) items: Vec<ItemNow>,
    pub(crate) rows: Vec<Row>,
    pub(crate) log: Vec<Line>,
    /// What the check of the log's chain said, if anything.
    pub(crate) broken_chain: Option<String>,
    /// The items that somebody could take, or had already.
    pub(crate) claimable: BTreeSet<String>,
}

/// All that cannot be, in words; nothing if all is well.
pub(crate) fn faults(history: &History, after: &Afterwards) -> Vec<String> {
    let rules: [fn(&History, &Afterwards) -> Vec<String>; 9] = [
        rules::what_was_acknowledged_is_there,
        rules::a_message_is_taken_once,
        rules::everybody_sees_one_order,
        rules::what_was_said_later_comes_later,
        rules::nothing_bad_crosses_undecided,
        rules::an_item_is_decided_once,
        rules::an_answer_stays_the_answer,
        rules::the_log_and_the_tables_agree,
        rules::what_is_open_can_be_taken,
    ];
    rules.iter().flat_map(|rule| rule(history, after)).collect()
}

/// Fails with everything that cannot be.
#[track_caller]
pub(crate) fn assert_sound(history: &History, after: &Afterwards) {
    let found = faults(history, after);
    assert!(found.is_empty(), "{} faults:\n  {}", found.len(), found[..found.len().min(20)].join("\n  "));
}
