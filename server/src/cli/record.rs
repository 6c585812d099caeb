//! `handrail filter` on the record: what other rules would have done, how rules have done, and which rules judged.

use super::{ConfigFile, admin, read_config};
use crate::app::load_rules;
use crate::chat::{AdminError, Chat};
use crate::config;
use crate::fresh;
use crate::lab;
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use handrail_domain::filter::Source;
use handrail_domain::refusal::Refusal;
use handrail_domain::time::{Timestamp, length_ms};
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Messages that are read at once.
const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum OfRecord {
    /// Judge again what was said, with other rules, and compare with what happened.
    Replay(Replay),
    /// Say how each rule has done: the score-card.
    Score(Score),
    /// Say what the rules in shadow would have done otherwise.
    Shadow {
        #[command(flatten)]
        config: ConfigFile,
        /// Say it in JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the packs of a set of rules that judged at some time, or write them out.
    Rules(RuleSet),
}

#[derive(Args)]
pub(super) struct Replay {
    #[command(flatten)]
    config: ConfigFile,
    /// How far back: minutes, hours or days, such as 90m, 12h or 7d.
    #[arg(long, value_name = "LENGTH", default_value = "7d", value_parser = length)]
    since: i64,
    /// The folder of the rule packs to try.
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
    /// Show what was said in the messages that are listed.
    #[arg(long)]
    show_text: bool,
}

#[derive(Args)]
pub(super) struct Score {
    #[command(flatten)]
    config: ConfigFile,
    /// The site's name or id; otherwise all sites.
    #[arg(long)]
    site: Option<String>,
    /// How far back: minutes, hours or days, such as 90m, 12h or 7d.
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = length)]
    since: i64,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RuleSet {
    #[command(flatten)]
    config: ConfigFile,
    /// The version, as an item names it; `now` for the rules of the configuration.
    version: String,
    /// A new or empty folder to write the packs to.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

fn length(text: &str) -> Result<i64, String> {
    length_ms(text).ok_or_else(|| "a length of time is a whole number of m, h or d, such as 90m, 12h or 7d".into())
}

fn ago(ms: i64) -> Timestamp {
    fresh::now().plus_ms(-ms)
}

/// A refusal in the words of the command line.
fn plain(refusal: Refusal) -> AdminError {
    refusal.into()
}

/// What is answered.
pub(super) async fn ask(asked: OfRecord) -> anyhow::Result<Vec<u8>> {
    match asked {
        OfRecord::Replay(asked) => replay(asked).await,
        OfRecord::Score(asked) => score(asked).await,
        OfRecord::Shadow { config, json } => shadow(&config, json).await,
        OfRecord::Rules(asked) => rule_set(asked).await,
    }
}

fn pretty(value: &impl serde::Serialize) -> anyhow::Result<Vec<u8>> {
    let mut out = serde_json::to_vec_pretty(value)?;
    out.push(b'\n');
    Ok(out)
}

async fn replay(asked: Replay) -> anyhow::Result<Vec<u8>> {
    let rules = load_rules(&config::Rules::Folder(asked.rules))?;
    let chat = admin(&asked.config).await?;
    let since = ago(asked.since);
    let mut replay = lab::Replay::new(rules, since, asked.show_text);
    // Before the messages, so that of what counts as decided the outcome is there when its message is read: a running server
    // decides on meanwhile.
    let items = chat.judged_items(None, since).await.map_err(plain)?;
    judge_all(&chat, &mut replay).await?;
    let report = replay.report(&items);
    if asked.json {
        return pretty(&report);
    }
    let mut out = Vec::new();
    report.write(&mut out)?;
    Ok(out)
}

/// Hands over every message from where the replay begins, page by page.
async fn judge_all(chat: &Chat, replay: &mut lab::Replay) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let page = chat.said_since(replay.begins(), after, PAGE).await.map_err(plain)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.row;
        for said in &page {
            if !replay.knows(said.conversation) {
                let (restrictions, settings) = chat.window_setting(said.conversation).await.map_err(plain)?;
                replay.learn(said.conversation, restrictions, settings.filter);
            }
            replay.judge(said)?;
        }
    }
}

async fn score(asked: Score) -> anyhow::Result<Vec<u8>> {
    let chat = admin(&asked.config).await?;
    let site = match &asked.site {
        Some(name) => Some(chat.admin_site(name).await?),
        None => None,
    };
    let since = ago(asked.since);
    let scores = chat.score_rules(site, since).await.map_err(plain)?;
    if asked.json {
        return pretty(&json!({ "since": since, "site": site, "scores": scores }));
    }
    let mut out = Vec::new();
    lab::scores(&scores, since, &mut out)?;
    Ok(out)
}

async fn shadow(config: &ConfigFile, as_json: bool) -> anyhow::Result<Vec<u8>> {
    let report = admin(config).await?.shadow_report().await.map_err(plain)?;
    if as_json {
        return pretty(&lab::shadow_json(&report));
    }
    let mut out = Vec::new();
    lab::shadow(&report, &mut out)?;
    Ok(out)
}

async fn rule_set(asked: RuleSet) -> anyhow::Result<Vec<u8>> {
    let (version, packs) = if asked.version == "now" {
        let rules = load_rules(&read_config(&asked.config)?.fixed.rules)?;
        (rules.version().to_owned(), rules.packs().to_vec())
    } else {
        let packs = admin(&asked.config).await?.rule_set(&asked.version).await?;
        (asked.version, packs)
    };
    let mut out = Vec::new();
    match asked.to {
        Some(folder) => {
            write_out(&folder, &packs)?;
            writeln!(out, "Version {version}: {} packs are in {}.", packs.len(), folder.display())?;
        }
        None => {
            writeln!(out, "Version {version}:")?;
            for pack in &packs {
                writeln!(out, "  {}  {} bytes", pack.name, pack.toml.len())?;
            }
        }
    }
    Ok(out)
}

/// Writes packs into a folder that has nothing in it, so that what is there afterwards is that set and no other.
fn write_out(folder: &Path, packs: &[Source]) -> anyhow::Result<()> {
    let advice = || format!("cannot write to the folder {}", folder.display());
    std::fs::create_dir_all(folder).with_context(advice)?;
    let is_empty = std::fs::read_dir(folder).with_context(advice)?.next().is_none();
    ensure!(is_empty, "the folder {} is not empty; name a new one", folder.display());
    for pack in packs {
        let is_name = Path::new(&pack.name).file_name().is_some_and(|name| name == pack.name.as_str());
        ensure!(is_name, "the record has a pack with a path for a name: {:?}", pack.name);
        let write = || File::create_new(folder.join(&pack.name))?.write_all(pack.toml.as_bytes());
        write().with_context(|| format!("cannot write {}", folder.join(&pack.name).display()))?;
    }
    Ok(())
}
