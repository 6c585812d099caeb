//! A small scheme with a past: a mentor and a mentee, two supervisors and a coordinator, messages that passed and messages that
//! were held, altered, rejected and taken back.

use crate::bus::{Bus, LocalBus};
use crate::chat::{AccountSpec, Chat, Send, Sent, Signed, add_account, add_relationship, add_site};
use crate::config::SessionSettings;
use crate::fresh;
use crate::store::{Scope, Store};
use handrail_domain::filter::{Rules, Source};
use handrail_domain::ids::{Cid, ConversationId, SiteId};
use handrail_domain::people::{Account, Role, SiteSettings};
use handrail_domain::second_step::StepState;
use handrail_domain::wire::{DecisionBody, Reason};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A word that is held. What is said with it can be looked for in every byte.
pub(crate) const HELD: &str = "zebrafish";

const PACK: &str = r#"[pack]
id = "t"
version = "1"
about = "A test."

[[rule]]
id = "t.held"
category = "drugs"
severity = "medium"
why = "A test."
terms = ["zebrafish"]
hold = ["a zebrafish"]
"#;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) chat: Arc<Chat>,
    pub(crate) site: SiteId,
    pub(crate) mentor: Account,
    pub(crate) mentee: Account,
    pub(crate) supervisor: Account,
    pub(crate) coordinator: Account,
    pub(crate) pair: ConversationId,
}

pub(crate) fn open(folder: &Path) -> Arc<Chat> {
    let store = Store::open(folder).unwrap();
    let rules = Rules::compile(&[Source { name: "t.toml".into(), toml: PACK.into() }]).unwrap();
    Chat::new(store, Bus::Local(LocalBus::default()), Some(Arc::new(rules)), SessionSettings::default())
}

fn signed(account: &Account) -> Signed {
    Signed { account: account.clone(), session: [0; 32], expires_at: None, second_step: StepState::Off, proof: None }
}

impl World {
    /// The people, and nothing said.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let chat = open(folder.path());
        let made = chat.store().write(Scope::Everything, |tx| {
            let settings = SiteSettings { undo_ms: 0, ..SiteSettings::default() };
            let site = add_site(tx, "Riverside", settings)?;
            let mut add = |role, username: &str| {
                let (name, password) = (format!("{username} Quill"), String::new());
                let id = add_account(
                    tx,
                    AccountSpec { site, role, name: name.clone(), username: username.into(), password },
                )?;
                Ok::<_, crate::store::Failure>(Account { id, site, role, name, disabled: false })
            };
            let mentor = add(Role::Mentor, "mentor1")?;
            let mentee = add(Role::Mentee, "mentee1")?;
            let supervisor = add(Role::Supervisor, "supervisor1")?;
            add(Role::Supervisor, "supervisor2")?;
            let coordinator = add(Role::Coordinator, "coordinator")?;
            let pair = add_relationship(tx, site, &[mentor.id, mentee.id])?;
            Ok((site, mentor, mentee, supervisor, coordinator, pair))
        });
        let (site, mentor, mentee, supervisor, coordinator, pair) = made.await.unwrap();
        Self { folder, chat, site, mentor, mentee, supervisor, coordinator, pair }
    }

    /// With a past in which everything happened once.
    pub(crate) async fn with_past() -> Self {
        let world = Self::new().await;
        let (mentor, mentee) = (world.mentor.clone(), world.mentee.clone());
        world.say(&mentor, "how was the week").await;
        world.say(&mentee, "quiet and wet").await;
        for (text, decision) in [
            ("a zebrafish one", Some(DecisionBody::Release)),
            (
                "a zebrafish two",
                Some(DecisionBody::Alter {
                    text: "a fish two".into(),
                    reason: Reason::Other,
                    note: Some("Softer words.".into()),
                    log: Some("For us.".into()),
                }),
            ),
            (
                "a zebrafish three",
                Some(DecisionBody::Reject { reason: Reason::Other, note: "Not here.".into(), log: None }),
            ),
            ("a zebrafish four", None),
        ] {
            let sent = world.say(&mentee, text).await;
            match decision {
                Some(decision) => world.decide(&sent, decision).await,
                None => drop(world.chat.withdraw(&signed(&mentee), sent.message).await.unwrap()),
            }
        }
        world.say(&mentor, "see you on Friday").await;
        world
    }

    pub(crate) async fn say(&self, who: &Account, text: &str) -> Sent {
        let send = Send { conversation: self.pair, cid: Cid::parse(&fresh::token(12)).unwrap(), text: text.into() };
        self.chat.send(&signed(who), send).await.unwrap().await.unwrap()
    }

    /// Decides on a held message, and waits for that to take effect.
    pub(crate) async fn decide(&self, sent: &Sent, decision: DecisionBody) {
        let (who, message) = (signed(&self.supervisor), sent.message);
        let item = self.chat.store().read(move |record| record.item_of(message)).await.unwrap().unwrap();
        let claimed = self.chat.claim(&who, item.id).await.unwrap();
        self.chat.decide(&who, item.id, claimed.version, decision).await.unwrap();
        while self.chat.strike().await.unwrap() == Duration::ZERO {}
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same record in a folder of its own.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        let record = rusqlite::Connection::open(self.path().join("handrail.db")).unwrap();
        record.execute("VACUUM INTO ?1", [copy.path().join("handrail.db").to_string_lossy()]).unwrap();
        copy
    }
}
