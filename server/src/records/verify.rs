//! Whether the record is still what it was, read page by page from one consistent state. The rules are in `domain/audit`; here is
//! the reading.

use super::checkpoints::Notes;
use super::key::is_signed;
use crate::store::{Reader, StoreError};
use handrail_domain::audit::{Audit, Broken, Fault, Witness};
use handrail_domain::event::Hash;
use handrail_domain::ids::LogN;
use std::io::BufRead;

/// Rows that are read at once.
const PAGE: usize = 1_000;
/// So many of the last lines are checked before the server starts.
pub const TAIL: u64 = 1_000;

/// Why a check ended before its end.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong with the record.
    Broken(Broken),
    /// It could not be read.
    Unread(anyhow::Error),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Stop::Broken(broken)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Unread(error.into())
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Stop::Unread(error)
    }
}

/// Checks the whole record, or only the lines from `from` on, whose predecessor's hash is then believed.
pub fn verify(record: &Reader<'_>, from: LogN) -> Result<Audit, Stop> {
    let mut audit = begin(record, from)?;
    lines(record, &mut audit)?;
    if audit.is_whole() {
        rows(record, &mut audit)?;
        audit.agree()?;
    }
    Ok(audit)
}

/// Checks the last lines, as before a start.
pub fn verify_tail(record: &Reader<'_>) -> Result<Audit, Stop> {
    let (head, _) = record.log_end()?;
    let mut audit = begin(record, head.saturating_sub(TAIL - 1).max(1))?;
    lines(record, &mut audit)?;
    Ok(audit)
}

fn begin(record: &Reader<'_>, from: LogN) -> Result<Audit, Stop> {
    if from <= 1 {
        return Ok(Audit::whole());
    }
    let (head, _) = record.log_end()?;
    if from > head {
        return Err(Stop::Unread(anyhow::anyhow!("the log ends at line {head}: name a line up to there")));
    }
    let before = record.line_hash(from - 1)?;
    let before = before.ok_or(Broken { n: Some(from - 1), fault: Fault::Gap { expected: from - 1 } })?;
    Ok(Audit::after(from - 1, before))
}

fn lines(record: &Reader<'_>, audit: &mut Audit) -> Result<(), Stop> {
    loop {
        let page = record.audit_lines(audit.head().0, PAGE)?;
        page.iter().try_for_each(|line| audit.line(line))?;
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

/// Counts all rows beside the log, and checks what has an order of its own.
fn rows(record: &Reader<'_>, audit: &mut Audit) -> Result<(), Stop> {
    let mut after = 0;
    loop {
        let page = record.audit_messages(after, PAGE)?;
        page.iter().for_each(|row| audit.message(row));
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.row,
            Some(_) | None => break,
        }
    }
    let mut after = String::new();
    loop {
        let page = record.audit_items(&after, PAGE)?;
        page.iter().for_each(|(id, version)| audit.item(*id, *version));
        match page.last() {
            Some((id, _)) if page.len() == PAGE => after = id.to_string(),
            Some(_) | None => break,
        }
    }
    let mut after = String::new();
    loop {
        let page = record.audit_conversations(&after, PAGE)?;
        page.iter().try_for_each(|row| audit.conversation(row.last_seq, row.highest, row.delivered))?;
        match page.last() {
            Some(row) if page.len() == PAGE => after = row.id.to_string(),
            Some(_) | None => break,
        }
    }
    let mut owner = String::new();
    while let Some(next) = record.audit_owner(&owner)? {
        let mut after = 0;
        loop {
            let page = record.audit_feed(&next, after, PAGE)?;
            page.iter().try_for_each(|row| audit.feed(row))?;
            match page.last() {
                Some(last) if page.len() == PAGE => after = last.offset,
                Some(_) | None => break,
            }
        }
        owner = next;
    }
    Ok(audit.feed_lines(record.audit_feed_lines()?)?)
}

/// Checks a file of checkpoints against the log that was checked.
pub fn witness(
    record: &Reader<'_>,
    audit: &Audit,
    epoch: &str,
    checkpoints: impl BufRead,
    public: &[u8; 32],
) -> Result<Witness, Stop> {
    let mut witness = audit.witness(epoch)?;
    for note in Notes::new(checkpoints) {
        let note = note?;
        let seen = &note.checkpoint;
        if !is_signed(&note, public) {
            return Err(Broken { n: Some(seen.n), fault: Fault::CheckpointSignature }.into());
        }
        let in_log: Option<Hash> = record.line_hash(seen.n)?;
        witness.checkpoint(seen, in_log)?;
    }
    Ok(witness)
}
