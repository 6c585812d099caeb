//! `handrail seal`: what was said in a relationship is evidence.

use super::erase::Two;
use super::{ConfigFile, admin, last_day, say};
use crate::chat::HoldSpec;
use crate::lab::one_line;
use crate::records::{self, Export};
use clap::{Args, Subcommand};
use handrail_domain::ids::ConversationId;
use handrail_domain::seal::Seal;
use handrail_domain::time::Timestamp;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum SealCommand {
    /// Seal a relationship, and write out what a report to an authority needs: who, what, when, and the whole case file.
    ///
    /// In one act it is paused, its words are kept until that day, and the two who are named are the only staff who read it.
    Begin(Begin),
    /// Write the report out again, as things are now.
    Report {
        #[command(flatten)]
        config: ConfigFile,
        /// The conversation's id.
        id: ConversationId,
        /// The sign-in name of one of the two.
        #[arg(long, value_name = "USERNAME")]
        by: String,
        /// A new or empty folder; what is written there is readable by you alone.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write down that the report went to an authority, and what that calls it.
    Sent {
        #[command(flatten)]
        config: ConfigFile,
        /// The conversation's id.
        id: ConversationId,
        /// The sign-in name of one of the two.
        #[arg(long, value_name = "USERNAME")]
        by: String,
        /// The authority's reference, or its name and the day.
        #[arg(long)]
        reference: String,
    },
    /// List seals, in force or over.
    List {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Break a seal. The relationship stays paused, and its words are kept as long as was said.
    End {
        #[command(flatten)]
        config: ConfigFile,
        /// The conversation's id.
        id: ConversationId,
        #[command(flatten)]
        two: Two,
    },
}

#[derive(Args)]
pub(super) struct Begin {
    #[command(flatten)]
    config: ConfigFile,
    /// The conversation's id.
    id: ConversationId,
    /// How it came to notice, for the report.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    two: Two,
    /// The last day on which its words must be there, UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = last_day)]
    until: Timestamp,
    /// A new or empty folder for the report; what is written there is readable by you alone.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Does what was asked.
pub(super) async fn run(asked: SealCommand) -> anyhow::Result<()> {
    match asked {
        SealCommand::Begin(Begin { config, id, reason, two: Two { by, agreed }, until, out }) => {
            let chat = admin(&config).await?;
            let spec = HoldSpec { conversation: id, reason, by: by.clone(), agreed, until };
            let seal = chat.admin_seal(spec).await?;
            say(&format!("Sealed on {}, UTC. Of staff these two alone read it now.", seal.at))?;
            records::export(&chat, Export::Report(id), &by, &out).await?;
            written(&out)
        }
        SealCommand::Report { config, id, by, out } => {
            let chat = admin(&config).await?;
            records::export(&chat, Export::Report(id), &by, &out).await?;
            written(&out)
        }
        SealCommand::Sent { config, id, by, reference } => {
            admin(&config).await?.admin_seal_sent(id, &by, &reference).await?;
            say("It is written down, with the time.")
        }
        SealCommand::List { config } => say(&listed(&admin(&config).await?.admin_seals().await?)),
        SealCommand::End { config, id, two: Two { by, agreed } } => {
            admin(&config).await?.admin_unseal(id, &by, &agreed).await?;
            say("The seal is broken. The relationship stays paused, and the legal hold stays until its day.")
        }
    }
}

fn written(out: &std::path::Path) -> anyhow::Result<()> {
    say(&format!(
        "The report is written to {}, as export.json and export.html. The log has a line about it.\nIt has everybody's words and real names: \
         hand it to the authority alone, then write down its reference with `handrail seal sent`.",
        out.display()
    ))
}

fn listed(all: &[(Seal, [String; 2])]) -> String {
    if all.is_empty() {
        return "There is no seal.".into();
    }
    let one = |(seal, [by, agreed]): &(Seal, [String; 2])| {
        let state = seal.ended_at.map_or_else(|| "in force".to_owned(), |at| format!("broken on {}", at.date()));
        let sent = seal.sent.as_ref().map_or_else(
            || "not sent".to_owned(),
            |(at, reference)| format!("sent on {}: {}", at.date(), one_line(reference)),
        );
        let (id, at, hold, reason) = (seal.conversation, seal.at, seal.hold, one_line(&seal.reason));
        format!(
            "{id}\n  sealed    {at}\n  read by   {by}, {agreed}\n  reason    {reason}\n  hold      {hold}\n  report    {sent}\n  state     {state}"
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}
