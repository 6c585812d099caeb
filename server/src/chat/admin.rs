//! What runs a scheme without a screen: sites, accounts, relationships.

use super::Chat;
use super::scheme::basis_needed;
use super::sessions::hash_password;
use crate::fresh;
use crate::store::{Failure, NewAccount, Scope, Tx};
use handrail_domain::conversation::{Conversation, ConversationState, Kind};
use handrail_domain::event::{AccountAct, ConversationAct, Event, What};
use handrail_domain::finding::Severity;
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::{Account, HOURS_CHARS_MAX, Role, Site, SiteSettings, TARGET_MS_MAX, Targets};
use handrail_domain::refusal::{Code, Refusal};
use std::fmt;

/// Why an administrator's act was not done, with what to do next.
#[derive(Debug)]
pub struct AdminError(pub String);

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AdminError {}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        AdminError(refusal.code.advice().to_owned())
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct AccountSpec {
    /// Its scheme.
    pub site: SiteId,
    /// What it is here to do.
    pub role: Role,
    /// The name that others see.
    pub name: String,
    /// The name to sign in with.
    pub username: String,
    /// The argon2 hash of its password.
    pub password: String,
}

pub(super) fn event(site: SiteId, what: What) -> Event {
    Event {
        at: fresh::now(),
        site,
        conversation: None,
        message: None,
        actor: None,
        accounts: Vec::new(),
        queue: false,
        what,
    }
}

/// Makes an account inside an act.
pub(crate) fn add_account(tx: &mut Tx<'_>, spec: AccountSpec) -> Result<AccountId, Failure> {
    let id = AccountId::from_bits(fresh::bits());
    let account = Account { id, site: spec.site, role: spec.role, name: spec.name, disabled: false };
    tx.add_account(&NewAccount { account, username: spec.username, password: spec.password }, fresh::now())?;
    tx.append(event(spec.site, What::Account { account: id, act: AccountAct::Add }))?;
    Ok(id)
}

/// Begins a relationship inside an act.
pub(crate) fn add_relationship(
    tx: &mut Tx<'_>,
    site: SiteId,
    parties: &[AccountId],
) -> Result<ConversationId, Failure> {
    let id = ConversationId::from_bits(fresh::bits());
    let kind = if parties.len() > 2 { Kind::Circle } else { Kind::Pair };
    tx.add_conversation(id, site, kind, parties, fresh::now())?;
    let begun = event(site, What::Conversation { act: ConversationAct::Begin });
    tx.append(Event { conversation: Some(id), accounts: parties.to_vec(), ..begun })?;
    Ok(id)
}

/// Opens, pauses or ends a relationship inside an act; an end closes its open items. Says whether it was otherwise before.
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    state: ConversationState,
    by: Option<AccountId>,
) -> Result<bool, Failure> {
    let now = fresh::now();
    let Some((changed, event)) = conversation.becomes(state, by, now)? else { return Ok(false) };
    tx.set_conversation_state(conversation.id, changed.state, now)?;
    tx.append(event)?;
    if state == ConversationState::Ended {
        for item in tx.open_items_of(conversation.id)? {
            super::clock::wake(tx, item, now)?;
        }
    }
    Ok(true)
}

/// Makes a site inside an act.
pub(crate) fn add_site(tx: &mut Tx<'_>, name: &str, settings: SiteSettings) -> Result<SiteId, Failure> {
    let id = SiteId::from_bits(fresh::bits());
    tx.put_site(&Site { id, name: name.to_owned(), settings })?;
    tx.append(event(id, What::Site { name: name.to_owned() }))?;
    Ok(id)
}

/// Writes a change of rules into every site's log.
pub(super) fn note_rules(tx: &mut Tx<'_>, version: &str) -> Result<(), Failure> {
    for site in tx.sites()? {
        tx.append(event(site.id, What::Rules { version: version.to_owned() }))?;
    }
    Ok(())
}

/// A name for signing in: 3 to 64 of letters, digits, dot, dash, underscore, at.
pub(super) fn good_username(username: &str) -> Result<(), AdminError> {
    let good = (3..=64).contains(&username.len())
        && username.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@'));
    let advice = "a username has 3 to 64 of A-Z a-z 0-9 . - _ @; choose another";
    if good { Ok(()) } else { Err(AdminError(advice.into())) }
}

/// A name that people see: 1 to 80 characters.
pub(super) fn good_name(name: &str) -> Result<(), AdminError> {
    let good = (1..=80).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
    if good { Ok(()) } else { Err(AdminError("a name has 1 to 80 characters on one line; choose another".into())) }
}

