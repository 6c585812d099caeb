//! Checkpoints against the log: what a copy outside of the record saw, the record must still have. A record that was restored
//! from a backup has lost lines that checkpoints saw; its log names the line at which that happened, and the loss is counted.

use super::{Broken, Fault};
use crate::checkpoint::Checkpoint;
use crate::event::Hash;
use crate::ids::LogN;

/// What the log says of its epochs, and what the checkpoints said so far.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Lines before it were not read.
    after: LogN,
    /// The epochs that ended, each with the last of its lines that is still there.
    ended: Vec<(String, LogN)>,
    now: Option<String>,
    last: LogN,
    before: Option<(String, LogN)>,
    seen: u64,
    skipped: u64,
    lost: u64,
}

impl Witness {
    pub(super) fn new(after: LogN) -> Self {
        let (ended, now, before) = (Vec::new(), None, None);
        Self { after, ended, now, last: after, before, seen: 0, skipped: 0, lost: 0 }
    }

    /// Line `n` begins another epoch.
    pub(super) fn epoch(&mut self, n: LogN, before: &str, epoch: &str, restored: LogN) -> Result<(), Fault> {
        if restored + 1 != n || self.now.as_ref().is_some_and(|now| now != before) {
            return Err(Fault::Epoch);
        }
        self.ended.push((before.to_owned(), restored));
        self.now = Some(epoch.to_owned());
        Ok(())
    }

    /// The log ends here, in the record's epoch.
    pub(super) fn end(mut self, epoch: &str, last: LogN) -> Result<Self, Broken> {
        if self.now.as_ref().is_some_and(|now| now != epoch) {
            return Err(Broken { n: None, fault: Fault::RecordEpoch });
        }
        self.now = Some(epoch.to_owned());
        self.last = last;
        Ok(self)
    }

    /// Checks the next checkpoint, whose signature is good, against the hash that the log has at its line.
    pub fn checkpoint(&mut self, seen: &Checkpoint, in_log: Option<Hash>) -> Result<(), Broken> {
        let broken = |fault| Err(Broken { n: Some(seen.n), fault });
        if self.before.as_ref().is_some_and(|(epoch, n)| *epoch == seen.epoch && *n > seen.n) {
            return broken(Fault::CheckpointOrder);
        }
        self.before = Some((seen.epoch.clone(), seen.n));
        self.seen += 1;
        if seen.n < self.after {
            self.skipped += 1;
            return Ok(());
        }
        self.checkpoint_anywhere(seen, in_log)
    }

    /// The same for one checkpoint by itself, also of a line that was not read: its hash in the log is enough.
    pub fn checkpoint_anywhere(&mut self, seen: &Checkpoint, in_log: Option<Hash>) -> Result<(), Broken> {
        let broken = |fault| Err(Broken { n: Some(seen.n), fault });
        let is_now = self.now.as_ref() == Some(&seen.epoch);
        let ended = self.ended.iter().find(|(epoch, _)| *epoch == seen.epoch).map(|(_, restored)| *restored);
        let last = if is_now { Some(self.last) } else { ended };
        match last {
            None => return broken(Fault::CheckpointEpoch),
            Some(last) if seen.n > last && is_now => {
                return Err(Broken { n: Some(last), fault: Fault::Cut { checkpoint: seen.n, log: last } });
            }
            Some(last) if seen.n > last => self.lost = self.lost.max(seen.n - last),
            Some(_) if in_log != Some(seen.hash) => return broken(Fault::CheckpointHash),
            Some(_) => (),
        }
        Ok(())
    }

    /// How many checkpoints were handed in.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many of them are about lines that were not read.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many lines are known to have been lost in a restore: the most that a checkpoint saw after the restored line.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The epochs that ended, each with the line at which the record was restored.
    pub fn restores(&self) -> &[(String, LogN)] {
        &self.ended
    }
}
