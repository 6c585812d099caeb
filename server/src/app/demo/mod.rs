//! The demonstration: one site with people, conversations and articles that look like life, on loopback alone.

mod library;
mod papers;
mod script;

use crate::chat::{AccountSpec, Chat, Send, add_account, add_relationship, add_site, hash_password};
use crate::fresh;
use crate::store::{BATCH_MAX, Failure, Scope, Tx};
use anyhow::Context;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::{Role, SiteSettings};
use handrail_domain::refusal::{Code, Refusal};
use library::library;
use script::{FIRST_NAMES, SCRIPTS, WORDS};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// The most relationships that a demonstration seeds.
pub const RELATIONSHIPS_MAX: usize = 20_000;
const SITE: &str = "Riverside Mentoring";
const HOURS: &str = "every day, 4pm to 11pm";
const ACCOUNTS_FILE: &str = "demo-accounts.json";

/// A line of `demo-accounts.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoAccount {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// A session token that does not expire.
    pub token: String,
    /// What the account is here to do.
    pub role: Role,
    /// Its id.
    pub account: AccountId,
    /// Its site's id.
    pub site: SiteId,
    /// Its conversations.
    pub conversations: Vec<DemoConversation>,
}

/// A conversation of a demonstration account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoConversation {
    /// Its id.
    pub id: ConversationId,
    /// The account of the other party.
    pub with: AccountId,
}

/// Seeds the record once, and writes who can sign in to `demo-accounts.json`. On a record that is seeded already it changes
/// nothing.
pub async fn seed(chat: &Arc<Chat>, folder: &Path, relationships: usize) -> anyhow::Result<Vec<DemoAccount>> {
    let file = folder.join(ACCOUNTS_FILE);
    let seeded = chat.store().read(|record| record.sites()).await?.iter().any(|site| site.name == SITE);
    if seeded {
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("{} is gone, and with it who can sign in; remove the folder to start afresh", file.display())
        })?;
        return serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()));
    }
    let password = format!("{}-{}-{}", word(), word(), word());
    let hash = tokio::task::spawn_blocking({
        let password = password.clone();
        move || hash_password(&password)
    });
    let hash = hash.await?.map_err(|refusal| anyhow::anyhow!(refusal.code.advice()))?;
    let people = chat.store().write(Scope::Everything, move |tx| people(tx, relationships, &hash)).await;
    let people = people.map_err(|failure| anyhow::anyhow!(Refusal::from(failure).code.advice()))?;
    let accounts = people.into_iter().map(|person| async {
        let token = chat.lasting_session(person.account).await?;
        Ok::<_, Refusal>(person.with_token(&password, token))
    });
    // Together, so that they share commits; but never more than the writer takes.
    let accounts = stream::iter(accounts).buffered(BATCH_MAX).try_collect::<Vec<_>>().await;
    let accounts = accounts.map_err(|refusal| anyhow::anyhow!(refusal.code.advice()))?;
    converse(chat, &accounts).await?;
    write_private(&file, &serde_json::to_vec_pretty(&accounts)?)?;
    Ok(accounts)
}

/// Tokens are keys: the file is its owner's alone.
fn write_private(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(text)?;
    Ok(out.sync_all()?)
}

fn word() -> &'static str {
    WORDS[fresh::bytes::<1>()[0] as usize % WORDS.len()]
}

struct Person {
    username: String,
    role: Role,
    account: AccountId,
    site: SiteId,
    conversations: Vec<DemoConversation>,
}

impl Person {
    fn with_token(self, password: &str, token: String) -> DemoAccount {
        DemoAccount {
            username: self.username,
            password: password.to_owned(),
            token,
            role: self.role,
            account: self.account,
            site: self.site,
            conversations: self.conversations,
        }
    }
}

/// One site, its staff, its pairs and its library, in one act.
fn people(tx: &mut Tx<'_>, relationships: usize, hash: &str) -> Result<Vec<Person>, Failure> {
    let settings = SiteSettings { hours: Some(HOURS.into()), ..SiteSettings::default() };
    let site = add_site(tx, SITE, settings)?;
    let add = |tx: &mut Tx<'_>, role: Role, name: String, username: String| -> Result<Person, Failure> {
        let spec = AccountSpec { site, role, name, username: username.clone(), password: hash.to_owned() };
        Ok(Person { username, role, account: add_account(tx, spec)?, site, conversations: Vec::new() })
    };
    let mut all = Vec::with_capacity(relationships * 2 + 3);
    for (name, username, role) in [
        ("Sam (supervisor)", "supervisor1", Role::Supervisor),
        ("Priya (supervisor)", "supervisor2", Role::Supervisor),
        ("Morgan (coordinator)", "coordinator", Role::Coordinator),
    ] {
        all.push(add(tx, role, name.into(), username.into())?);
    }
    if let [author, .., publisher] = all.as_slice() {
        library(tx, site, author.account, publisher.account)?;
    }
    let coordinator = all.last().map(|person| person.account).ok_or(Code::Internal)?;
    let by = tx.account(coordinator)?.ok_or(Code::Internal)?;
    papers::of_site(tx, &by)?;
    papers::unmatched(tx, &by, site)?;
    for pair in 1..=relationships {
        let name = |at: usize| {
            let name = FIRST_NAMES[at % FIRST_NAMES.len()];
            if at < FIRST_NAMES.len() { name.to_owned() } else { format!("{name} {}", at / FIRST_NAMES.len() + 1) }
        };
        let mut mentor = add(tx, Role::Mentor, name(2 * pair - 2), format!("mentor{pair}"))?;
        let mut mentee = add(tx, Role::Mentee, name(2 * pair - 1), format!("mentee{pair}"))?;
        let id = add_relationship(tx, site, &[mentor.account, mentee.account])?;
        if pair <= papers::PAIRS_MAX {
            papers::pair(tx, &by, pair, mentor.account, mentee.account, id)?;
        }
        mentor.conversations.push(DemoConversation { id, with: mentee.account });
        mentee.conversations.push(DemoConversation { id, with: mentor.account });
        all.extend([mentor, mentee]);
    }
    Ok(all)
}

/// The seeded talk goes the way of all messages: judged, recorded, delivered.
async fn converse(chat: &Arc<Chat>, accounts: &[DemoAccount]) -> anyhow::Result<()> {
    let pairs: Vec<_> = accounts.iter().filter(|account| account.role.converses()).collect();
    for (at, pair) in pairs.chunks_exact(2).enumerate() {
        let [mentor, mentee] = pair else { continue };
        let talk = say(chat, mentor, mentee, SCRIPTS[at % SCRIPTS.len()]).await;
        talk.map_err(|refusal| anyhow::anyhow!("the demonstration's talk: {}", refusal.code.advice()))?;
    }
    Ok(())
}

async fn say(chat: &Arc<Chat>, mentor: &DemoAccount, mentee: &DemoAccount, lines: &[&str]) -> Result<(), Refusal> {
    let (mentor_in, mentee_in) = (chat.session(&mentor.token).await?, chat.session(&mentee.token).await?);
    let Some(conversation) = mentor.conversations.first().map(|conversation| conversation.id) else { return Ok(()) };
    let mut waiting = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let who = if at % 2 == 0 { &mentor_in } else { &mentee_in };
        let cid = handrail_domain::ids::Cid::parse(&format!("seed-{at}")).ok_or(Code::Internal)?;
        waiting.push(chat.send(who, Send { conversation, cid, text: (*line).to_owned() }).await?);
    }
    for durable in waiting {
        durable.await?;
    }
    Ok(())
}
