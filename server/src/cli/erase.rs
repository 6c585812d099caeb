//! `handrail erase` and `handrail hold`: words that must go, and words that must stay.

use super::{ConfigFile, admin, last_day, say};
use crate::chat::{Erased, HoldSpec};
use crate::fresh;
use crate::lab::one_line;
use clap::{Args, Subcommand};
use handrail_domain::erasure::{Extent, Hold};
use handrail_domain::ids::{ConversationId, HoldId, MessageId};
use handrail_domain::time::Timestamp;

#[derive(Args)]
pub(super) struct Erase {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    what: WhatToErase,
    /// Why; kept beside the log.
    #[arg(long)]
    reason: String,
    /// The sign-in name of the coordinator or supervisor who answers for it.
    #[arg(long, value_name = "USERNAME")]
    by: String,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct WhatToErase {
    /// All that was said in this relationship.
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// All that this account said, anywhere; and its names, if it is disabled.
    #[arg(long, value_name = "USERNAME")]
    account: Option<String>,
    /// One message.
    #[arg(long, value_name = "ID")]
    message: Option<MessageId>,
}

/// Does what was asked.
pub(super) async fn erase(asked: Erase) -> anyhow::Result<()> {
    let chat = admin(&asked.config).await?;
    let extent = match (asked.what.conversation, asked.what.message, asked.what.account) {
        (Some(id), _, _) => Extent::Conversation(id),
        (None, Some(id), _) => Extent::Message(id),
        (None, None, username) => Extent::Account(chat.admin_account(&username.unwrap_or_default()).await?.id),
    };
    let erased = chat.admin_erase(extent, &asked.by, &asked.reason).await?;
    say(&in_words(extent, erased))
}

fn in_words(extent: Extent, erased: Erased) -> String {
    let Erased { messages, items, name, scrubbed } = erased;
    let mut said =
        format!("The words of {messages} messages and {items} items are erased. The log has a line about it.");
    match extent {
        Extent::Account(_) if name => said += "\nThe account's names are erased as well.",
        Extent::Account(_) => {
            said += "\nThe account keeps its names while it may sign in: disable it and erase again to take them out as well.";
        }
        Extent::Conversation(_) | Extent::Message(_) => (),
    }
    if !scrubbed {
        said += "\nSomething is reading the record just now, so old pages are still beside it: erase again later.";
    }
    said + "\nBackups made before still have these words: let them run out, or erase again after a restore."
}

#[derive(Subcommand)]
pub(super) enum HoldCommand {
    /// Keep the words of a relationship from being erased, until a day.
    Add(Add),
    /// List legal holds, over or not.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// Only those on this relationship.
        #[arg(long, value_name = "ID")]
        relationship: Option<ConversationId>,
    },
    /// End a legal hold before its time.
    End {
        #[command(flatten)]
        config: ConfigFile,
        /// Its id, as `list` names it.
        id: HoldId,
        #[command(flatten)]
        two: Two,
    },
}

#[derive(Args)]
pub(super) struct Two {
    /// The sign-in name of the coordinator or supervisor who asks for it.
    #[arg(long, value_name = "USERNAME")]
    pub(super) by: String,
    /// The sign-in name of a second one, who agrees.
    #[arg(long, value_name = "USERNAME")]
    pub(super) agreed: String,
}

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    config: ConfigFile,
    /// The conversation's id.
    #[arg(long, value_name = "ID")]
    relationship: ConversationId,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    two: Two,
    /// Its last day, UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = last_day)]
    until: Timestamp,
}

/// Does what was asked.
pub(super) async fn hold(asked: HoldCommand) -> anyhow::Result<()> {
    match asked {
        HoldCommand::Add(Add { config, relationship, reason, two: Two { by, agreed }, until }) => {
            let spec = HoldSpec { conversation: relationship, reason, by, agreed, until };
            let id = admin(&config).await?.admin_add_hold(spec).await?;
            say(&format!("Nothing of that relationship is erased until {}, UTC. The hold's id is {id}.", until.date()))
        }
        HoldCommand::List { config, relationship } => {
            let all = admin(&config).await?.admin_holds(relationship).await?;
            say(&listed(&all, fresh::now()))
        }
        HoldCommand::End { config, id, two: Two { by, agreed } } => {
            admin(&config).await?.admin_end_hold(id, &by, &agreed).await?;
            say(&format!("The legal hold {id} has ended."))
        }
    }
}

fn listed(all: &[(Hold, [String; 2])], now: Timestamp) -> String {
    if all.is_empty() {
        return "There is no legal hold.".into();
    }
    let one = |(hold, [by, agreed]): &(Hold, [String; 2])| {
        let state = match hold.ended_at {
            Some(at) => format!("ended on {}, before its time", at.date()),
            None if hold.in_force(now) => "in force".into(),
            None => "over".into(),
        };
        let (id, of, reason, until) = (hold.id, hold.conversation, one_line(&hold.reason), hold.until.date());
        format!(
            "{id}\n  relationship  {of}\n  reason        {reason}\n  asked by      {by}\n  agreed by     {agreed}\n  until         {until}\n  state         {state}"
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}
