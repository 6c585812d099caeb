//! Whether the record is still what it was: the log's chain, and whether the rows beside it say the same. Rows are handed in one
//! after the other, and nothing is kept of them but counts and sums, so a log of any length is checked in the same memory.
//!
//! What cannot be found here: a log that was cut off at its end, or written anew from some line on with every hash made again. For
//! that there are checkpoints, of which somebody else has a copy: see [`Witness`].

mod fault;
mod tally;
#[cfg(test)]
mod tests;
mod witness;

pub use fault::{Broken, Fault};
pub use witness::Witness;

use crate::conversation::MessageStatus;
use crate::event::{Audience, GENESIS, Hash, Line, What, body_digest, chain, hex};
use crate::ids::{ItemId, LogN, Seq};
use crate::quarantine::{ItemAct, StateName};
use tally::Tally;

/// A line of the log as the record holds it, with what the record has of its message and its item now. Ids are as the columns
/// hold them; an empty text where a column is null.
#[derive(Debug, Clone)]
pub struct LogRow {
    /// Its number.
    pub n: LogN,
    /// When, in milliseconds.
    pub at: i64,
    /// The word of what happened.
    pub kind: String,
    /// Where.
    pub site: String,
    /// See `site`.
    pub conversation: String,
    /// About which message.
    pub message: String,
    /// Who did it.
    pub actor: String,
    /// What happened, as JSON.
    pub data: String,
    /// The digest of the text that it is about.
    pub body_digest: Option<Hash>,
    /// Its hash.
    pub hash: Hash,
    /// The row of its message, if it names one.
    pub body: Option<i64>,
    /// That message; nothing if it is not there.
    pub about: Option<About>,
    /// The item, for a line about one; nothing if it is not there.
    pub item: Option<ItemNow>,
    /// How many parties its conversation has.
    pub parties: u64,
}

/// A message as the record has it now.
#[derive(Debug, Clone)]
pub struct About {
    /// Its id, as the column holds it.
    pub id: String,
    /// Where it was said.
    pub conversation: String,
    /// Who said it.
    pub sender: String,
    /// Where it is.
    pub status: MessageStatus,
    /// Its number.
    pub seq: Option<Seq>,
    /// Whether the filter let it pass.
    pub passed: bool,
    /// The digest of what was said.
    pub digest: Hash,
    /// Keeps the digest from being guessed; nothing once the text was erased.
    pub salt: Option<[u8; 16]>,
    /// What was said; nothing once it was erased.
    pub text: Option<String>,
    /// What was shown in its place.
    pub shown: Option<String>,
    /// The item that decided on it, if one did and is there.
    pub decided: Option<DecidedBy>,
}

/// The item that decided on a message.
#[derive(Debug, Clone)]
pub struct DecidedBy {
    /// The message that the item is about.
    pub message: String,
    /// Whether it is closed.
    pub closed: bool,
    /// What its sender is told; empty once it was erased.
    pub note: Option<String>,
}

/// An item as the record has it now.
#[derive(Debug, Clone)]
pub struct ItemNow {
    /// The message that it is about.
    pub message: String,
    /// Its version.
    pub version: u64,
    /// Where it is.
    pub state: StateName,
}

/// A message's row, as it is counted.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// Its row.
    pub row: i64,
    /// Where it was said.
    pub conversation: String,
    /// Where it is.
    pub status: MessageStatus,
    /// Its number.
    pub seq: Option<Seq>,
    /// Whether the filter let it pass.
    pub passed: bool,
    /// Whether its text is gone.
    pub erased: bool,
}

/// A place in a feed, with the line that it points at.
#[derive(Debug, Clone)]
pub struct FeedRow {
    /// Whose feed.
    pub owner: String,
    /// The place.
    pub offset: u64,
    /// The line's number.
    pub n: LogN,
    /// Whether that line is for this owner; nothing if it is not there.
    pub is_for_owner: Option<bool>,
}

/// What the log says and what the rows say, in sums that must be the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    delivered: Tally,
    held: Tally,
    ended: Tally,
    decided: Tally,
    items: Tally,
    erased: Tally,
    feeds: u64,
}

/// A check that is under way.
#[derive(Debug)]
pub struct Audit {
    first: LogN,
    last: LogN,
    hash: Hash,
    witness: Witness,
    log: Sums,
    rows: Sums,
    feed: Option<(String, u64, LogN)>,
}

