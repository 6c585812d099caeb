//! Sites, accounts, sessions and relationships in the record.

use super::known::Known;
use super::reader::{Reader, id, maybe_id, word};
use super::second_step::STEPS;
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::conversation::{Conversation, ConversationState, Kind, Party};
use handrail_domain::event::Hash;
use handrail_domain::idle;
use handrail_domain::ids::{AccountId, ConversationId, Seq, SiteId};
use handrail_domain::people::{Account, Role, Site};
use handrail_domain::seal::Sealed;
use handrail_domain::time::Timestamp;

/// An account to be made.
pub struct NewAccount {
    /// Who.
    pub account: Account,
    /// The name to sign in with.
    pub username: String,
    /// The argon2 hash of the password, in PHC form.
    pub password: String,
}

/// What a sign-in is checked against.
pub struct Credentials {
    /// Who.
    pub account: Account,
    /// The argon2 hash of the password, in PHC form.
    pub password: String,
}

/// An account that may see what others wrote.
pub struct StaffRow {
    /// Who.
    pub account: Account,
    /// The name of their site.
    pub site: String,
    /// The name to sign in with.
    pub username: String,
    /// When they last signed in, or were let in.
    pub used_at: Timestamp,
    /// Whether they have a second step.
    pub second_step: bool,
}

/// A session and whose it is.
pub struct SessionRow {
    /// Who is signed in.
    pub account: Account,
    /// When that ends; never, if nothing.
    pub expires_at: Option<Timestamp>,
    /// Whether the account's second step is set.
    pub second_step: bool,
    /// What shows that a code of it was given in this session, and when that was.
    pub proof: Option<(Hash, Timestamp)>,
}

pub(super) const CONVERSATION: &str = "id, site, kind, state, last_seq, sealed_by, sealed_with";
pub(super) const ACCOUNT: &str = "account.id AS account, account.site AS site, account.role AS role, account.name AS name, account.disabled AS disabled";

pub(super) fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: id(row, "account")?,
        site: id(row, "site")?,
        role: word(row, "role", Role::parse)?,
        name: row.get("name")?,
        disabled: row.get("disabled")?,
    })
}

const IDLE: &str = "SELECT session.token AS token, account.id AS account, account.site AS site, account.role AS role, account.name AS name,
        account.disabled AS disabled, session.own_phone AS own_phone, session.expires_at AS expires_at,
        coalesce(session.seen_at, session.created_at) AS seen_at,
        (SELECT count(*) FROM shift WHERE shift.account = account.id AND shift.ended_at IS NULL) AS on_duty
    FROM session JOIN account ON account.id = session.account";

fn idle_session(row: &Row<'_>) -> Result<idle::Session, StoreError> {
    Ok(idle::Session {
        role: word(row, "role", Role::parse)?,
        seen_at: Timestamp(row.get("seen_at")?),
        own_phone: row.get("own_phone")?,
        on_duty: row.get("on_duty")?,
        ends: row.get::<Option<i64>>("expires_at")?.is_some(),
    })
}

fn site(row: &Row<'_>) -> Result<Site, StoreError> {
    let settings: String = row.get("settings")?;
    let settings = serde_json::from_str(&settings).map_err(|e| StoreError::new("read a site's settings", e))?;
    Ok(Site { id: id(row, "id")?, name: row.get("name")?, settings })
}

/// A conversation without its parties.
pub(super) fn conversation(row: &Row<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: id(row, "id")?,
        site: id(row, "site")?,
        kind: word(row, "kind", |w| match w {
            "pair" => Some(Kind::Pair),
            "circle" => Some(Kind::Circle),
            _ => None,
        })?,
        state: word(row, "state", |w| match w {
            "open" => Some(ConversationState::Open),
            "paused" => Some(ConversationState::Paused),
            "ended" => Some(ConversationState::Ended),
            _ => None,
        })?,
        parties: Vec::new(),
        last_seq: row.get("last_seq")?,
        sealed: maybe_id(row, "sealed_by")?
            .zip(maybe_id(row, "sealed_with")?)
            .map(|(by, agreed)| Sealed { by, agreed }),
    })
}

pub(super) fn party(row: &Row<'_>) -> Result<Party, StoreError> {
    Ok(Party {
        account: id(row, "account")?,
        name: row.get("name")?,
        role: word(row, "role", Role::parse)?,
        read_seq: row.get("read_seq")?,
        to_read: row.get("to_read")?,
    })
}

