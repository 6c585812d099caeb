//! The command line.

mod audit;
mod backup;
mod check;
mod drill;
mod erase;
mod export;
mod filter;
mod record;
mod restriction;
mod seal;
mod site;

use crate::app::demo::{self, DemoAccount};
use crate::app::{Node, listen, open, open_without_rules};
use crate::chat::{AdminError, Chat};
use crate::config::{self, Config};
use crate::store::StaffRow;
use crate::telemetry::start_log_and_traces;
use crate::telemetry::traces::Traces;
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::ConversationId;
use handrail_domain::people::Role;
use handrail_domain::time::Timestamp;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Pre-moderated chat between mentors and mentees.
#[derive(Parser)]
#[command(name = "handrail", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(ConfigFile),
    /// Run a demonstration with seeded people, on loopback alone.
    Demo(Demo),
    /// Say whether everything that a server needs is there: configuration, rules, record, clock, disk, certificate, Redis.
    ///
    /// Changes nothing. Ends with 0 when all is well, with 1 when something is wrong, and says what to do about it.
    Check(ConfigFile),
    /// Try what is promised for a bad day: that a failing part delivers nothing, and that a backup can be put back.
    #[command(subcommand)]
    Drill(drill::DrillCommand),
    /// Make, reset or disable accounts.
    #[command(subcommand)]
    Account(Account),
    /// Make sites, and choose what they do about what the filter sees.
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Begin, pause, lift or end relationships.
    #[command(subcommand)]
    Relationship(Relationship),
    /// Make, list or end the restricted terms of a relationship.
    #[command(subcommand)]
    Restriction(restriction::RestrictionCommand),
    /// Try the filter and its rules, on texts or on the record.
    #[command(subcommand)]
    Filter(filter::Filter),
    /// Check the record, and show the key that checks its checkpoints.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy the record to a folder, while the server runs.
    Backup(backup::Backup),
    /// Put a backup back as the record, once it has been checked.
    Restore(backup::Restore),
    /// Write out what the record has of an account or of a relationship, for somebody who may have it.
    Export(export::ExportCommand),
    /// Take words out of the record for good; what the log says of them stays, and can be checked as before.
    Erase(erase::Erase),
    /// Keep the words of a relationship from being erased: begin, list or end legal holds.
    #[command(subcommand)]
    Hold(erase::HoldCommand),
    /// Make a relationship evidence: nobody writes there, its words are kept, and of all staff two alone read it.
    #[command(subcommand)]
    Seal(seal::SealCommand),
}

/// How the process ends after that error: 2 if it could not be found out what was asked, otherwise 1.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<audit::Unchecked>().is_some() { 2 } else { 1 }
}

#[derive(Args, Clone)]
struct ConfigFile {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "handrail.toml")]
    config: PathBuf,
}

#[derive(Args)]
struct Demo {
    /// Where the record and demo-accounts.json are kept.
    #[arg(long, value_name = "DIR", default_value = "handrail-demo")]
    data: PathBuf,
    /// The address and port; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How many pairs of mentor and mentee are seeded.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = relationships)]
    relationships: usize,
    /// A Redis to use as bus and supervisor channel.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// A PostgreSQL to keep the record in, instead of a file.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Let everybody say as much as they can: to measure the server, not its limits.
    #[arg(long)]
    unlimited: bool,
    /// The certificate chain to speak TLS with, PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Ask staff for a code from an app beside their password, as a server does that is no demonstration.
    #[arg(long)]
    second_step: bool,
}

fn relationships(text: &str) -> Result<usize, String> {
    let max = demo::RELATIONSHIPS_MAX;
    text.parse().ok().filter(|n| (1..=max).contains(n)).ok_or_else(|| format!("give a number from 1 to {max}"))
}

#[derive(Subcommand)]
enum Account {
    /// Make an account.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The site's name or id.
        #[arg(long)]
        site: String,
        /// mentee, mentor, guest_officer, supervisor, coordinator or operator.
        #[arg(long, value_parser = role)]
        role: Role,
        /// The name that others see.
        #[arg(long)]
        name: String,
        /// The name to sign in with.
        #[arg(long)]
        username: String,
        #[command(flatten)]
        password: Password,
    },
    /// Give an account a new password; its sessions end.
    Reset {
        #[command(flatten)]
        config: ConfigFile,
        /// The name to sign in with.
        username: String,
        #[command(flatten)]
        password: Password,
    },
    /// Let an account do nothing any more; its sessions end.
    Disable {
        #[command(flatten)]
        config: ConfigFile,
        /// The name to sign in with.
        username: String,
    },
    /// Let a disabled account sign in again.
    Enable {
        #[command(flatten)]
        config: ConfigFile,
        /// The name to sign in with.
        username: String,
    },
    /// Take the second step away from who has lost phone and spare codes, once it is sure that it is they; their sessions end.
    SecondStepOff {
        #[command(flatten)]
        config: ConfigFile,
        /// The name to sign in with.
        username: String,
    },
    /// List every account that may see what others wrote: when it was last used, and whether it has a second step. For the monthly review.
    Review {
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Args)]
struct Password {
    /// Read the password from standard input; otherwise one is made and shown once.
    #[arg(long)]
    password_stdin: bool,
}