impl Audit {
    /// A check of the whole log.
    pub fn whole() -> Self {
        Self::after(0, GENESIS)
    }

    /// A check of the lines after line `n`, whose hash is believed. What rows say can then only be compared line by line, not
    /// as a whole.
    pub fn after(n: LogN, hash: Hash) -> Self {
        let (log, rows) = (Sums::default(), Sums::default());
        Self { first: n + 1, last: n, hash, witness: Witness::new(n), log, rows, feed: None }
    }

    /// Whether it began with the first line.
    pub fn is_whole(&self) -> bool {
        self.first == 1
    }

    /// The last line that was checked, and its hash.
    pub fn head(&self) -> (LogN, Hash) {
        (self.last, self.hash)
    }

    /// How many lines were checked.
    pub fn lines(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// Checks the next line.
    pub fn line(&mut self, row: &LogRow) -> Result<(), Broken> {
        let broken = |fault| Broken { n: Some(row.n), fault };
        if row.n != self.last + 1 {
            return Err(broken(Fault::Gap { expected: self.last + 1 }));
        }
        if chain(&self.hash, &row.line()) != row.hash {
            return Err(broken(Fault::Chain));
        }
        let what: What = serde_json::from_str(&row.data).map_err(|_| broken(Fault::Unreadable))?;
        if what.kind() != row.kind {
            return Err(broken(Fault::Kind));
        }
        row.check_body(&what).map_err(broken)?;
        self.count(row, &what).map_err(broken)?;
        (self.last, self.hash) = (row.n, row.hash);
        Ok(())
    }

    /// What this line says of rows, and whether they say the same.
    fn count(&mut self, row: &LogRow, what: &What) -> Result<(), Fault> {
        let told = match what.audience() {
            Audience::Parties => row.parties,
            Audience::Sender | Audience::Queue => 1,
            Audience::Nobody => 0,
        };
        self.log.feeds = self.log.feeds.saturating_add(told);
        let body = row.body.unwrap_or_default().to_be_bytes();
        match what {
            What::Delivered { seq, .. } => self.log.delivered.add(&[&body, &seq.to_be_bytes()]),
            What::Held { .. } => self.log.held.add(&[&body]),
            What::Settled { status: MessageStatus::Consent, .. } => (),
            What::Settled { status: MessageStatus::Delivered, .. } => self.log.decided.add(&[&body]),
            What::Settled { status, .. } => self.log.ended.add(&[&body, status.as_str().as_bytes()]),
            What::Item { item, version, act, .. } => {
                row.check_item(*version, *act)?;
                self.log.items.add(&[&item.bits().to_be_bytes(), &version.to_be_bytes()]);
            }
            What::Erased { messages, .. } => self.log.erased.add_times(&[row.conversation.as_bytes()], *messages),
            What::Epoch { before, epoch, restored } => self.witness.epoch(row.n, before, epoch, *restored)?,
            What::Help {}
            | What::Report { .. }
            | What::Conversation { .. }
            | What::Account { .. }
            | What::Site { .. }
            | What::Session { .. }
            | What::Rules { .. }
            | What::Restriction { .. }
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
            | What::Exported { .. } => (),
        }
        Ok(())
    }

    /// Counts a message's row. Every row, in any order.
    pub fn message(&mut self, row: &MessageRow) {
        let body = row.row.to_be_bytes();
        let sums = &mut self.rows;
        match row.status {
            MessageStatus::Delivered => {
                sums.delivered.add(&[&body, &row.seq.unwrap_or_default().to_be_bytes()]);
                if !row.passed {
                    sums.decided.add(&[&body]);
                }
            }
            MessageStatus::Held | MessageStatus::Consent => (),
            ended @ (MessageStatus::Rejected
            | MessageStatus::Rephrase
            | MessageStatus::Withdrawn
            | MessageStatus::Expired) => sums.ended.add(&[&body, ended.as_str().as_bytes()]),
        }
        if !row.passed {
            sums.held.add(&[&body]);
        }
        if row.erased {
            sums.erased.add(&[row.conversation.as_bytes()]);
        }
    }

    /// Counts an item's row: it has had every version up to this one. No item has more versions than the log has lines.
    pub fn item(&mut self, id: ItemId, version: u64) {
        (1..=version.min(self.last + 1))
            .for_each(|one| self.rows.items.add(&[&id.bits().to_be_bytes(), &one.to_be_bytes()]));
    }

    /// Checks a conversation: its last number, that of its last message, and how many were delivered there.
    pub fn conversation(&self, last_seq: Seq, highest: Seq, delivered: u64) -> Result<(), Broken> {
        let good = last_seq == highest && last_seq == delivered;
        if good { Ok(()) } else { Err(Broken { n: None, fault: Fault::LastNumber }) }
    }

    /// Checks how many lines feeds have against those that were read for their owners: what nobody is led to, nobody is told.
    pub fn feed_lines(&self, lines: u64) -> Result<(), Broken> {
        if lines == self.rows.feeds { Ok(()) } else { Err(Broken { n: None, fault: Fault::FeedLost }) }
    }

    /// Checks the next place of a feed. Feeds come one after the other, places in their order.
    pub fn feed(&mut self, row: &FeedRow) -> Result<(), Broken> {
        let broken = |fault| Err(Broken { n: Some(row.n), fault });
        self.rows.feeds += 1;
        let (offset, n) = match &self.feed {
            Some((owner, offset, n)) if *owner == row.owner => (*offset, *n),
            Some(_) | None => (0, 0),
        };
        if row.offset != offset + 1 || row.n <= n {
            return broken(Fault::FeedGap);
        }
        match row.is_for_owner {
            None => return broken(Fault::FeedEvent),
            Some(false) => return broken(Fault::FeedOwner),
            Some(true) => (),
        }
        match &mut self.feed {
            Some((owner, offset, n)) if *owner == row.owner => (*offset, *n) = (row.offset, row.n),
            other => *other = Some((row.owner.clone(), row.offset, row.n)),
        }
        Ok(())
    }

    /// Whether the rows, all of which were counted, are those that the log speaks of.
    pub fn agree(&self) -> Result<(), Broken> {
        let (log, rows) = (&self.log, &self.rows);
        type Say = fn(u64, u64) -> Fault;
        let pairs: [(&Tally, &Tally, Say); 6] = [
            (&log.delivered, &rows.delivered, |log, record| Fault::Delivered { log, record }),
            (&log.held, &rows.held, |log, record| Fault::Held { log, record }),
            (&log.ended, &rows.ended, |log, record| Fault::Ended { log, record }),
            (&log.decided, &rows.decided, |log, record| Fault::Decided { log, record }),
            (&log.items, &rows.items, |log, record| Fault::Items { log, record }),
            (&log.erased, &rows.erased, |log, record| Fault::Erased { log, record }),
        ];
        let differs = pairs.into_iter().find(|(log, rows, _)| log != rows);
        let fault = differs.map(|(log, rows, say)| say(log.count(), rows.count()));
        let feeds = (log.feeds != rows.feeds).then_some(Fault::Feeds { log: log.feeds, record: rows.feeds });
        fault.or(feeds).map_or(Ok(()), |fault| Err(Broken { n: None, fault }))
    }

    /// Goes on to the checkpoints: what the log says of its epochs, which must end with the record's.
    pub fn witness(&self, epoch: &str) -> Result<Witness, Broken> {
        self.witness.clone().end(epoch, self.last)
    }
}

impl LogRow {
    fn line(&self) -> Line<'_> {
        Line {
            n: self.n,
            at: self.at,
            kind: &self.kind,
            site: &self.site,
            conversation: &self.conversation,
            message: &self.message,
            actor: &self.actor,
            data: &self.data,
            body_digest: self.body_digest.as_ref(),
        }
    }

