//! The log's lines. Every act appends events, numbered without gap and chained by hash, in the transaction of the act; audit,
//! feeds, the supervisor channel and catch-up all read them. An event says who is told: accounts, and the site's queue.

mod acts;

pub use acts::{AccountAct, ConversationAct, HoldAct, RestrictionAct, SessionAct};

use crate::article::ArticleAct;
use crate::conversation::MessageStatus;
use crate::duty::ShiftAct;
use crate::ids::{
    AccountId, ArticleId, Cid, ConversationId, ErasureId, GlassId, HoldId, ItemId, LogN, LookId, MessageId, PaperId,
    ReportId, RestrictionId, Seq, ShiftId, SiteId,
};
use crate::look::{LookAct, Opinion, ReadReason};
use crate::quarantine::{Item, ItemAct};
use crate::scheme::glass::GlassAct;
use crate::scheme::invite::InviteAct;
use crate::scheme::paper::{PaperAct, PaperKind};
use crate::text::{Cleared, Text};
use crate::time::Timestamp;
use crate::wire::{Reason, ReportReason};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which scheme.
    pub site: SiteId,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// About which message.
    pub message: Option<MessageId>,
    /// Who did it; nobody if the clock did.
    pub actor: Option<AccountId>,
    /// Whose feeds it enters.
    pub accounts: Vec<AccountId>,
    /// Whether it enters the site's queue.
    pub queue: bool,
    /// What.
    pub what: What,
}

/// What happened. Texts are not part of the log: the record holds them beside it, and the log their salted digests, so that
/// erasing a text keeps the chain. A text that is absent here was erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind")]
#[expect(missing_docs, reason = "each variant says what happened; its fields are named as on the wire")]
pub enum What {
    /// A message may be seen by all parties.
    #[serde(rename = "message.delivered")]
    Delivered {
        seq: Seq,
        from: AccountId,
        cid: Cid,
        altered: bool,
        sent_at: Timestamp,
        #[serde(skip)]
        text: Option<Cleared>,
    },
    /// A message waits for a supervisor. To its sender.
    #[serde(rename = "message.held")]
    Held {
        cid: Cid,
        item: ItemId,
        sent_at: Timestamp,
        expected_wait_s: Option<u64>,
        #[serde(skip)]
        text: Option<Text>,
    },
    /// A crisis rule matched. To the sender, at once.
    #[serde(rename = "message.help")]
    Help {},
    /// What became of a held message. To its sender.
    #[serde(rename = "message.settled")]
    Settled {
        cid: Cid,
        status: MessageStatus,
        sent_at: Timestamp,
        seq: Option<Seq>,
        altered: bool,
        reason: Option<Reason>,
        /// What its sender is told. Words, so the log has their salted digest alone; older lines have them themselves.
        #[serde(default, skip_serializing)]
        note: Option<String>,
        /// See `note`; in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note_digest: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer_by: Option<Timestamp>,
        /// The text that was shown in its place.
        #[serde(skip)]
        shown: Option<Cleared>,
    },
    /// An item changed. To the queue.
    #[serde(rename = "item")]
    Item {
        item: ItemId,
        version: u64,
        act: ItemAct,
        /// The item as it was then; whoever is told gets the item as it is now.
        #[serde(skip)]
        now: Option<Box<Item>>,
    },
    /// A party told the supervisors something. To the queue; what they wrote is not part of the log.
    #[serde(rename = "report")]
    Report { report: ReportId, reason: ReportReason, pause: bool },
    /// A relationship began or changed. To its parties.
    #[serde(rename = "conversation")]
    Conversation { act: ConversationAct },
    /// An account was made or changed.
    #[serde(rename = "account")]
    Account { account: AccountId, act: AccountAct },
    /// A site was made or changed.
    #[serde(rename = "site")]
    Site { name: String },
    /// Somebody signed in or out, or was signed out.
    #[serde(rename = "session")]
    Session {
        account: AccountId,
        act: SessionAct,
        /// The beginning of the token's hash: enough to find its sockets, too little to be the token.
        session: String,
    },
    /// Another set of rules judges from now on.
    #[serde(rename = "rules")]
    Rules { version: String },
    /// A restricted term of a relationship began or ended. Which one it is, is not part of the log.
    #[serde(rename = "restriction")]
    Restriction { restriction: RestrictionId, act: RestrictionAct },
    /// Words were taken out of the record, in one conversation: so many messages, so many items, and terms that were restricted
    /// there. Why and for whom is beside the log.
    #[serde(rename = "erased")]
    Erased { erasure: ErasureId, messages: u64, items: u64 },
    /// The name of an account was taken out of the record.
    #[serde(rename = "erased.name")]
    ErasedName { erasure: ErasureId, account: AccountId },
    /// A legal hold on a relationship began, ended, or kept something from being erased.
    #[serde(rename = "hold")]
    LegalHold { hold: HoldId, act: HoldAct },
    /// An article of the library was written, handed on, published or taken out. Its words are beside the log.
    #[serde(rename = "article")]
    Article {
        article: ArticleId,
        act: ArticleAct,
        version: u64,
        /// SHA-256 of what it says, in hexadecimal.
        digest: String,
    },
    /// A supervisor came on duty, at a tier, or went.
    #[serde(rename = "shift")]
    Shift { shift: ShiftId, act: ShiftAct, tier: u8 },
    /// Somebody was asked what they would have done with a message, was given it to read, or said so.
    #[serde(rename = "look")]
    Look { look: LookId, act: LookAct, opinion: Option<Opinion> },
    /// A supervisor read so many messages of a conversation.
    #[serde(rename = "read")]
    Read { reason: ReadReason, messages: u64 },
    /// A paper of the scheme was written, signed or put away. What it says is beside the log, whose digest has a salt.
    #[serde(rename = "paper")]
    Paper { paper: PaperId, of: PaperKind, act: PaperAct, version: u64, digest: String },
    /// A code that lets somebody choose the password of an account was made or used.
    #[serde(rename = "invite")]
    Invite { account: AccountId, act: InviteAct },
    /// Somebody reads who an account really is.
    #[serde(rename = "glass")]
    Glass { glass: GlassId, account: AccountId, act: GlassAct },
    /// A party confirmed what they must know.
    #[serde(rename = "briefed")]
    Briefed { account: AccountId },
    /// What the record has of an account or of a conversation was written out for somebody.
    #[serde(rename = "exported")]
    Exported { account: Option<AccountId> },
    /// The record lost its past after line `restored`, by a restore from a backup, and goes on in another epoch.
    #[serde(rename = "epoch")]
    Epoch { before: String, epoch: String, restored: LogN },
}

