//! Drills: what is promised for a bad day, tried on a good one. Everything happens in a scratch folder of its own with made-up people; the
//! record of the configuration is neither read nor written.

use super::check::Looked;
use super::demo::{self, DemoAccount};
use crate::bus::{Bus, BusHealth, LocalBus, RedisBus};
use crate::chat::{Chat, Send, Sent, Signed};
use crate::config::SessionSettings;
use crate::fresh;
use crate::records::{self, Restored};
use crate::store::{Store, lock};
use anyhow::Context as _;
use handrail_domain::conversation::MessageStatus;
use handrail_domain::filter::Rules;
use handrail_domain::ids::{Cid, ConversationId};
use handrail_domain::people::Role;
use handrail_domain::refusal::{Code, Refusal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Said in a drill: nothing in it is held by any rules that a scheme would have.
const HARMLESS: &str = "The bus was late again, so I walked home.";
/// The same, to be held by the rules that come with the product.
const UNSAFE: &str = "Do not tell anybody, call me on 07700 900123 tonight.";
/// A Redis that is not there: port 1 of this machine, where nobody listens.
const NO_REDIS: &str = "redis://127.0.0.1:1/";
/// Messages of a conversation that are looked through.
const LOOKED_AT: usize = 200;

/// A folder that goes with its drill.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("handrail-drill-{}", fresh::token(12)));
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It holds made-up people, or a copy that the operator has anyway; what cannot be removed lies in the folder for such.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// Takes rules, record and Redis away in turn, and says what became of what was said meanwhile. Blocks for some seconds.
///
/// # Errors
/// If the drill itself could not be carried out.
pub async fn fail_closed(rules: Rules) -> anyhow::Result<Vec<Looked>> {
    let scratch = Scratch::new()?;
    let store = Store::open(&scratch.0)?;
    let rules = Arc::new(rules);
    let chat = |bus: Bus, rules: Option<Arc<Rules>>| Chat::new(store.clone(), bus, rules, SessionSettings::default());
    let whole = chat(Bus::Local(LocalBus::default()), Some(rules.clone()));
    let people = demo::seed(&whole, &scratch.0, 1).await?;
    let stage = Stage::new(&whole, &people).await?;
    let without_rules = chat(Bus::Local(LocalBus::default()), None);
    let redis = RedisBus::connect(NO_REDIS, store.clone()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let without_redis = chat(Bus::Redis(redis), Some(rules));
    Ok(vec![
        Looked { what: "all is there", found: stage.usual(&whole).await },
        Looked { what: "no rules", found: stage.no_rules(&without_rules).await },
        Looked { what: "no record", found: stage.no_record(&whole, &scratch.0).await },
        Looked { what: "no Redis", found: stage.no_redis(&without_redis).await },
    ])
}

/// Puts a backup back in a scratch folder and checks all of it, as the product would on the day.
///
/// # Errors
/// If the scratch folder could not be made.
pub async fn restore(backup: &Path) -> anyhow::Result<Looked> {
    let scratch = Scratch::new()?;
    let begun = Instant::now();
    let found = restored(backup, &scratch.0.join("data")).await;
    let found = found.map(|lines| format!("{lines} lines, checked and put back in {} s", begun.elapsed().as_secs()));
    Ok(Looked { what: "backup", found: found.map_err(|error| format!("{error:#}")) })
}

async fn restored(backup: &Path, data: &Path) -> anyhow::Result<u64> {
    let Restored { n, .. } = records::restore(backup, data, false).await?;
    let store = Store::open(data)?;
    let whole = store.read(|record| Ok(records::verify(record, 1).is_ok_and(|audit| audit.is_whole()))).await?;
    anyhow::ensure!(whole, "the record that was put back is not whole: `handrail audit verify` on it says where");
    Ok(n)
}

/// Who says things in a drill, and where.
struct Stage {
    mentee: Signed,
    conversation: ConversationId,
}

impl Stage {
    async fn new(chat: &Chat, people: &[DemoAccount]) -> anyhow::Result<Self> {
        let mentee = people.iter().find(|one| one.role == Role::Mentee && !one.conversations.is_empty());
        let mentee = mentee.context("the made-up people have no mentee")?;
        let signed = chat.session(&mentee.token).await.map_err(|refusal| anyhow::anyhow!(refusal.code.advice()))?;
        Ok(Self { mentee: signed, conversation: mentee.conversations[0].id })
    }

    async fn says(&self, chat: &Arc<Chat>, cid: &Cid, text: &str) -> Result<Sent, Refusal> {
        let send = Send { conversation: self.conversation, cid: cid.clone(), text: text.to_owned() };
        chat.send(&self.mentee, send).await?.await
    }

    /// How many harmless messages were delivered so far, and how many unsafe ones.
    async fn delivered(&self, chat: &Chat) -> Result<(usize, usize), String> {
        let conversation = self.conversation;
        let said = chat.store().read(move |record| record.history(conversation, None, LOOKED_AT)).await;
        let said = said.map_err(|error| error.to_string())?.0;
        let often = |text: &str| said.iter().filter(|message| message.text.as_str() == text).count();
        Ok((often(HARMLESS), often(UNSAFE)))
    }

    /// That since then so many harmless messages were delivered, and none that is unsafe.
    async fn expect(&self, chat: &Chat, before: (usize, usize), harmless: usize) -> Result<(), String> {
        let (now, unsafe_now) = self.delivered(chat).await?;
        let (found, unsafe_found) = (now - before.0, unsafe_now - before.1);
        if unsafe_found > 0 {
            return Err("an unsafe message was delivered".to_owned());
        }
        let wrong = || format!("a harmless message was delivered {found} times, and should have been {harmless} times");
        (found == harmless).then_some(()).ok_or_else(wrong)
    }

    async fn expect_refused(&self, chat: &Arc<Chat>, cid: &Cid, text: &str) -> Result<(), String> {
        match self.says(chat, cid, text).await {
            Err(refusal) if refusal.code == Code::Unavailable => Ok(()),
            Err(refusal) => {
                Err(format!("a message was refused as {}, which does not say to ask again", refusal.code.as_str()))
            }
            Ok(sent) => Err(format!("a message was taken as {}", sent.status.as_str())),
        }
    }

    async fn expect_taken(
        &self,
        chat: &Arc<Chat>,
        cid: &Cid,
        text: &str,
        as_what: MessageStatus,
    ) -> Result<(), String> {
        match self.says(chat, cid, text).await {
            Ok(sent) if sent.status == as_what => Ok(()),
            Ok(sent) => Err(format!("a message was {} and should be {}", sent.status.as_str(), as_what.as_str())),
            Err(refusal) => Err(format!("a message was refused as {}", refusal.code.as_str())),
        }
    }

    async fn usual(&self, chat: &Arc<Chat>) -> Result<String, String> {
        let before = self.delivered(chat).await?;
        self.expect_taken(chat, &cid("harmless"), HARMLESS, MessageStatus::Delivered).await?;
        self.expect_taken(chat, &cid("unsafe"), UNSAFE, MessageStatus::Held).await?;
        self.expect(chat, before, 1).await?;
        Ok("what is harmless is delivered, what is unsafe waits for a person".to_owned())
    }

    async fn no_rules(&self, chat: &Arc<Chat>) -> Result<String, String> {
        let before = self.delivered(chat).await?;
        self.expect_refused(chat, &cid("no-rules-1"), HARMLESS).await?;
        self.expect_refused(chat, &cid("no-rules-2"), UNSAFE).await?;
        self.expect(chat, before, 0).await?;
        Ok("nothing is taken; senders are told to ask again".to_owned())
    }

    /// Somebody else holds the file, so no act gets in; then they let go, and the sender says the same again.
    async fn no_record(&self, chat: &Arc<Chat>, folder: &Path) -> Result<String, String> {
        let before = self.delivered(chat).await?;
        let (asked, folder) = (cid("no-record"), folder.to_owned());
        let locked = tokio::task::spawn_blocking(move || lock(&folder)).await.map_err(|error| error.to_string())?;
        let locked = locked.map_err(|error| error.to_string())?;
        self.expect_refused(chat, &asked, HARMLESS).await?;
        self.expect(chat, before, 0).await?;
        drop(locked);
        self.expect_taken(chat, &asked, HARMLESS, MessageStatus::Delivered).await?;
        self.expect_taken(chat, &asked, HARMLESS, MessageStatus::Delivered).await?;
        self.expect(chat, before, 1).await?;
        Ok("nothing is taken; said again once it is back, a message is delivered once".to_owned())
    }

    async fn no_redis(&self, chat: &Arc<Chat>) -> Result<String, String> {
        let before = self.delivered(chat).await?;
        if chat.bus().health() == BusHealth::Ok {
            return Err("a Redis that is not there counts as well".to_owned());
        }
        self.expect_taken(chat, &cid("no-redis-1"), HARMLESS, MessageStatus::Delivered).await?;
        self.expect_taken(chat, &cid("no-redis-2"), UNSAFE, MessageStatus::Held).await?;
        self.expect(chat, before, 1).await?;
        Ok("this node goes on: what is harmless is delivered, what is unsafe is in the record and waits".to_owned())
    }
}

#[expect(clippy::expect_used, reason = "the words of this file")]
fn cid(word: &str) -> Cid {
    Cid::parse(word).expect("letters and hyphens")
}