    /// The text that a line is about, and what the record says of its message.
    fn check_body(&self, what: &What) -> Result<(), Fault> {
        let speaks = matches!(what, What::Delivered { .. } | What::Held { .. } | What::Settled { .. });
        let (_, digest) = match (self.body, &self.body_digest) {
            (Some(row), Some(digest)) => (row, digest),
            (None, None) if !speaks => return Ok(()),
            (_, _) => return Err(Fault::NoDigest),
        };
        let about = self.about.as_ref().ok_or(Fault::NoMessage)?;
        if about.id != self.message || about.conversation != self.conversation {
            return Err(Fault::OtherMessage);
        }
        about.check_text()?;
        let altered = matches!(what, What::Delivered { altered: true, .. } | What::Settled { altered: true, .. });
        // A text that its sender was asked about and declined is shown to nobody, and is what its end is about.
        let asked = matches!(what, What::Settled { altered: false, .. }) && about.shown.is_some();
        if altered || asked {
            about.check_shown(digest)?;
        } else if *digest != about.digest && !about.is_erased_ending(what) {
            return Err(Fault::Text);
        }
        match what {
            What::Delivered { seq, from, altered, .. } => {
                if about.sender != from.to_string() {
                    return Err(Fault::OtherMessage);
                }
                if about.shown.is_some() && !altered {
                    return Err(Fault::Shown);
                }
                about.check_delivered(*seq, &self.message)
            }
            What::Settled { status, seq, note_digest, .. } => {
                about.check_note(note_digest.as_deref())?;
                about.check_settled(*status, *seq, !self.actor.is_empty())
            }
            What::Held { .. }
            | What::Help {}
            | What::Item { .. }
            | What::Report { .. }
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
            | What::Epoch { .. } => Ok(()),
        }
    }

