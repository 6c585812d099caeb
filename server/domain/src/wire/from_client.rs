//! What a client may say, and how it is read: known op, known fields, right types, or a refusal that says which it was.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use crate::finding::Category;
use crate::ids::{Cid, ConversationId, ItemId, MessageId, NotAnId, Offset, Seq, SiteId};
use serde::{Deserialize, Deserializer, Serialize};

/// Where a client wants its feed to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The record's epoch, which a restore changes.
    pub epoch: String,
    /// The last offset that was seen.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub offset: Offset,
    /// The mark that came with it.
    pub mark: String,
}

/// A decision as it is asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionBody {
    /// Deliver it as it is.
    Release,
    /// Deliver another text in its place.
    Alter {
        text: String,
        reason: Reason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        note: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        log: Option<String>,
    },
    /// Do not deliver it.
    Reject {
        reason: Reason,
        note: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        log: Option<String>,
    },
    /// Do not deliver it; ask the sender to say it differently.
    Rephrase { note: String },
    /// Hand it to the next tier.
    Escalate { log: String },
    /// Close a withdrawn item.
    Note { log: String },
}

/// Why a message was altered or not passed on: to count, and to tell its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Abuse,
    Hate,
    Threat,
    SelfHarm,
    Sexual,
    Drugs,
    Offending,
    ContactDetails,
    Meeting,
    Money,
    Secrecy,
    Restricted,
    Privacy,
    Other,
}

impl From<Category> for Reason {
    fn from(category: Category) -> Self {
        match category {
            Category::Abuse => Reason::Abuse,
            Category::Hate => Reason::Hate,
            Category::Threat => Reason::Threat,
            Category::SelfHarm => Reason::SelfHarm,
            Category::Sexual => Reason::Sexual,
            Category::Drugs => Reason::Drugs,
            Category::Offending => Reason::Offending,
            Category::ContactPhone
            | Category::ContactEmail
            | Category::ContactHandle
            | Category::ContactAddress
            | Category::ContactUrl => Reason::ContactDetails,
            Category::Meet => Reason::Meeting,
            Category::Money => Reason::Money,
            Category::Secrecy => Reason::Secrecy,
            Category::Restricted => Reason::Restricted,
            Category::Drift | Category::Filter => Reason::Other,
        }
    }
}

/// Why somebody tells the supervisors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    Unsafe,
    Upset,
    ChangeMentor,
    Other,
}

impl ReportReason {
    /// Every reason, for tables and tests.
    pub const ALL: [ReportReason; 4] =
        [ReportReason::Unsafe, ReportReason::Upset, ReportReason::ChangeMentor, ReportReason::Other];

    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ReportReason::Unsafe => "unsafe",
            ReportReason::Upset => "upset",
            ReportReason::ChangeMentor => "change_mentor",
            ReportReason::Other => "other",
        }
    }

    /// The reason of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A frame from a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromClient {
    /// The first frame.
    Hello {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        resume: Option<Resume>,
    },
    /// Say something.
    Send {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        cid: Cid,
        text: String,
    },
    /// Take back one's own held message.
    Withdraw {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        message: MessageId,
    },
    /// Accept or decline an altered text.
    Answer {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        message: MessageId,
        accept: bool,
    },
    /// Read up to here.
    Read {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        seq: Seq,
    },
    /// Writing, or not any more.
    Typing {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        on: bool,
    },
    /// This device is in the background, or back.
    Away { on: bool },
    /// Tell the supervisors. The words may be empty: the reason alone says enough.
    Report {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        cid: Cid,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        reason: ReportReason,
        text: String,
        pause: bool,
    },
    /// Watch the live queue of a site.
    Watch {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        queue: SiteId,
    },
    /// Watch it no longer.
    Unwatch {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        queue: SiteId,
    },
    /// Take an item, or keep it.
    Claim {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        item: ItemId,
    },
    /// Give an item back.
    Unclaim {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        item: ItemId,
    },
    /// Decide on an item that one holds.
    Decide {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        item: ItemId,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        version: u64,
        decision: DecisionBody,
    },
    /// Take a decision back while that is possible.
    Undo {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        item: ItemId,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        version: u64,
    },
    /// Somebody is on it: stop the ringing.
    Acknowledge {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        item: ItemId,
    },
    /// End a pause.
    Lift {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
    },
    /// Seen up to here; advisory.
    Ack {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        offset: Offset,
    },
    /// Are you there?
    Ping {},
    /// I am here.
    Pong {},
}

/// Why a frame was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadFrame {
    /// It cannot be read at all: `bad_frame` without an id, and the socket closes.
    Unreadable,
    /// A known op with wrong or unknown fields: `bad_frame` with its id, and the socket stays.
    Fields(Option<u64>),
    /// A known op about something whose id is none that we gave: to its asker, ids are opaque, so it is as absent as any other.
    NoSuchThing(Option<u64>),
    /// An op that is not known here: `unknown_op`, and the socket stays.
    UnknownOp(Option<u64>),
}

