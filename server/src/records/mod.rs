//! What is done with the record as a whole: check it, sign its end, copy it, put a copy back, write out what it has of
//! somebody. It changes nothing of what was said, and knows no rule of the product.

mod backup;
mod checkpoints;
mod export;
mod key;
mod verify;

pub use backup::{Manifest, Restored, backup, begin_epoch, restore};
pub use checkpoints::{Book, CHECKPOINTS_FILE, Checkpoints};
pub use export::{Export, export};
pub use key::{KEY_FILE, SigningKey};
pub use verify::{Stop, TAIL, verify, verify_tail, witness};

use crate::store::Store;
use anyhow::bail;
use handrail_domain::audit::Broken;

/// Checks what a start relies on: the last lines of the log, and that the log still has what this data folder's last checkpoint
/// saw. A record that is broken is not served.
pub async fn check_start(store: &Store, book: &Book) -> anyhow::Result<()> {
    let seen = book.last().cloned();
    let epoch = store.epoch().to_owned();
    let checked = store
        .read(move |record| {
            let checked = verify_tail(record).and_then(|audit| {
                // Restores that lie further back than these lines are not known here; a whole check knows them.
                let mut witness = audit.witness(&epoch)?;
                if let Some(seen) = seen {
                    witness.checkpoint_anywhere(&seen, record.line_hash(seen.n)?)?;
                }
                Ok(())
            });
            Ok(checked)
        })
        .await?;
    match checked {
        Ok(()) => Ok(()),
        Err(Stop::Broken(broken)) => bail!(broken_record(&broken)),
        Err(Stop::Unread(error)) => Err(error),
    }
}

/// What is said of a record that is broken, with what to do next.
pub fn broken_record(broken: &Broken) -> String {
    format!(
        "the record is broken. {broken}. Keep the data folder as it is for whoever looks into it, see all of it with \
         `handrail audit verify`, and put a backup back with `handrail restore`"
    )
}

#[cfg(test)]
pub(crate) mod tests;