/// How many guesses a password must take, as a power of ten: what a person tries over a network, with ten tries in five minutes, never comes
/// near it.
const GUESSES_LOG10_MIN: f64 = 8.0;

/// A password: 12 to 128 characters, 15 for staff (OWASP ASVS 5.0, 6.2.1; the MoJ's guide for high-value accounts), and none that is on lists of
/// common ones or made of the names that go with it (6.2.4, 6.2.11; lists and estimate are zxcvbn's). Nothing else is asked of it.
pub(super) fn good_password(role: Role, password: &str, about: &[&str]) -> Result<(), AdminError> {
    let least = if role.converses() { 12 } else { 15 };
    if !(least..=128).contains(&password.chars().count()) {
        return Err(AdminError(format!("a password for this role has {least} to 128 characters; choose another")));
    }
    let known: Vec<&str> = about.iter().copied().chain(["handrail"]).collect();
    if zxcvbn::zxcvbn(password, &known).guesses_log10() < GUESSES_LOG10_MIN {
        let advice = "this password is too easy to guess; choose three or four words that do not belong together";
        return Err(AdminError(advice.into()));
    }
    Ok(())
}

impl Chat {
    /// Makes a site of that name.
    pub async fn admin_add_site(&self, name: &str) -> Result<SiteId, AdminError> {
        good_name(name)?;
        let name = name.trim().to_owned();
        let taken = self.read(|record| record.sites()).await?.iter().any(|site| site.name == name);
        if taken {
            return Err(AdminError(format!("there is a site called {name:?} already; choose another name")));
        }
        Ok(self.write(Scope::Everything, move |tx| add_site(tx, &name, SiteSettings::default())).await?)
    }

    /// The site of that name or id.
    pub async fn admin_site(&self, name_or_id: &str) -> Result<SiteId, AdminError> {
        let sites = self.read(|record| record.sites()).await?;
        let found = sites.iter().find(|site| site.name == name_or_id || site.id.to_string() == name_or_id);
        let names: Vec<_> = sites.iter().map(|site| format!("{:?}", site.name)).collect();
        found.map(|site| site.id).ok_or_else(|| {
            AdminError(format!(
                "there is no site {name_or_id:?}; there are: {}; add one with `handrail site add`",
                names.join(", ")
            ))
        })
    }

    /// The account of that sign-in name.
    pub async fn admin_account(&self, username: &str) -> Result<Account, AdminError> {
        let name = username.to_owned();
        let found = self.read(move |record| record.credentials(&name)).await?;
        found
            .map(|found| found.account)
            .ok_or_else(|| AdminError(format!("there is no account {username:?}; add one with `handrail account add`")))
    }

    /// Makes an account.
    pub async fn admin_add_account(
        &self,
        site: SiteId,
        role: Role,
        name: &str,
        username: &str,
        password: &str,
    ) -> Result<AccountId, AdminError> {
        good_name(name)?;
        good_username(username)?;
        good_password(role, password, &[name, username])?;
        if self.admin_account(username).await.is_ok() {
            return Err(AdminError(format!("the username {username:?} is taken; choose another")));
        }
        let password = hash_password(password)?;
        let spec = AccountSpec { site, role, name: name.trim().to_owned(), username: username.to_owned(), password };
        Ok(self.write(Scope::Everything, move |tx| add_account(tx, spec)).await?)
    }

    /// Gives an account a new password, and ends its sessions.
    pub async fn admin_reset(&self, username: &str, password: &str) -> Result<(), AdminError> {
        let account = self.admin_account(username).await?;
        good_password(account.role, password, &[&account.name, username])?;
        let hash = hash_password(password)?;
        Ok(self
            .write(Scope::Everything, move |tx| {
                tx.set_password(account.id, &hash)?;
                tx.end_sessions(account.id)?;
                Ok(tx.append(event(account.site, What::Account { account: account.id, act: AccountAct::Reset }))?)
            })
            .await?)
    }

    /// Disables an account, or enables it again. Disabling ends its sessions.
    pub async fn admin_disable(&self, username: &str, disabled: bool) -> Result<(), AdminError> {
        let account = self.admin_account(username).await?;
        let act = if disabled { AccountAct::Disable } else { AccountAct::Enable };
        Ok(self
            .write(Scope::Everything, move |tx| {
                tx.set_disabled(account.id, disabled)?;
                tx.used(account.id, fresh::now())?;
                tx.end_sessions(account.id)?;
                Ok(tx.append(event(account.site, What::Account { account: account.id, act }))?)
            })
            .await?)
    }

