//! Codes that let somebody in, and who has come in.

use super::people::{ACCOUNT, account};
use super::reader::{Reader, id};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::event::Hash;
use handrail_domain::ids::{AccountId, SiteId};
use handrail_domain::people::Account;
use handrail_domain::scheme::invite::Invite;
use handrail_domain::time::Timestamp;

/// An account as a coordinator sees it.
pub struct PersonRow {
    /// Who.
    pub account: Account,
    /// Whether they have chosen a password.
    pub joined: bool,
    /// Since when there is this account.
    pub since: Timestamp,
    /// Their last invitation.
    pub invite: Option<Invite>,
    /// Relationships of theirs that are open or paused.
    pub relationships: usize,
}

const PERSON: &str = "account.created_at AS since, CASE WHEN account.password = '' THEN 0 ELSE 1 END AS joined,
     (SELECT count(*) FROM party JOIN conversation ON conversation.id = party.conversation
      WHERE party.account = account.id AND conversation.state <> 'ended') AS relationships,
     (SELECT max(made_at) FROM invite WHERE invite.account = account.id) AS made_at,
     (SELECT max(until) FROM invite WHERE invite.account = account.id AND ended_at IS NULL) AS until";

fn person(row: &Row<'_>) -> Result<PersonRow, StoreError> {
    let made_at = row.get::<Option<i64>>("made_at")?.map(Timestamp);
    let until = row.get::<Option<i64>>("until")?.map(Timestamp);
    // An invitation that is not open ended some time; when does not matter here.
    let invite = made_at.map(|made_at| Invite {
        made_at,
        until: until.unwrap_or(made_at),
        ended_at: until.is_none().then_some(made_at),
    });
    Ok(PersonRow {
        account: account(row)?,
        joined: row.get("joined")?,
        since: Timestamp(row.get("since")?),
        invite,
        relationships: row.get("relationships")?,
    })
}

impl Reader<'_> {
    /// Everybody of a site, by name.
    pub fn everybody(&self, site: SiteId) -> Result<Vec<PersonRow>, StoreError> {
        let sql = format!("SELECT {ACCOUNT}, {PERSON} FROM account WHERE site = ?1 ORDER BY lower(name), id");
        self.many(&sql, params![site.to_string()], person)
    }

    /// One of them.
    pub fn person(&self, of: AccountId) -> Result<Option<PersonRow>, StoreError> {
        let sql = format!("SELECT {ACCOUNT}, {PERSON} FROM account WHERE id = ?1");
        self.one(&sql, params![of.to_string()], person)
    }

    /// Whom a code lets in, and the invitation.
    pub fn invite(&self, code: &Hash) -> Result<Option<(AccountId, Invite)>, StoreError> {
        let sql = "SELECT account, made_at, until, ended_at FROM invite WHERE code = ?1";
        self.one(sql, params![code], |row| {
            let invite = Invite {
                made_at: Timestamp(row.get("made_at")?),
                until: Timestamp(row.get("until")?),
                ended_at: row.get::<Option<i64>>("ended_at")?.map(Timestamp),
            };
            Ok((id(row, "account")?, invite))
        })
    }
}

impl Tx<'_> {
    /// A code lets somebody in from now on; one before it does no more.
    pub fn add_invite(
        &mut self,
        code: &Hash,
        of: AccountId,
        by: Option<AccountId>,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.end_invites(of, at)?;
        let by = by.map(|by| by.to_string());
        let sql = "INSERT INTO invite (code, account, made_by, made_at, until) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.run_beside(sql, params![code, of.to_string(), by, at.0, until.0])?;
        Ok(())
    }

    /// No code lets them in any more.
    pub fn end_invites(&mut self, of: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE invite SET ended_at = ?2 WHERE account = ?1 AND ended_at IS NULL";
        self.run_beside(sql, params![of.to_string(), at.0])?;
        Ok(())
    }

    /// Gives an account the name and the password hash that its person chose.
    pub fn enter(&mut self, of: AccountId, username: &str, password: &str) -> Result<(), StoreError> {
        let sql = "UPDATE account SET username = ?2, password = ?3 WHERE id = ?1";
        self.run(sql, params![of.to_string(), username, password])?;
        Ok(())
    }
}