/// Whose feeds a line enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every party of its conversation.
    Parties,
    /// The one who said its message.
    Sender,
    /// The queue of its site.
    Queue,
    /// Nobody's.
    Nobody,
}

impl What {
    /// Whose feeds it enters.
    pub fn audience(&self) -> Audience {
        match self {
            What::Delivered { .. } | What::Conversation { .. } => Audience::Parties,
            What::Held { .. } | What::Help {} | What::Settled { .. } => Audience::Sender,
            What::Item { .. } | What::Report { .. } => Audience::Queue,
            What::Account { .. }
            | What::Site { .. }
            | What::Session { .. }
            | What::Rules { .. }
            | What::Restriction { .. }
            | What::Erased { .. }
            | What::ErasedName { .. }
            | What::LegalHold { .. }
            | What::Article { .. }
            | What::Shift { .. }
            | What::Look { .. }
            | What::Read { .. }
            | What::Paper { .. }
            | What::Invite { .. }
            | What::Glass { .. }
            | What::Briefed { .. }
            | What::Exported { .. }
            | What::Epoch { .. } => Audience::Nobody,
        }
    }

    /// The word in the log's `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Delivered { .. } => "message.delivered",
            What::Held { .. } => "message.held",
            What::Help {} => "message.help",
            What::Settled { .. } => "message.settled",
            What::Item { .. } => "item",
            What::Report { .. } => "report",
            What::Conversation { .. } => "conversation",
            What::Account { .. } => "account",
            What::Site { .. } => "site",
            What::Session { .. } => "session",
            What::Rules { .. } => "rules",
            What::Restriction { .. } => "restriction",
            What::Erased { .. } => "erased",
            What::ErasedName { .. } => "erased.name",
            What::LegalHold { .. } => "hold",
            What::Article { .. } => "article",
            What::Shift { .. } => "shift",
            What::Look { .. } => "look",
            What::Read { .. } => "read",
            What::Paper { .. } => "paper",
            What::Invite { .. } => "invite",
            What::Glass { .. } => "glass",
            What::Briefed { .. } => "briefed",
            What::Exported { .. } => "exported",
            What::Epoch { .. } => "epoch",
        }
    }

    /// What it is about in a site's queue, if it enters one.
    pub fn queued(&self) -> Option<Queued> {
        match self {
            What::Item { item, .. } => Some(Queued::Item(*item)),
            What::Report { report, .. } => Some(Queued::Report(*report)),
            What::Delivered { .. }
            | What::Held { .. }
            | What::Help {}
            | What::Settled { .. }
            | What::Conversation { .. }
            | What::Account { .. }
            | What::Site { .. }
            | What::Session { .. }
            | What::Rules { .. }
            | What::Restriction { .. }
            | What::Erased { .. }
            | What::ErasedName { .. }
            | What::LegalHold { .. }
            | What::Article { .. }
            | What::Shift { .. }
            | What::Look { .. }
            | What::Read { .. }
            | What::Paper { .. }
            | What::Invite { .. }
            | What::Glass { .. }
            | What::Briefed { .. }
            | What::Exported { .. }
            | What::Epoch { .. } => None,
        }
    }
}