    /// Begins a relationship between these accounts, all of one site and of roles that converse.
    pub async fn admin_add_relationship(&self, usernames: &[String]) -> Result<ConversationId, AdminError> {
        let mut parties: Vec<Account> = Vec::new();
        for username in usernames {
            let account = self.admin_account(username).await?;
            if !account.role.converses() {
                let role = account.role.as_str();
                return Err(AdminError(format!(
                    "{username:?} is a {role}, who takes no part in conversations; name a mentor or mentee"
                )));
            }
            if parties.iter().any(|other| other.id == account.id) {
                return Err(AdminError(format!("{username:?} is named twice; name each person once")));
            }
            parties.push(account);
        }
        let site = parties.first().map(|account| account.site).filter(|_| parties.len() >= 2);
        let site = site.ok_or_else(|| AdminError("a relationship needs two people or more; name them all".into()))?;
        if parties.iter().any(|account| account.site != site) {
            return Err(AdminError("these people belong to different sites; pair people of one site".into()));
        }
        if let Some(advice) = self.read(move |record| basis_needed(record, site)).await? {
            return Err(AdminError(advice.into()));
        }
        let ids: Vec<AccountId> = parties.iter().map(|account| account.id).collect();
        Ok(self.write(Scope::Everything, move |tx| add_relationship(tx, site, &ids)).await?)
    }

    /// Chooses whether a site asks the senders of altered texts, and how long they have to answer, in milliseconds.
    pub async fn admin_set_consent(&self, site: SiteId, asks_for_ms: Option<i64>) -> Result<(), AdminError> {
        let chosen = self.write(Scope::Everything, move |tx| {
            let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
            let answer_ms = asks_for_ms.unwrap_or(settings.answer_ms);
            let settings = SiteSettings { consent: asks_for_ms.is_some(), answer_ms, ..settings };
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            Ok(tx.append(event(id, What::Site { name }))?)
        });
        Ok(chosen.await?)
    }

    /// Chooses how long a message of each severity may wait before it rings; what is held already keeps its time.
    pub async fn admin_set_targets(&self, site: SiteId, target_ms: Targets) -> Result<(), AdminError> {
        if Severity::ALL.iter().any(|severity| !(1..=TARGET_MS_MAX).contains(&target_ms.of(*severity))) {
            return Err(AdminError("a target time is at least a minute and at most seven days".into()));
        }
        let chosen = self.write(Scope::Everything, move |tx| {
            let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
            let settings = SiteSettings { target_ms, ..settings };
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            Ok(tx.append(event(id, What::Site { name }))?)
        });
        Ok(chosen.await?)
    }

    /// Says when a site's team is there, in words for people who wait; nothing, if it does not say.
    pub async fn admin_set_hours(&self, site: SiteId, hours: Option<String>) -> Result<(), AdminError> {
        if let Some(words) = &hours
            && (words.trim().is_empty() || words.chars().count() > HOURS_CHARS_MAX)
        {
            return Err(AdminError(format!("give between 1 and {HOURS_CHARS_MAX} characters")));
        }
        let chosen = self.write(Scope::Everything, move |tx| {
            let Site { id, name, settings } = tx.site(site)?.ok_or(Code::NotFound)?;
            let settings = SiteSettings { hours: hours.map(|words| words.trim().to_owned()), ..settings };
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            Ok(tx.append(event(id, What::Site { name }))?)
        });
        Ok(chosen.await?)
    }

    /// Opens, pauses or ends a relationship. An end closes its open items as expired.
    pub async fn admin_set_relationship(&self, id: ConversationId, state: ConversationState) -> Result<(), AdminError> {
        self.write(Scope::Everything, move |tx| {
            let conversation = tx.conversation(id)?.ok_or(Code::NotFound)?;
            set_state(tx, &conversation, state, None).map(|_| ())
        })
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_on_no_list_and_nothing_else_is_asked_of_it() {
        let good = |role, password: &str| good_password(role, password, &["Robin Example", "robin"]).is_ok();
        for password in
            ["three words in a row", "lamp-otter-gravel", "ein Gedicht über Enten", "correcthorsebatterystaple"]
        {
            assert!(good(Role::Mentee, password) && good(Role::Supervisor, password), "{password}");
        }
        for password in [
            "passwordpassword",
            "123456789012345",
            "qwertyuiopasdfgh",
            "robinrobinrobin1",
            "handrailhandrail",
            "aaaaaaaaaaaaaaaa",
        ] {
            assert!(!good(Role::Mentee, password), "{password}");
        }
        assert!(
            !good(Role::Mentee, "elevenchars")
                && good(Role::Mentee, "twelve chars")
                && !good(Role::Coordinator, "twelve chars")
        );
        assert!(!good(Role::Mentee, &"long words ".repeat(12)));
        assert!(good(Role::Mentee, "  spaces at both ends  "), "nothing is taken off");
    }
}