fn role(word: &str) -> Result<Role, String> {
    let all = Role::ALL.map(Role::as_str).join(", ");
    Role::parse(word).ok_or_else(|| format!("a role is one of: {all}"))
}

#[derive(Subcommand)]
enum Relationship {
    /// Begin a relationship between two accounts or more of one site.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// Their sign-in names.
        #[arg(required = true, num_args = 2..)]
        usernames: Vec<String>,
    },
    /// Stop messages for now.
    Pause(OneRelationship),
    /// Let messages go again.
    Lift(OneRelationship),
    /// End it; what still waits there expires.
    End(OneRelationship),
}

#[derive(Args)]
struct OneRelationship {
    #[command(flatten)]
    config: ConfigFile,
    /// The conversation's id.
    id: ConversationId,
}

impl Cli {
    /// Does what was asked.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(file) => serve(&file).await,
            Command::Check(file) => check::run(&file).await,
            Command::Drill(asked) => drill::run(asked).await,
            Command::Demo(asked) => run_demo(asked).await,
            Command::Account(asked) => account(asked).await,
            Command::Site(asked) => site::run(asked).await,
            Command::Relationship(asked) => relationship(asked).await,
            Command::Restriction(asked) => restriction::run(asked).await,
            Command::Filter(asked) => filter::run(asked).await,
            Command::Audit(asked) => audit::run(asked).await,
            Command::Backup(asked) => backup::backup(asked).await,
            Command::Restore(asked) => backup::restore(asked).await,
            Command::Export(asked) => export::run(asked).await,
            Command::Erase(asked) => erase::erase(asked).await,
            Command::Hold(asked) => erase::hold(asked).await,
            Command::Seal(asked) => seal::run(asked).await,
        }
    }
}

/// A day as people write it: its last moment, UTC.
fn last_day(date: &str) -> Result<Timestamp, String> {
    Timestamp::end_of_day(date).ok_or_else(|| "a day is written YYYY-MM-DD and is in the calendar".into())
}

fn read_config(file: &ConfigFile) -> anyhow::Result<Config> {
    Ok(config::load(&file.config)?)
}

async fn serve(file: &ConfigFile) -> anyhow::Result<()> {
    let config = read_config(file)?;
    let traces = Traces::start(&config.fixed.traces, crate::app::BUILD)?;
    let _log = start_log_and_traces(config.fixed.log_format, config.live.log_level, traces.as_ref())?;
    let listener = listen(&config)?;
    let chat = open(&config).await?;
    let node = Node::start(config, chat, listener).await?;
    tracing::info!(address = %node.address, build = crate::app::BUILD, "listening");
    let ended = node.run().await;
    if let Some(traces) = traces {
        tokio::task::spawn_blocking(|| traces.stop()).await?;
    }
    ended
}

async fn run_demo(asked: Demo) -> anyhow::Result<()> {
    let mut config = Config::demo(&asked.data, asked.listen)?;
    if let Some(url) = asked.redis {
        config.fixed.bus = config::Bus::Redis(config::Secret::new(url));
    }
    config.fixed.database = asked.database.map(config::Secret::new);
    if asked.unlimited {
        config.fixed.limits.allow_much();
    }
    config.live.session.second_step = asked.second_step;
    if let Some((certificate, key)) = asked.certificate.zip(asked.key) {
        config.fixed.server.tls = Some(config::Certificate::Files(config::TlsFiles { certificate, key }));
    }
    let _log = crate::telemetry::start_log(config.fixed.log_format, config.live.log_level)?;
    let listener = listen(&config)?;
    let chat = open(&config).await?;
    let accounts = demo::seed(&chat, &asked.data, asked.relationships).await?;
    let node = Node::start(config, chat, listener).await?;
    welcome(&node, &accounts, &asked.data)?;
    node.run().await
}