    fn check_item(&self, version: u64, act: ItemAct) -> Result<(), Fault> {
        let now = self.item.as_ref().filter(|now| now.message == self.message).ok_or(Fault::NoItem)?;
        if version > now.version {
            return Err(Fault::ItemAhead);
        }
        if version == now.version && !leads_to(act, now.state) { Err(Fault::ItemState) } else { Ok(()) }
    }
}

impl About {
    fn check_text(&self) -> Result<(), Fault> {
        match (&self.salt, &self.text) {
            (Some(salt), Some(text)) if body_digest(salt, text) == self.digest => Ok(()),
            (Some(_), Some(_)) => Err(Fault::Text),
            (None, None) if self.shown.is_none() => Ok(()),
            (None, None) | (Some(_), None) | (None, Some(_)) => Err(Fault::HalfErased),
        }
    }

    /// Whether it is the end of a message whose words are gone: whether those were the ones that it is about cannot be told any
    /// more.
    fn is_erased_ending(&self, what: &What) -> bool {
        matches!(what, What::Settled { .. }) && self.text.is_none()
    }

    fn check_shown(&self, digest: &Hash) -> Result<(), Fault> {
        match (&self.salt, &self.shown) {
            (Some(salt), Some(shown)) if body_digest(salt, shown) == *digest => Ok(()),
            (Some(_), _) => Err(Fault::Shown),
            // Erased: nothing is left to compare.
            (None, _) => Ok(()),
        }
    }

    fn check_delivered(&self, seq: Seq, message: &str) -> Result<(), Fault> {
        if self.status != MessageStatus::Delivered {
            return Err(Fault::Status);
        }
        if self.seq != Some(seq) {
            return Err(Fault::Number);
        }
        let decided = self.decided.as_ref().is_some_and(|item| item.closed && item.message == message);
        if self.passed || decided { Ok(()) } else { Err(Fault::Undecided) }
    }

    fn check_settled(&self, status: MessageStatus, seq: Option<Seq>, by_somebody: bool) -> Result<(), Fault> {
        if status == MessageStatus::Consent {
            return Ok(());
        }
        if status != self.status {
            return Err(Fault::Status);
        }
        if seq != self.seq {
            return Err(Fault::Number);
        }
        let undecided = status == MessageStatus::Delivered && !by_somebody;
        if undecided { Err(Fault::Undecided) } else { Ok(()) }
    }

    fn check_note(&self, digest: Option<&str>) -> Result<(), Fault> {
        let (Some(digest), Some(salt)) = (digest, &self.salt) else { return Ok(()) };
        let note = self.decided.as_ref().and_then(|item| item.note.as_deref()).unwrap_or_default();
        if hex(&body_digest(salt, note)) == digest { Ok(()) } else { Err(Fault::Note) }
    }
}

/// Whether an item may be in that state after that act was the last one.
fn leads_to(act: ItemAct, state: StateName) -> bool {
    match act {
        ItemAct::Hold | ItemAct::Unclaim | ItemAct::Lapse | ItemAct::Propose | ItemAct::Escalate | ItemAct::Overdue => {
            state == StateName::Waiting
        }
        ItemAct::Claim | ItemAct::Undo => state == StateName::Claimed,
        ItemAct::Decide => matches!(state, StateName::Decided | StateName::Closed),
        ItemAct::Acknowledge => matches!(state, StateName::Waiting | StateName::Claimed),
        ItemAct::Withdraw => state != StateName::Decided,
        ItemAct::Close => state == StateName::Closed,
    }
}