impl Reader<'_> {
    /// The site of that id.
    pub fn site(&self, site_id: SiteId) -> Result<Option<Site>, StoreError> {
        let sql = "SELECT id, name, settings FROM site WHERE id = ?1";
        self.known(|known| known.site(site_id), Known::learn_site, || self.one(sql, params![site_id.to_string()], site))
    }

    /// Every site, by name.
    pub fn sites(&self) -> Result<Vec<Site>, StoreError> {
        self.many("SELECT id, name, settings FROM site ORDER BY name", params![], site)
    }

    /// The account of that id.
    pub fn account(&self, account_id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE id = ?1");
        let load = || self.one(&sql, params![account_id.to_string()], account);
        self.known(|known| known.account(account_id), Known::learn_account, load)
    }

    /// What a sign-in with that name is checked against.
    pub fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError> {
        self.one(
            &format!("SELECT {ACCOUNT}, password FROM account WHERE lower(username) = lower(?1)"),
            params![username],
            |row| Ok(Credentials { account: account(row)?, password: row.get("password")? }),
        )
    }

    /// The name that an account signs in with.
    pub fn username(&self, account_id: AccountId) -> Result<Option<String>, StoreError> {
        self.one("SELECT username FROM account WHERE id = ?1", params![account_id.to_string()], |row| {
            row.get("username")
        })
    }

    /// Every account of a site with its sign-in name, by name.
    pub fn accounts(&self, site_id: SiteId) -> Result<Vec<(Account, String)>, StoreError> {
        let sql = format!("SELECT {ACCOUNT}, username FROM account WHERE site = ?1 ORDER BY username");
        self.many(&sql, params![site_id.to_string()], |row| Ok((account(row)?, row.get("username")?)))
    }

    /// The accounts of a site that decide on held messages, disabled ones too.
    pub fn supervisors(&self, site_id: SiteId) -> Result<Vec<Account>, StoreError> {
        let sql = format!("SELECT {ACCOUNT} FROM account WHERE site = ?1 AND role = 'supervisor'");
        self.many(&sql, params![site_id.to_string()], account)
    }

    /// Those who answer for a site and may sign in: its supervisors and its coordinators.
    pub fn staff(&self, site_id: SiteId) -> Result<Vec<Account>, StoreError> {
        let sql = format!(
            "SELECT {ACCOUNT} FROM account WHERE site = ?1 AND role IN ('supervisor', 'coordinator') AND disabled = 0 ORDER BY id"
        );
        self.many(&sql, params![site_id.to_string()], account)
    }

    /// Every account that may see what others wrote, by site and name.
    pub fn all_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        let sql = format!(
            "SELECT {ACCOUNT}, account.username AS username, site.name AS site_name,
                    coalesce(account.used_at, account.created_at) AS used_at,
                    {STEPS} AS second_step
             FROM account JOIN site ON site.id = account.site
             WHERE account.role IN ('supervisor', 'coordinator', 'operator') ORDER BY site.name, account.username"
        );
        self.many(&sql, params![], |row| {
            Ok(StaffRow {
                account: account(row)?,
                site: row.get("site_name")?,
                username: row.get("username")?,
                used_at: Timestamp(row.get("used_at")?),
                second_step: row.get("second_step")?,
            })
        })
    }

    /// The session of that token's hash.
    pub fn session(&self, token: &Hash) -> Result<Option<SessionRow>, StoreError> {
        let sql = format!(
            "SELECT {ACCOUNT}, session.expires_at AS expires_at, session.proof AS proof, session.proved_at AS proved_at,
                    {STEPS} AS second_step
             FROM session JOIN account ON account.id = session.account WHERE session.token = ?1"
        );
        self.one(&sql, params![token], |row| {
            let proved_at = row.get::<Option<i64>>("proved_at")?.map(Timestamp);
            Ok(SessionRow {
                account: account(row)?,
                expires_at: row.get::<Option<i64>>("expires_at")?.map(Timestamp),
                second_step: row.get("second_step")?,
                proof: row.get::<Option<Hash>>("proof")?.zip(proved_at),
            })
        })
    }

    /// A session, as far as it matters whether anybody does anything in it.
    pub fn idle_session(&self, token: &Hash) -> Result<Option<idle::Session>, StoreError> {
        self.one(&format!("{IDLE} WHERE session.token = ?1"), params![token], idle_session)
    }

    /// Sessions in which nobody has done anything since a moment, the longest first, and whose they are; but for those that stay anyway.
    pub fn idle_sessions(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Hash, Account, idle::Session)>, StoreError> {
        let sql = format!(
            "{IDLE} WHERE session.own_phone = 0 AND session.expires_at IS NOT NULL
             AND coalesce(session.seen_at, session.created_at) < ?1
             ORDER BY coalesce(session.seen_at, session.created_at) LIMIT ?2"
        );
        self.many(&sql, params![before.0, limit], |row| Ok((row.get("token")?, account(row)?, idle_session(row)?)))
    }

    /// The sessions of an account that are not over, newest first: the hash of each token, when it began, and when it ends.
    pub fn open_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
    ) -> Result<Vec<(Hash, Timestamp, Option<Timestamp>)>, StoreError> {
        let sql = "SELECT token, created_at, expires_at FROM session
             WHERE account = ?1 AND (expires_at IS NULL OR expires_at > ?2) ORDER BY created_at DESC LIMIT 100";
        self.many(sql, params![account_id.to_string(), now.0], |row| {
            let ends = row.get::<Option<i64>>("expires_at")?.map(Timestamp);
            Ok((row.get("token")?, Timestamp(row.get("created_at")?), ends))
        })
    }

    /// The conversation of that id, with its parties.
    pub fn conversation(&self, conversation_id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.known(
            |known| known.conversation(conversation_id),
            Known::learn_conversation,
            || self.load_conversation(conversation_id),
        )
    }

    fn load_conversation(&self, conversation_id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let key = conversation_id.to_string();
        let head =
            self.one(&format!("SELECT {CONVERSATION} FROM conversation WHERE id = ?1"), params![&key], conversation)?;
        let Some(mut conversation) = head else { return Ok(None) };
        conversation.parties = self.many(
            "SELECT account.id AS account, account.name AS name, account.role AS role, party.read_seq AS read_seq,
                    party.to_read AS to_read
             FROM party JOIN account ON account.id = party.account WHERE party.conversation = ?1 ORDER BY account.id",
            params![key],
            party,
        )?;
        Ok(Some(conversation))
    }

    /// Conversations of a site that are `state`, the oldest first.
    pub fn conversations_in(
        &self,
        site_id: SiteId,
        state: ConversationState,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let sql = "SELECT id FROM conversation WHERE site = ?1 AND state = ?2 ORDER BY created_at, id LIMIT ?3";
        let ids: Vec<ConversationId> =
            self.many(sql, params![site_id.to_string(), state.as_str(), limit], |row| id(row, "id"))?;
        ids.into_iter().filter_map(|id| self.conversation(id).transpose()).collect()
    }

    /// Every conversation that an account is a party to, oldest first.
    pub fn conversations_of(&self, account_id: AccountId) -> Result<Vec<Conversation>, StoreError> {
        let ids: Vec<ConversationId> = self.many(
            "SELECT conversation.id AS id FROM party JOIN conversation ON conversation.id = party.conversation
             WHERE party.account = ?1 ORDER BY conversation.created_at, conversation.id",
            params![account_id.to_string()],
            |row| id(row, "id"),
        )?;
        let mut all = Vec::with_capacity(ids.len());
        for conversation_id in ids {
            all.extend(self.conversation(conversation_id)?);
        }
        Ok(all)
    }
}