/// Says where it is and who can sign in.
fn welcome(node: &Node, accounts: &[DemoAccount], data: &std::path::Path) -> anyhow::Result<()> {
    let shown = 3 + 4;
    let mut text = format!("\nHandrail is at http://localhost:{}\n\nSign in as:\n", node.address.port());
    for account in accounts.iter().take(shown) {
        text += &format!("  {:<12} {:<24} ({})\n", account.username, account.password, account.role.as_str());
    }
    if accounts.len() > shown {
        text += &format!("  … and {} more", accounts.len() - shown);
    }
    text += &format!(
        "\nEverybody, with tokens for scripts: {}\nStop with Ctrl+C.",
        data.join("demo-accounts.json").display()
    );
    say(&text)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// The product without a listener and without rules: what is written here, a running server reads from the log within two
/// seconds. It judges nothing, so it helps also when the rules' files are broken.
async fn admin(file: &ConfigFile) -> anyhow::Result<Arc<Chat>> {
    let mut config = read_config(file)?;
    config.fixed.bus = config::Bus::Local;
    // A refusal says what to do; why the record could not be read or written is in the log.
    let _log = crate::telemetry::start_log(config.fixed.log_format, config::LogLevel::Warn)?;
    open_without_rules(&config).await
}

/// The password that was asked for, and whether it must be shown.
fn password(asked: &Password) -> anyhow::Result<(String, bool)> {
    if !asked.password_stdin {
        return Ok((crate::fresh::token(20), true));
    }
    let mut text = String::new();
    std::io::stdin().take(1_024).read_to_string(&mut text).context("read the password from standard input")?;
    Ok((text.trim_end_matches(['\r', '\n']).to_owned(), false))
}

async fn account(asked: Account) -> anyhow::Result<()> {
    match asked {
        Account::Add { config, site, role, name, username, password: how } => {
            let chat = admin(&config).await?;
            let (password, made) = password(&how)?;
            let site = chat.admin_site(&site).await?;
            let id = chat.admin_add_account(site, role, &name, &username, &password).await?;
            say(&format!("Account {username:?} is there. Its id is {id}."))?;
            show(made, &password)
        }
        Account::Reset { config, username, password: how } => {
            let chat = admin(&config).await?;
            let (password, made) = password(&how)?;
            chat.admin_reset(&username, &password).await?;
            say(&format!("Account {username:?} has a new password, and is signed out everywhere."))?;
            show(made, &password)
        }
        Account::Disable { config, username } => {
            admin(&config).await?.admin_disable(&username, true).await?;
            say(&format!("Account {username:?} is disabled, and signed out everywhere."))
        }
        Account::Enable { config, username } => {
            admin(&config).await?.admin_disable(&username, false).await?;
            say(&format!("Account {username:?} may sign in again."))
        }
        Account::SecondStepOff { config, username } => {
            admin(&config).await?.admin_take_second_step_away(&username).await?;
            say(&format!("Account {username:?} has no second step any more, and is signed out everywhere."))
        }
        Account::Review { config } => review(&admin(&config).await?.admin_staff().await?),
    }
}

fn review(staff: &[StaffRow]) -> anyhow::Result<()> {
    let mut table = String::from("site\trole\tusername\tlast used\tsecond step\tmay sign in\n");
    for row in staff {
        let yes = |yes| if yes { "yes" } else { "no" };
        let (role, used) = (row.account.role.as_str(), row.used_at.date());
        let (second, may) = (yes(row.second_step), yes(!row.account.disabled));
        table += &format!("{}\t{role}\t{}\t{used}\t{second}\t{may}\n", row.site, row.username);
    }
    say(table.trim_end())
}

fn show(made: bool, password: &str) -> anyhow::Result<()> {
    if made { say(&format!("Its password, shown this once: {password}")) } else { Ok(()) }
}

async fn relationship(asked: Relationship) -> anyhow::Result<()> {
    let (one, state, done) = match asked {
        Relationship::Add { config, usernames } => {
            let id = admin(&config).await?.admin_add_relationship(&usernames).await?;
            return say(&format!("The relationship is there. Its id is {id}."));
        }
        Relationship::Pause(one) => (one, ConversationState::Paused, "is paused"),
        Relationship::Lift(one) => (one, ConversationState::Open, "is open again"),
        Relationship::End(one) => (one, ConversationState::Ended, "has ended"),
    };
    let chat = admin(&one.config).await?;
    chat.admin_set_relationship(one.id, state)
        .await
        .map_err(|AdminError(why)| anyhow::anyhow!("{why} (relationship {})", one.id))?;
    say(&format!("The relationship {} {done}.", one.id))
}
