//! What can be wrong with the record, in words. None of them carries a text, a name or a token.

use crate::ids::LogN;
use std::fmt;

/// What is wrong with the record, and at which line of the log that was seen first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line; nothing where no single line is at fault.
    pub n: Option<LogN>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n {
            Some(n) => write!(f, "line {n}: {}", self.fault),
            None => write!(f, "{}", self.fault),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself what it is, in `Display`")]
pub enum Fault {
    Gap { expected: LogN },
    Chain,
    Unreadable,
    Kind,
    NoDigest,
    NoMessage,
    OtherMessage,
    Text,
    Shown,
    Note,
    HalfErased,
    Status,
    Number,
    Undecided,
    NoItem,
    ItemAhead,
    ItemState,
    Epoch,
    Delivered { log: u64, record: u64 },
    Held { log: u64, record: u64 },
    Ended { log: u64, record: u64 },
    Decided { log: u64, record: u64 },
    Items { log: u64, record: u64 },
    Erased { log: u64, record: u64 },
    LastNumber,
    FeedGap,
    FeedEvent,
    FeedOwner,
    FeedLost,
    Feeds { log: u64, record: u64 },
    RecordEpoch,
    CheckpointSignature,
    CheckpointOrder,
    CheckpointHash,
    CheckpointEpoch,
    Cut { checkpoint: LogN, log: LogN },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self {
            Fault::Gap { expected } => {
                return write!(f, "line {expected} should stand here; a line is missing or was put in");
            }
            Fault::Chain => {
                "its hash does not follow from the line before it and from what it says: it, or its place, was changed"
            }
            Fault::Unreadable => "what it says cannot be read by this version",
            Fault::Kind => "its kind is not that of what it says",
            Fault::NoDigest => "it is about a text and has no digest of one, or the other way round",
            Fault::NoMessage => "the message that it is about is not in the record",
            Fault::OtherMessage => "the message that it is about is another one in the record",
            Fault::Text => "the text of its message is not the one that was said",
            Fault::Shown => "the text that was shown in place of its message is not the one that a supervisor wrote",
            Fault::Note => "the note to its sender is not the one that a supervisor wrote",
            Fault::HalfErased => "the text of its message was taken out in part, which no erasure does",
            Fault::Status => "the record says otherwise what became of its message",
            Fault::Number => "the record says another number of its message",
            Fault::Undecided => "its message was held and is delivered without a decision that the record knows",
            Fault::NoItem => "the item that it is about is not in the record, or belongs to another message",
            Fault::ItemAhead => "the log knows a later version of its item than the record",
            Fault::ItemState => "the record says otherwise where its item is",
            Fault::Epoch => {
                "its epoch does not follow from the one before, or it names another line than the one before it"
            }
            Fault::Delivered { log, record } => return differ(f, "delivered messages", *log, *record),
            Fault::Held { log, record } => return differ(f, "held messages", *log, *record),
            Fault::Ended { log, record } => return differ(f, "held messages that ended undelivered", *log, *record),
            Fault::Decided { log, record } => return differ(f, "messages delivered by a decision", *log, *record),
            Fault::Items { log, record } => return differ(f, "changes of items", *log, *record),
            Fault::Erased { log, record } => return differ(f, "erased texts", *log, *record),
            Fault::LastNumber => {
                "a conversation's last number is not that of its last message, or its messages have a gap"
            }
            Fault::FeedGap => "a feed has a gap, or goes back",
            Fault::FeedEvent => "a feed points at a line that the log does not have",
            Fault::FeedOwner => "a feed points at a line that is not for its owner",
            Fault::FeedLost => "a feed has lines to which nothing leads",
            Fault::Feeds { log, record } => return differ(f, "places in feeds", *log, *record),
            Fault::RecordEpoch => "the record's epoch is not the last one that the log names",
            Fault::CheckpointSignature => "a checkpoint is not signed with the key, or was changed",
            Fault::CheckpointOrder => "checkpoints are not in order: their numbers or times go back within one epoch",
            Fault::CheckpointHash => "the log has another hash here than the checkpoint: the log was written anew",
            Fault::CheckpointEpoch => "a checkpoint names an epoch that the log does not know",
            Fault::Cut { checkpoint, log } => {
                return write!(f, "a checkpoint saw line {checkpoint}, and the log ends at {log}: its end was cut off");
            }
        };
        f.write_str(said)
    }
}

fn differ(f: &mut fmt::Formatter<'_>, what: &str, log: u64, record: u64) -> fmt::Result {
    if log == record {
        return write!(f, "the log and the record have {log} {what} each, but not the same ones");
    }
    write!(f, "the log has {log} {what}, the record {record}")
}
