//! `handrail drill`: what is promised for a bad day, tried on a good one.

use super::check::tell;
use super::{ConfigFile, read_config};
use crate::app::{drill, load_rules};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum DrillCommand {
    /// Take rules, record and Redis away in turn, and show that nothing unsafe is delivered and nothing is lost.
    ///
    /// With the rules of the configuration, on a scratch record with made-up people: your own is neither read nor written. Takes
    /// some ten seconds. Ends with 0 when everything held, with 1 when not.
    FailClosed(ConfigFile),
    /// Put a backup back in a scratch folder and check all of it. The record is neither read nor written.
    ///
    /// Ends with 0 when it is whole, with 1 when not.
    Restore(Restore),
}

#[derive(Args)]
pub(super) struct Restore {
    /// The folder of the backup.
    backup: PathBuf,
}

pub(super) async fn run(asked: DrillCommand) -> anyhow::Result<()> {
    let looked = match asked {
        DrillCommand::FailClosed(file) => drill::fail_closed(load_rules(&read_config(&file)?.fixed.rules)?).await?,
        DrillCommand::Restore(Restore { backup }) => vec![drill::restore(&backup).await?],
    };
    tell(&looked)
}
