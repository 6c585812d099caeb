//! `handrail backup` and `handrail restore`: copies of the record, and the way back.

use super::audit::data_folder;
use super::{ConfigFile, admin, read_config, say};
use crate::records::{self, Restored};
use anyhow::bail;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Backup {
    #[command(flatten)]
    config: ConfigFile,
    /// A new or empty folder.
    folder: PathBuf,
    /// Copy the private key of checkpoints as well. Whoever has it can sign checkpoints: keep such a backup as safe as the server.
    #[arg(long)]
    with_key: bool,
}

/// Does what was asked.
pub(super) async fn backup(asked: Backup) -> anyhow::Result<()> {
    let chat = admin(&asked.config).await?;
    let data = data_folder(&asked.config)?;
    let (store, folder, with_key) = (chat.store().clone(), asked.folder.clone(), asked.with_key);
    let copied = tokio::task::spawn_blocking(move || records::backup(&store, &data, &folder, with_key)).await?;
    let manifest = copied?;
    let bytes: u64 = manifest.files.iter().map(|entry| entry.bytes).sum();
    let key =
        if asked.with_key { "with the private key of checkpoints" } else { "without the private key of checkpoints" };
    say(&format!(
        "The record is copied to {}, {key}: {bytes} bytes, up to line {} with hash {}.",
        asked.folder.display(),
        manifest.n,
        manifest.hash
    ))
}

#[derive(Args)]
pub(super) struct Restore {
    #[command(flatten)]
    config: ConfigFile,
    /// The folder of the backup.
    #[arg(required_unless_present = "new_epoch")]
    folder: Option<PathBuf>,
    /// Move a record that is there aside; otherwise a data folder with something in it is refused.
    #[arg(long, requires = "folder")]
    replace: bool,
    /// Copy nothing: only begin a new epoch, after other tools have put back a copy of the record. Stop every server first.
    #[arg(long, conflicts_with = "folder")]
    new_epoch: bool,
}

/// Does what was asked.
pub(super) async fn restore(asked: Restore) -> anyhow::Result<()> {
    let Some(folder) = asked.folder else { return new_epoch(&asked.config).await };
    let config = read_config(&asked.config)?;
    if config.fixed.database.is_some() {
        bail!(
            "the record is on a database server: put its copy back with pg_restore or pg_basebackup, then run `handrail restore \
             --new-epoch`"
        );
    }
    let _log = crate::telemetry::start_log(config.fixed.log_format, crate::config::LogLevel::Warn)?;
    let Restored { n, epoch, aside, same_key } = records::restore(&folder, &config.fixed.store, asked.replace).await?;
    let mut said = format!("The backup was checked and is the record now, up to line {n}. Epoch {epoch} begins.");
    if let Some(aside) = aside {
        said += &format!("\nWhat was there is in {}.", aside.display());
    }
    if !same_key {
        said += "\nCheckpoints are signed with a new key from now on: keep a copy of what `handrail audit key` shows.";
    }
    say(&(said + "\n`handrail audit verify` says how much was lost, as far as checkpoints saw it."))
}

async fn new_epoch(file: &ConfigFile) -> anyhow::Result<()> {
    let chat = admin(file).await?;
    let epoch = records::begin_epoch(chat.store()).await?;
    say(&format!("Epoch {epoch} begins. Every device reads its conversations anew."))
}