impl Tx<'_> {
    /// Makes a site, or gives it new settings.
    pub fn put_site(&mut self, site: &Site) -> Result<(), StoreError> {
        let settings = serde_json::to_string(&site.settings).map_err(|e| StoreError::new("write a site", e))?;
        self.run(
            "INSERT INTO site (id, name, settings) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, settings = excluded.settings",
            params![site.id.to_string(), site.name, settings],
        )?;
        Ok(())
    }

    /// Makes an account.
    pub fn add_account(&mut self, new: &NewAccount, at: Timestamp) -> Result<(), StoreError> {
        let account = &new.account;
        self.run(
            "INSERT INTO account (id, site, role, name, username, password, disabled, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                account.id.to_string(),
                account.site.to_string(),
                account.role.as_str(),
                account.name,
                new.username,
                new.password,
                account.disabled,
                at.0
            ],
        )?;
        Ok(())
    }

    /// Gives an account another password hash.
    pub fn set_password(&mut self, account_id: AccountId, password: &str) -> Result<(), StoreError> {
        self.run("UPDATE account SET password = ?2 WHERE id = ?1", params![account_id.to_string(), password])?;
        Ok(())
    }

    /// Disables or enables an account.
    pub fn set_disabled(&mut self, account_id: AccountId, disabled: bool) -> Result<(), StoreError> {
        self.run("UPDATE account SET disabled = ?2 WHERE id = ?1", params![account_id.to_string(), disabled])?;
        Ok(())
    }

    /// Begins a session.
    pub fn add_session(
        &mut self,
        token: &Hash,
        account_id: AccountId,
        at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.run_beside(
            "INSERT INTO session (token, account, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![token, account_id.to_string(), at.0, expires_at.map(|t| t.0)],
        )?;
        Ok(())
    }

    /// A session is on a phone that its person said is theirs alone.
    pub fn on_own_phone(&mut self, token: &Hash) -> Result<(), StoreError> {
        self.run_beside("UPDATE session SET own_phone = 1 WHERE token = ?1", params![token])?;
        Ok(())
    }

    /// Somebody did something in a session. What is older than what is known changes nothing.
    pub fn seen(&mut self, token: &Hash, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE session SET seen_at = ?2 WHERE token = ?1 AND coalesce(seen_at, 0) < ?2";
        self.run_beside(sql, params![token, at.0])?;
        Ok(())
    }

    /// Somebody signed in to an account, or was let in again.
    pub fn used(&mut self, account_id: AccountId, at: Timestamp) -> Result<(), StoreError> {
        self.run_beside("UPDATE account SET used_at = ?2 WHERE id = ?1", params![account_id.to_string(), at.0])?;
        Ok(())
    }

    /// Ends one session, and its device is told nothing more. Says whether there was one.
    pub fn end_session(&mut self, token: &Hash) -> Result<bool, StoreError> {
        self.drop_device(token)?;
        Ok(self.run_beside("DELETE FROM session WHERE token = ?1", params![token])? == 1)
    }

    /// Ends all sessions of an account, and its devices are told nothing more.
    pub fn end_sessions(&mut self, account_id: AccountId) -> Result<(), StoreError> {
        self.drop_devices(account_id)?;
        self.run_beside("DELETE FROM session WHERE account = ?1", params![account_id.to_string()])?;
        Ok(())
    }

    /// Drops sessions whose time is over.
    pub fn sweep_sessions(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.run_beside("DELETE FROM session WHERE expires_at <= ?1", params![now.0])
    }

    /// Begins a conversation between these accounts.
    pub fn add_conversation(
        &mut self,
        conversation_id: ConversationId,
        site_id: SiteId,
        kind: Kind,
        parties: &[AccountId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let kind = match kind {
            Kind::Pair => "pair",
            Kind::Circle => "circle",
        };
        let key = conversation_id.to_string();
        self.run(
            "INSERT INTO conversation (id, site, kind, state, created_at) VALUES (?1, ?2, ?3, 'open', ?4)",
            params![key, site_id.to_string(), kind, at.0],
        )?;
        for party in parties {
            self.run("INSERT INTO party (conversation, account) VALUES (?1, ?2)", params![key, party.to_string()])?;
        }
        Ok(())
    }

    /// The record goes on in this epoch.
    pub fn set_epoch(&mut self, epoch: &str) -> Result<(), StoreError> {
        self.run("UPDATE meta SET value = ?1 WHERE key = 'epoch'", params![epoch])?;
        Ok(())
    }

    /// Opens, pauses or ends a conversation. The first end counts.
    pub fn set_conversation_state(
        &mut self,
        of: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let ended_at = (state == ConversationState::Ended).then_some(at.0);
        self.run(
            "UPDATE conversation SET state = ?2, ended_at = coalesce(ended_at, ?3) WHERE id = ?1",
            params![of.to_string(), state.as_str(), ended_at],
        )?;
        Ok(())
    }

    /// Moves a party's reading mark forward; never back, and never past the last message.
    pub fn set_read(&mut self, of: ConversationId, account_id: AccountId, seq: Seq) -> Result<bool, StoreError> {
        let moved = self.run_beside(
            "UPDATE party SET read_seq = (SELECT CASE WHEN last_seq < ?3 THEN last_seq ELSE ?3 END
                                          FROM conversation WHERE id = ?1)
             WHERE conversation = ?1 AND account = ?2 AND read_seq < ?3",
            params![of.to_string(), account_id.to_string(), seq],
        )?;
        self.learn(|known| {
            known.change(of, |conversation| {
                let last = conversation.last_seq;
                let reader = conversation.parties.iter_mut().find(|party| party.account == account_id);
                reader.into_iter().for_each(|party| party.read_seq = party.read_seq.max(seq.min(last)));
            });
        });
        Ok(moved == 1)
    }
}