impl FromClient {
    /// Its op, as it stands on the wire.
    pub fn op(&self) -> &'static str {
        match self {
            FromClient::Hello { .. } => "hello",
            FromClient::Send { .. } => "send",
            FromClient::Withdraw { .. } => "withdraw",
            FromClient::Answer { .. } => "answer",
            FromClient::Read { .. } => "read",
            FromClient::Typing { .. } => "typing",
            FromClient::Away { .. } => "away",
            FromClient::Report { .. } => "report",
            FromClient::Watch { .. } => "watch",
            FromClient::Unwatch { .. } => "unwatch",
            FromClient::Claim { .. } => "claim",
            FromClient::Unclaim { .. } => "unclaim",
            FromClient::Decide { .. } => "decide",
            FromClient::Undo { .. } => "undo",
            FromClient::Acknowledge { .. } => "acknowledge",
            FromClient::Lift { .. } => "lift",
            FromClient::Ack { .. } => "ack",
            FromClient::Ping {} => "ping",
            FromClient::Pong {} => "pong",
        }
    }
}

/// The ops that [`FromClient`] has.
const OPS: [&str; 19] = [
    "hello",
    "send",
    "withdraw",
    "answer",
    "read",
    "typing",
    "away",
    "report",
    "watch",
    "unwatch",
    "claim",
    "unclaim",
    "decide",
    "undo",
    "acknowledge",
    "lift",
    "ack",
    "ping",
    "pong",
];

/// What is read of a frame before its fields are.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    op: std::borrow::Cow<'a, str>,
    #[serde(default, deserialize_with = "id_or_nothing")]
    id: Option<u64>,
}

/// An id of the wrong type is no id: the answer then goes without one.
fn id_or_nothing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(serde_json::Value::deserialize(from)?.as_u64())
}

/// Reads one text frame of at most [`super::FRAME_BYTES_MAX`] bytes.
pub fn parse(frame: &str) -> Result<FromClient, BadFrame> {
    match serde_json::from_str(frame) {
        Ok(read) => Ok(read),
        Err(error) if error.is_data() => Err(which(frame, &error)),
        Err(_) => Err(BadFrame::Unreadable),
    }
}

/// Off the hot path: the frame is JSON, but not one of ours.
fn which(frame: &str, error: &serde_json::Error) -> BadFrame {
    // The whole must be JSON that can be read, lone surrogates included; an ignored field is not looked at that closely.
    if serde_json::from_str::<serde_json::Value>(frame).is_err() {
        return BadFrame::Unreadable;
    }
    match serde_json::from_str::<Head<'_>>(frame) {
        // What an id's parser said comes through serde as words alone.
        Ok(head) if OPS.contains(&head.op.as_ref()) && error.to_string().starts_with(&NotAnId.to_string()) => {
            BadFrame::NoSuchThing(head.id)
        }
        Ok(head) if OPS.contains(&head.op.as_ref()) => BadFrame::Fields(head.id),
        Ok(head) => BadFrame::UnknownOp(head.id),
        Err(_) => BadFrame::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(frame: &str, want: BadFrame) {
        assert_eq!(parse(frame).err(), Some(want), "{frame}");
    }

    #[test]
    fn a_known_op_with_wrong_or_unknown_fields_keeps_its_id() {
        check(r#"{"op":"send","id":7}"#, BadFrame::Fields(Some(7)));
        check(r#"{"op":"send","id":"7","x":1}"#, BadFrame::Fields(None));
        check(r#"{"op":"ping","extra":true}"#, BadFrame::Fields(None));
        check(r#"{"op":"hello","id":1,"resume":{"epoch":"a","offset":1,"mark":"b","x":1}}"#, BadFrame::Fields(Some(1)));
    }

    #[test]
    fn an_id_that_we_never_gave_names_nothing() {
        check(r#"{"id":3,"op":"withdraw","message":"c_x"}"#, BadFrame::NoSuchThing(Some(3)));
        check(r#"{"id":4,"op":"claim","item":""}"#, BadFrame::NoSuchThing(Some(4)));
        check(r#"{"id":5,"op":"send","conversation":"nonsense","cid":"m","text":"x"}"#, BadFrame::NoSuchThing(Some(5)));
        check(r#"{"id":6,"op":"claim","item":7}"#, BadFrame::Fields(Some(6)));
        check(
            r#"{"id":7,"op":"send","conversation":"nonsense","cid":"a b","text":"not an id"}"#,
            BadFrame::NoSuchThing(Some(7)),
        );
    }

    #[test]
    fn an_unknown_op_is_told_apart() {
        check(r#"{"op":"dance","id":9}"#, BadFrame::UnknownOp(Some(9)));
        check(r#"{"op":"","id":9,"message":"m"}"#, BadFrame::UnknownOp(Some(9)));
    }

    #[test]
    fn what_cannot_be_read_has_no_id() {
        for frame in
            ["", "{", "[]", "7", "\"x\"", r#"{"id":1}"#, r#"{"op":5}"#, r#"{"op":"send","id":1,"text":"\ud800"}"#]
        {
            check(frame, BadFrame::Unreadable);
        }
        check(r#"{"op":"dance","id":1,"text":"\ud800"}"#, BadFrame::Unreadable);
    }

    #[test]
    fn every_op_that_is_built_is_listed() {
        for op in OPS {
            assert_ne!(
                parse(&format!(r#"{{"op":"{op}","id":1,"none":0}}"#)).err(),
                Some(BadFrame::UnknownOp(Some(1))),
                "{op}"
            );
        }
    }

    #[test]
    fn the_word_of_a_reports_reason_is_the_one_on_the_wire() {
        for reason in ReportReason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
            assert_eq!(ReportReason::parse(reason.as_str()), Some(reason));
        }
    }

    proptest! {
        #[test]
        fn no_frame_makes_the_parser_panic(frame in "\\PC{0,120}") {
            let _ = parse(&frame);
        }
    }
}
