//! `handrail audit`: whether the record is still what it was.

use super::{ConfigFile, admin, read_config, say};
use crate::chat::Chat;
use crate::records::{self, SigningKey, Stop};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use handrail_domain::audit::{Audit, Witness};
use handrail_domain::checkpoint::parse_verifier_key;
use handrail_domain::event::hex;
use handrail_domain::ids::LogN;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Check the log's chain, and that messages, items and feeds are those that it speaks of.
    ///
    /// A log that was cut off at its end, or written anew as a whole, is found by checkpoints alone: keep copies of
    /// checkpoints.txt on another machine, and name such a copy here. Ends with 0 if all is well, with 1 if something is wrong,
    /// and with 2 if it could not be checked.
    Verify(Verify),
    /// Show the public key that checks checkpoints. Keep a copy of it with the copies of checkpoints.
    Key {
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    config: ConfigFile,
    /// A file of checkpoints; otherwise the data folder's own, if there is one.
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The public key, as `handrail audit key` showed it when it was copied; otherwise that of the data folder.
    #[arg(long, value_name = "KEY", value_parser = public_key)]
    key: Option<PublicKey>,
    /// Check from this line on, and believe the hash before it.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: LogN,
}

#[derive(Clone, Copy)]
struct PublicKey([u8; 32]);

fn public_key(text: &str) -> Result<PublicKey, String> {
    parse_verifier_key(text)
        .map(PublicKey)
        .ok_or_else(|| "not a key: copy the whole line of `handrail audit key`".into())
}

/// It could not be checked: neither good nor bad.
#[derive(Debug)]
pub(super) struct Unchecked;

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record could not be checked")
    }
}

impl std::error::Error for Unchecked {}

/// Does what was asked.
pub(super) async fn run(asked: AuditCommand) -> anyhow::Result<()> {
    match asked {
        AuditCommand::Verify(asked) => verify(asked).await,
        AuditCommand::Key { config } => {
            let folder = data_folder(&config)?;
            say(&SigningKey::open(&folder)?.verifier())
        }
    }
}

/// The folder of the key and the checkpoints.
pub(super) fn data_folder(file: &ConfigFile) -> anyhow::Result<PathBuf> {
    Ok(read_config(file)?.fixed.store)
}

async fn verify(asked: Verify) -> anyhow::Result<()> {
    let chat = admin(&asked.config).await.context(Unchecked)?;
    let folder = data_folder(&asked.config).context(Unchecked)?;
    let checkpoints = checkpoints(&folder, asked.checkpoints).context(Unchecked)?;
    let public = match asked.key {
        Some(PublicKey(public)) => public,
        None => *SigningKey::open(&folder).context(Unchecked)?.public(),
    };
    let begun = Instant::now();
    match check(&chat, asked.from, checkpoints, public).await.context(Unchecked)? {
        Ok((audit, witness)) => say(&report(&audit, witness.as_ref(), begun.elapsed())),
        Err(Stop::Broken(broken)) => bail!(records::broken_record(&broken)),
        Err(Stop::Unread(error)) => Err(error).context(Unchecked),
    }
}

/// The file of checkpoints that was named, or the data folder's own.
fn checkpoints(folder: &Path, named: Option<PathBuf>) -> anyhow::Result<Option<BufReader<File>>> {
    let own = folder.join(records::CHECKPOINTS_FILE);
    let path = match named {
        Some(path) => path,
        None if own.exists() => own,
        None => return Ok(None),
    };
    let file = File::open(&path).with_context(|| format!("the checkpoints in {}", path.display()))?;
    Ok(Some(BufReader::new(file)))
}

type Checked = Result<(Audit, Option<Witness>), Stop>;

async fn check(
    chat: &Chat,
    from: LogN,
    checkpoints: Option<BufReader<File>>,
    public: [u8; 32],
) -> anyhow::Result<Checked> {
    let epoch = chat.store().epoch().to_owned();
    let checked = chat.store().read(move |record| {
        Ok(records::verify(record, from).and_then(|audit| {
            let witness = match checkpoints {
                Some(file) => Some(records::witness(record, &audit, &epoch, file, &public)?),
                None => audit.witness(&epoch).map(|_| None)?,
            };
            Ok((audit, witness))
        }))
    });
    Ok(checked.await?)
}

fn report(audit: &Audit, witness: Option<&Witness>, took: Duration) -> String {
    let (head, hash) = audit.head();
    let lines = audit.lines();
    let mut said = if audit.is_whole() {
        format!(
            "The log is whole: {lines} lines. Messages, items, conversations and feeds are those that it speaks of.\n"
        )
    } else {
        let before = head - lines;
        format!(
            "The log is whole from line {} on: {lines} lines. The hash of line {before} was believed, and rows were compared \
             line by line, not counted.\n",
            before + 1
        )
    };
    said += &format!("Its last line is {head}, with hash {}.\n", hex(&hash));
    said += &match witness {
        None => "There are no checkpoints: a log that was cut off or written anew would not be seen.\n".into(),
        Some(witness) => {
            let skipped = match witness.skipped() {
                0 => String::new(),
                skipped => format!(" {skipped} of them are about lines before, which were not read."),
            };
            format!("{} checkpoints are signed with the key, and agree.{skipped}\n", witness.seen())
        }
    };
    for (epoch, n) in witness.map(Witness::restores).unwrap_or_default() {
        said += &format!("The record was restored to line {n}, which ended epoch {epoch}.\n");
    }
    match witness.map(Witness::lost).unwrap_or_default() {
        0 => (),
        lost => {
            said += &format!("LOST: checkpoints saw {lost} lines more than a restored backup had. They are gone.\n")
        }
    }
    let seconds = took.as_secs_f64();
    said += &format!("Checked in {seconds:.2} s: {:.0} lines a second.", lines as f64 / seconds.max(0.001));
    said
}