/// What a line of a site's queue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// An item changed.
    Item(ItemId),
    /// A report came.
    Report(ReportId),
}

/// The site of a line that is about the whole record: an id that no site has.
pub fn whole_record() -> SiteId {
    SiteId::from_bits(0)
}

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What the first event's hash is chained to.
pub const GENESIS: Hash = [0; 32];

/// The salted digest of a text: `SHA-256(salt ‖ text)`. Without the salt it cannot be guessed from the log.
pub fn body_digest(salt: &[u8; 16], text: &str) -> Hash {
    Sha256::new().chain_update(salt).chain_update(text.as_bytes()).finalize().into()
}

/// An event's columns as the chain sees them.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its number.
    pub n: u64,
    /// When, in milliseconds.
    pub at: i64,
    /// The word of what happened.
    pub kind: &'a str,
    /// The ids and data as the columns hold them; an empty text where a column is null.
    pub site: &'a str,
    /// See `site`.
    pub conversation: &'a str,
    /// See `site`.
    pub message: &'a str,
    /// See `site`.
    pub actor: &'a str,
    /// What happened, as JSON.
    pub data: &'a str,
    /// The salted digest of the text it is about.
    pub body_digest: Option<&'a Hash>,
}

/// The hash of a line: SHA-256 over a version, the hash before it, and every column with its length before it, so that no two
/// lines have the same bytes.
pub fn chain(before: &Hash, line: &Line<'_>) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"handrail-log-1");
    hasher.update(before);
    hasher.update(line.n.to_be_bytes());
    hasher.update(line.at.to_be_bytes());
    for column in [line.kind, line.site, line.conversation, line.message, line.actor, line.data] {
        hasher.update((column.len() as u64).to_be_bytes());
        hasher.update(column.as_bytes());
    }
    match line.body_digest {
        Some(digest) => hasher.update([&[1_u8][..], digest].concat()),
        None => hasher.update([0_u8]),
    }
    hasher.finalize().into()
}

/// The mark of a place in a feed: it differs if the record's past differs, so that a cursor of a lost past is found out.
pub fn mark(hash: &Hash) -> String {
    hex(&hash[..6])
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u64, data: &str) -> Line<'_> {
        Line { n, at: 5, kind: "item", site: "s", conversation: "c", message: "", actor: "", data, body_digest: None }
    }

    #[test]
    fn any_change_of_a_line_changes_its_hash() {
        let first = chain(&GENESIS, &line(1, "{}"));
        assert_ne!(first, chain(&GENESIS, &line(2, "{}")));
        assert_ne!(first, chain(&GENESIS, &line(1, "{ }")));
        assert_ne!(first, chain(&first, &line(1, "{}")));
        assert_ne!(first, chain(&GENESIS, &Line { site: "sc", conversation: "", ..line(1, "{}") }));
        assert_ne!(first, chain(&GENESIS, &Line { body_digest: Some(&GENESIS), ..line(1, "{}") }));
    }

    #[test]
    fn no_text_is_part_of_the_log() {
        let secret = "wzxq the words wzxq";
        let text = Text::parse(secret).unwrap();
        let shown = Cleared::new(text.clone());
        let cid = Cid::parse("c").unwrap();
        let sent_at = Timestamp(1);
        let from = AccountId::from_bits(1);
        let lines = [
            What::Delivered { seq: 1, from, cid: cid.clone(), altered: false, sent_at, text: Some(shown.clone()) },
            What::Held {
                cid: cid.clone(),
                item: ItemId::from_bits(1),
                sent_at,
                expected_wait_s: None,
                text: Some(text),
            },
            What::Settled {
                cid,
                status: MessageStatus::Delivered,
                sent_at,
                seq: Some(1),
                altered: true,
                reason: None,
                note: None,
                note_digest: None,
                answer_by: None,
                shown: Some(shown),
            },
        ];
        for what in lines {
            let data = serde_json::to_string(&what).unwrap();
            assert!(!data.contains("wzxq") && data.contains(what.kind()), "{data}");
            assert!(!format!("{what:?}").contains("wzxq"), "nor does a debug line show it");
        }
    }

    #[test]
    fn a_note_to_the_sender_is_in_the_log_as_its_digest_alone_and_older_lines_still_read() {
        let older = r#"{"kind":"message.settled","cid":"c","status":"rejected","sent_at":"1970-01-01T00:00:00.001Z",
            "seq":null,"altered":false,"reason":"other","note":"wzxq"}"#;
        let mut what: What = serde_json::from_str(older).unwrap();
        if let What::Settled { note, note_digest, .. } = &mut what {
            assert_eq!((note.as_deref(), &note_digest), (Some("wzxq"), &&mut None));
            *note_digest = Some(hex(&body_digest(&[0; 16], "wzxq")));
        }
        let data = serde_json::to_string(&what).unwrap();
        assert!(!data.contains("wzxq") && data.contains("note_digest"), "{data}");
    }
}
