//! `handrail restriction`: the restricted terms of a relationship.

use super::{ConfigFile, admin, last_day, say};
use crate::chat::RestrictionSpec;
use crate::fresh;
use crate::lab::one_line;
use clap::{Args, Subcommand};
use handrail_domain::ids::{ConversationId, RestrictionId};
use handrail_domain::restriction::Restriction;
use handrail_domain::time::Timestamp;

#[derive(Subcommand)]
pub(super) enum RestrictionCommand {
    /// Hold messages in a relationship that speak of a name, a place or a thing.
    Add(Add),
    /// List the restricted terms of a relationship, over or not.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// The conversation's id.
        #[arg(long, value_name = "ID")]
        relationship: ConversationId,
    },
    /// End a restricted term before its time.
    End {
        #[command(flatten)]
        config: ConfigFile,
        /// Its id, as `list` names it.
        id: RestrictionId,
    },
}

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    config: ConfigFile,
    /// The conversation's id.
    #[arg(long, value_name = "ID")]
    relationship: ConversationId,
    /// The name, place or thing; a person's name with its capital letters.
    #[arg(long)]
    term: String,
    /// Why, for the supervisor; neither party ever sees it.
    #[arg(long)]
    reason: String,
    /// The sign-in name of the coordinator, supervisor or officer who answers for it.
    #[arg(long, value_name = "USERNAME")]
    owner: String,
    /// Its last day, UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = last_day)]
    until: Timestamp,
}

/// Does what was asked.
pub(super) async fn run(asked: RestrictionCommand) -> anyhow::Result<()> {
    match asked {
        RestrictionCommand::Add(Add { config, relationship, term, reason, owner, until }) => {
            let spec = RestrictionSpec { conversation: relationship, term, reason, owner, until };
            let id = admin(&config).await?.admin_add_restriction(spec).await?;
            say(&format!("The restriction holds until {}, UTC. Its id is {id}.", until.date()))
        }
        RestrictionCommand::List { config, relationship } => {
            let all = admin(&config).await?.admin_restrictions(relationship).await?;
            say(&listed(&all, fresh::now()))
        }
        RestrictionCommand::End { config, id } => {
            admin(&config).await?.admin_end_restriction(id).await?;
            say(&format!("The restriction {id} has ended."))
        }
    }
}

fn listed(all: &[(Restriction, String)], now: Timestamp) -> String {
    if all.is_empty() {
        return "There is no restriction in this relationship.".into();
    }
    let one = |(one, owner): &(Restriction, String)| {
        let state = match one.ended_at {
            Some(at) => format!("ended on {}, before its time", at.date()),
            None if one.in_force(now) => "in force".into(),
            None => "over".into(),
        };
        let (id, term, reason) = (one.id, one_line(&one.term), one_line(&one.reason));
        format!(
            "{id}\n  term    {term}\n  reason  {reason}\n  owner   {owner}\n  until   {}\n  state   {state}",
            one.until.date()
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}
