//! `handrail export`: what the record has of somebody, or of a relationship.

use super::{ConfigFile, admin, say};
use crate::records::{self, Export};
use clap::Args;
use handrail_domain::ids::ConversationId;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct ExportCommand {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    what: WhatToExport,
    /// A new or empty folder; what is written there is readable by you alone.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The sign-in name of the coordinator or supervisor who answers for it.
    #[arg(long, value_name = "USERNAME")]
    by: String,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct WhatToExport {
    /// All that there is of this account, for the person whose it is: other people's words and names are left out.
    #[arg(long, value_name = "USERNAME")]
    account: Option<String>,
    /// A case file: all that there is of this relationship, with the lines of the log about it.
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
}

/// Does what was asked.
pub(super) async fn run(asked: ExportCommand) -> anyhow::Result<()> {
    let chat = admin(&asked.config).await?;
    let what = match asked.what.conversation {
        Some(id) => Export::Conversation(id),
        None => Export::Account(chat.admin_account(&asked.what.account.unwrap_or_default()).await?.id),
    };
    records::export(&chat, what, &asked.by, &asked.out).await?;
    let reminder = match what {
        Export::Account(_) => "\nRead it before you hand it over: what this person wrote may speak of others.",
        Export::Conversation(_) | Export::Report(_) => {
            "\nIt has everybody's words and names: hand it only to who may read them."
        }
    };
    say(&format!(
        "It is written to {}, as export.json and export.html. The log has a line about it.{reminder}",
        asked.out.display()
    ))
}
