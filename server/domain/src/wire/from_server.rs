//! What the server says.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::from_client::{Reason, ReportReason};
use super::item::ItemView;
use crate::conversation::{ConversationState, Kind, MessageStatus};
use crate::finding::Finding;
use crate::ids::{AccountId, ArticleId, Cid, ConversationId, MessageId, Offset, ReportId, Seq, SiteId};
use crate::people::Role;
use crate::refusal::{Code, Scope};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// At least one device is in use.
    Online,
    /// All devices are in the background.
    Away,
    /// No device, for ten seconds or more.
    Offline,
}

/// How a feed goes on after `hello`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resumed {
    /// Nothing was missed.
    Live,
    /// What was missed follows, then a `live` frame.
    Replay,
    /// The cursor is of no use: read history over HTTP; the feed goes on from the head.
    Reset,
}

/// The one who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Me {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: AccountId,
    pub name: String,
    pub role: Role,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub site: SiteId,
    /// Other sites whose queues this supervisor may watch, since they share a rota. In `welcome` alone. (Feature `scheme`.)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<SharedQueue>>"))]
    pub shares: Vec<SharedQueue>,
}

/// A queue of another site that shares its rota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SharedQueue {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub site: SiteId,
    pub name: String,
}

/// Somebody in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PartyView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub presence: Presence,
}

/// Somebody named on an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Person {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub role: Role,
}

/// Who holds an item, or decided on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Holder {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
}

/// One's own held message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Pending {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub cid: Cid,
    pub text: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub sent_at: Timestamp,
    pub status: MessageStatus,
    /// What one is asked, while the status is `consent`. (Feature `consent`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub consent: Option<ConsentView>,
    /// How long it is likely to wait from now on, while the status is `held`; nobody is on duty, if absent. (Feature `expected_wait`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub expected_wait_s: Option<u64>,
}

/// What the sender of an altered message is asked: whether this may be delivered in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConsentView {
    pub text: String,
    pub reason: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub answer_by: Timestamp,
}

/// A conversation as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConversationView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ConversationId,
    pub kind: Kind,
    pub state: ConversationState,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub site: SiteId,
    pub parties: Vec<PartyView>,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub last_seq: Seq,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub read_seq: Seq,
    pub pending: Vec<Pending>,
    /// Whether the reader must confirm what they must know before they write. (Feature `scheme`.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub to_read: bool,
    /// Whether it is time to ask the reader whether this helps. (Feature `scheme`.)
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub asks: bool,
    /// What both are told while it is paused, or because it has ended. (Feature `scheme`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub words: Option<String>,
}

/// A message around an item, for the supervisor's eyes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ContextLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub from: AccountId,
    pub text: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    pub status: MessageStatus,
}

/// A crisis line or an article that helps at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HelpArticle {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ArticleId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub text: Option<String>,
}

/// A message that may be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MessageView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub conversation: ConversationId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub seq: Seq,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub from: AccountId,
    pub text: String,
    pub altered: bool,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub sent_at: Timestamp,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub delivered_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub cid: Option<Cid>,
}

/// What became of one's own message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StatusView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub conversation: ConversationId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub cid: Cid,
    pub status: MessageStatus,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub sent_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub expected_wait_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub seq: Option<Seq>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub altered: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub answer_by: Option<Timestamp>,
}

/// What a party told the supervisors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReportView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ReportId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub conversation: ConversationId,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub from: AccountId,
    /// Their name and role. (Feature `report`.)
    pub name: String,
    pub role: Role,
    pub reason: ReportReason,
    pub text: String,
    pub pause: bool,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
}

/// What an event says. On the wire its fields stand beside `op`, `offset` and `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A message that may be seen.
    Message(MessageView),
    /// What became of one's own message.
    Status(StatusView),
    /// Help, at once.
    Help {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        message: MessageId,
        articles: Vec<HelpArticle>,
    },
    /// A relationship began or changed.
    Conversation { conversation: ConversationView },
    /// An item as it is now. In a queue's feed only.
    Item { item: Box<ItemView> },
    /// A report. In a queue's feed only.
    Report { report: ReportView },
}

/// The bounds that a client must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Limits {
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub frame_bytes: u64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub text_chars: u64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub unanswered: u64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub replay_max: u64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub pong_ms: u64,
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Welcome {
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub id: u64,
    pub account: Me,
    pub conversations: Vec<ConversationView>,
    pub epoch: String,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub head: Offset,
    pub mark: String,
    pub resume: Resumed,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub heartbeat_ms: u64,
    pub limits: Limits,
    /// When the site's team is there, in the site's words. (Feature `expected_wait`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub hours: Option<String>,
    pub features: Vec<String>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub now: Timestamp,
    pub build: String,
}

/// What an `ok` may carry beside its id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OkBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub message: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub status: Option<MessageStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub seq: Option<Seq>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub duplicate: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub queue: Option<SiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
    pub head: Option<Offset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub item: Option<Box<ItemView>>,
    /// What the rules saw in an altered text: for the supervisor's eyes, never a bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub findings: Option<Vec<Finding>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub report: Option<ReportId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
    pub conversation: Option<ConversationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub state: Option<ConversationState>,
}

/// A frame from the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum FromServer {
    /// The answer to `hello`.
    Welcome(Box<Welcome>),
    /// Something happened, in the account's feed (with `mark`) or in a queue's (with `queue`).
    Event {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "string"), schemars(with = "Option<String>"))]
        queue: Option<SiteId>,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        offset: Offset,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        mark: Option<String>,
        #[serde(flatten)]
        #[cfg_attr(test, ts(flatten))]
        body: EventBody,
    },
    /// The replay is over.
    Live {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        head: Offset,
        mark: String,
    },
    /// Somebody came or went. May be lost.
    Presence {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        account: AccountId,
        state: Presence,
    },
    /// Somebody writes. May be lost.
    Typing {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        account: AccountId,
        on: bool,
    },
    /// Another of one's own devices has read up to here. May be lost. (Feature `read`.)
    Read {
        #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
        conversation: ConversationId,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        seq: Seq,
    },
    /// Done, and durable.
    Ok {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        id: u64,
        #[serde(flatten)]
        #[cfg_attr(test, ts(flatten))]
        body: OkBody,
    },
    /// Not done.
    Err {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
        id: Option<u64>,
        code: Code,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        scope: Option<Scope>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"), schemars(with = "Option<i64>"))]
        retry_after_ms: Option<u64>,
        temporary: bool,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        item: Option<Box<ItemView>>,
    },
    /// The heads, so that a quiet loss shows within one heartbeat.
    Ping {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        head: Offset,
        mark: String,
        #[cfg_attr(test, ts(type = "Record<string, number>"), schemars(with = "BTreeMap<String, i64>"))]
        queues: BTreeMap<SiteId, Offset>,
    },
    /// I am here.
    Pong {},
    /// Just before the close.
    Bye {
        code: u16,
        reason: String,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        reconnect_after_ms: u64,
    },
}
