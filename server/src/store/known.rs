//! What the writer has loaded already and nobody has changed since: sites, accounts and conversations, which every send asks for.
//! Any statement but those that are known to touch none of them forgets everything, so that what is remembered is never old.

use handrail_domain::conversation::Conversation;
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::{Account, Site};
use std::collections::HashMap;

/// Sites, accounts and conversations remembered at once, of each kind; beyond it all are forgotten.
const KNOWN_MAX: usize = 20_000;

/// What is remembered.
#[derive(Default)]
pub(super) struct Known {
    /// Whether the act that runs has written anything. What it learned since is not so if it is undone.
    written: bool,
    sites: HashMap<SiteId, Site>,
    accounts: HashMap<AccountId, Account>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl Known {
    /// Another act begins.
    pub(super) fn begin_act(&mut self) {
        self.written = false;
    }

    /// The act that runs writes something.
    pub(super) fn write(&mut self) {
        self.written = true;
    }

    /// The act that ran is undone. Says whether it wrote anything: one that only looked, as a claim that came second, leaves what is
    /// remembered as it was.
    pub(super) fn undo_act(&mut self) -> bool {
        if self.written {
            self.forget();
        }
        self.written
    }

    pub(super) fn forget(&mut self) {
        self.sites.clear();
        self.accounts.clear();
        self.conversations.clear();
    }

    pub(super) fn site(&self, id: SiteId) -> Option<Site> {
        self.sites.get(&id).cloned()
    }

    pub(super) fn learn_site(&mut self, site: &Site) {
        remember(&mut self.sites, site.id, site);
    }

    pub(super) fn account(&self, id: AccountId) -> Option<Account> {
        self.accounts.get(&id).cloned()
    }

    pub(super) fn learn_account(&mut self, account: &Account) {
        remember(&mut self.accounts, account.id, account);
    }

    pub(super) fn conversation(&self, id: ConversationId) -> Option<Conversation> {
        self.conversations.get(&id).cloned()
    }

    pub(super) fn learn_conversation(&mut self, conversation: &Conversation) {
        remember(&mut self.conversations, conversation.id, conversation);
    }

    /// A conversation as it is after a statement that changed it.
    pub(super) fn change(&mut self, id: ConversationId, change: impl FnOnce(&mut Conversation)) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            change(conversation);
        }
    }
}

fn remember<K: std::hash::Hash + Eq, V: Clone>(all: &mut HashMap<K, V>, key: K, value: &V) {
    if all.len() >= KNOWN_MAX {
        all.clear();
    }
    all.insert(key, value.clone());
}
