//! The product's verbs: send, withdraw, claim, decide, read, sign in. Each loads, asks the domain, and commits in one act.
//! This module never sees a socket or a status code.

mod admin;
mod background;
mod clock;
mod duty;
mod erase;
mod filter;
mod hold;
mod idle;
mod library;
mod looks;
mod moderate;
mod oversight;
mod passkeys;
mod push;
mod read;
mod reports;
mod rota;
mod scheme;
mod seal;
mod second_step;
mod send;
mod sessions;
mod shadow;
mod staff;
mod views;
mod waits;
mod windows;

pub use admin::{AccountSpec, AdminError};
pub(crate) use admin::{add_account, add_relationship, add_site};
pub use duty::Call;
pub use erase::Erased;
pub use filter::{RestrictionSpec, ShadowReport};
pub use hold::HoldSpec;
pub use library::preview;
pub(crate) use library::put as put_article;
pub use moderate::DecidedView;
pub use passkeys::Assertion;
pub use push::{Asked, DuePushes};
pub use read::{Arrival, REPLAY_MAX};
pub use reports::{Reported, report_for, report_words};
pub use rota::may_see_queue;
pub use scheme::{Change, Denied, roles_page};
pub(crate) use scheme::{put_site_paper, write_about, write_between};
pub use second_step::{Proof, StepShown};
pub use send::{Send, Sent};
pub use sessions::session_name;
pub use sessions::{Arriving, Hashes, SignedUp, hash_password, token_hash};
pub use views::{item_for_each, plain_frame};

use crate::bus::Bus;
use crate::config::SessionSettings;
use crate::store::{Failure, Reader, Scope, Store, StoreError};
use arc_swap::ArcSwapOption;
use handrail_domain::event::Hash;
use handrail_domain::filter::Rules;
use handrail_domain::people::Account;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::second_step::StepState;
use handrail_domain::time::Timestamp;
use std::sync::Arc;
use tokio::sync::Notify;
use windows::Windows;

/// Somebody who is signed in, as their session says.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who.
    pub account: Account,
    /// Their session: the hash of its token.
    pub session: Hash,
    /// When it ends; never, if nothing.
    pub expires_at: Option<Timestamp>,
    /// How it stands with their second step.
    pub second_step: StepState,
    /// The hash of what shows that a code of it was given, and when that was.
    pub proof: Option<(Hash, Timestamp)>,
}

/// The product over a record, a bus and a set of rules.
pub struct Chat {
    store: Store,
    bus: Bus,
    rules: ArcSwapOption<Rules>,
    shadow: ArcSwapOption<shadow::Shadow>,
    windows: Windows,
    hashes: Hashes,
    lengths: SessionSettings,
    /// Rung when the clock must look at the items sooner than it thought.
    alarm: Notify,
    absent: push::Absent,
    calls: duty::Calls,
    reads: library::Reads,
    touched: idle::Touched,
}

impl Chat {
    /// The product. Without rules everything that is sent is refused as `unavailable`.
    pub fn new(store: Store, bus: Bus, rules: Option<Arc<Rules>>, lengths: SessionSettings) -> Arc<Self> {
        let windows = Windows::new(matches!(bus, Bus::Redis(_)));
        Arc::new(Self {
            store,
            bus,
            rules: ArcSwapOption::new(rules),
            shadow: ArcSwapOption::empty(),
            windows,
            hashes: Hashes::default(),
            lengths,
            alarm: Notify::new(),
            absent: push::Absent::default(),
            calls: duty::Calls::default(),
            reads: library::Reads::default(),
            touched: idle::Touched::default(),
        })
    }

    /// The record.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The bus.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The version of the rules that judge now.
    pub fn rules_version(&self) -> Option<String> {
        self.rules.load().as_ref().map(|rules| rules.version().to_owned())
    }

    /// Another set of rules judges from now on; what is being judged ends under the old one.
    pub fn set_rules(&self, rules: Arc<Rules>) {
        self.rules.store(Some(rules));
    }

    /// The same, with the packs kept in the record and a line in every site's log.
    pub async fn change_rules(&self, rules: Arc<Rules>) {
        self.set_rules(rules.clone());
        let noted = self
            .write(Scope::Everything, move |tx| {
                tx.add_rule_set(rules.version(), rules.packs(), crate::fresh::now())?;
                admin::note_rules(tx, rules.version())
            })
            .await;
        if let Err(refusal) = noted {
            tracing::error!(code = refusal.code.as_str(), "the change of rules could not be logged");
        }
    }

    /// Keeps the packs of the rules that judge now in the record, so that what they held can be read beside them.
    pub async fn keep_rules(&self) -> Result<(), Refusal> {
        let Some(rules) = self.rules.load_full() else { return Ok(()) };
        self.write(Scope::Everything, move |tx| {
            Ok(tx.add_rule_set(rules.version(), rules.packs(), crate::fresh::now())?)
        })
        .await
    }

    async fn read<T: std::marker::Send + 'static>(
        &self,
        question: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + std::marker::Send + 'static,
    ) -> Result<T, Refusal> {
        self.store.read(question).await.map_err(|error| {
            tracing::error!(%error, "the record could not be read");
            Code::Unavailable.into()
        })
    }

    async fn write<T: std::marker::Send + 'static>(
        &self,
        scope: Scope,
        act: impl FnOnce(&mut crate::store::Tx<'_>) -> Result<T, Failure> + std::marker::Send + 'static,
    ) -> Result<T, Refusal> {
        self.store.write(scope, act).await.map_err(Refusal::from)
    }
}
