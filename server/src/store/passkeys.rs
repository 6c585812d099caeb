//! Passkeys in the record, and what a device must sign next.

use super::reader::Reader;
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::ids::AccountId;
use handrail_domain::passkey::{CHALLENGE_BYTES, Made};
use handrail_domain::time::Timestamp;

/// What a device must sign.
pub type Challenge = [u8; CHALLENGE_BYTES];

/// A passkey of somebody's.
pub struct PasskeyRow {
    /// What its device showed, with how often that had signed when it was last used.
    pub made: Made,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

const PASSKEY: &str = "SELECT id, public_key, name, sign_count, made_at, used_at FROM passkey";

fn passkey(row: &Row<'_>) -> Result<PasskeyRow, StoreError> {
    let (id, public_key) = (row.get("id")?, row.get("public_key")?);
    Ok(PasskeyRow {
        made: Made { id, public_key, sign_count: row.get("sign_count")? },
        name: row.get("name")?,
        at: Timestamp(row.get("made_at")?),
        used_at: row.get::<Option<i64>>("used_at")?.map(Timestamp),
    })
}

impl Reader<'_> {
    /// Somebody's passkeys, the oldest first.
    pub fn passkeys(&self, of: AccountId) -> Result<Vec<PasskeyRow>, StoreError> {
        self.many(&format!("{PASSKEY} WHERE account = ?1 ORDER BY made_at, id"), params![of.to_string()], passkey)
    }

    /// One of them.
    pub fn passkey(&self, of: AccountId, id: &[u8]) -> Result<Option<PasskeyRow>, StoreError> {
        self.one(&format!("{PASSKEY} WHERE account = ?1 AND id = ?2"), params![of.to_string(), id], passkey)
    }

    /// Whether any account has this passkey.
    pub fn knows_passkey(&self, id: &[u8]) -> Result<bool, StoreError> {
        Ok(self.one(&format!("{PASSKEY} WHERE id = ?1"), params![id], passkey)?.is_some())
    }
}

impl Tx<'_> {
    /// A device has made a passkey.
    pub fn add_passkey(&mut self, of: AccountId, made: &Made, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let key = of.to_string();
        // A colleague who asks for the second step to be taken away is noted in this row.
        let sql = "INSERT INTO second_step (account) VALUES (?1) ON CONFLICT (account) DO NOTHING";
        self.run_beside(sql, params![&key])?;
        let sql =
            "INSERT INTO passkey (id, account, public_key, name, sign_count, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.run_beside(sql, params![&made.id, &key, &made.public_key, name, made.sign_count, at.0])?;
        Ok(())
    }

    /// A passkey was used, and its device says that it has signed so often.
    pub fn used_passkey(&mut self, id: &[u8], sign_count: u32, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE passkey SET sign_count = ?2, used_at = ?3 WHERE id = ?1";
        self.run_beside(sql, params![id, sign_count, at.0])?;
        Ok(())
    }

    /// A passkey is no more. Says whether there was one.
    pub fn drop_passkey(&mut self, of: AccountId, id: &[u8]) -> Result<bool, StoreError> {
        Ok(self.run_beside("DELETE FROM passkey WHERE account = ?1 AND id = ?2", params![of.to_string(), id])? == 1)
    }

    /// What a device of somebody's must sign next: the one before does not count any more.
    pub fn set_challenge(&mut self, of: AccountId, challenge: &Challenge, until: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO challenge (account, bytes, until) VALUES (?1, ?2, ?3)
             ON CONFLICT (account) DO UPDATE SET bytes = excluded.bytes, until = excluded.until";
        self.run_beside(sql, params![of.to_string(), challenge, until.0])?;
        Ok(())
    }

    /// Takes it, once.
    pub fn take_challenge(&mut self, of: AccountId, now: Timestamp) -> Result<Option<Challenge>, StoreError> {
        let key = of.to_string();
        let sql = "SELECT bytes FROM challenge WHERE account = ?1 AND until > ?2";
        let found = self.one(sql, params![&key, now.0], |row| row.get("bytes"))?;
        self.run_beside("DELETE FROM challenge WHERE account = ?1", params![key])?;
        Ok(found)
    }

    /// All that somebody has of them goes.
    pub(super) fn drop_passkeys(&mut self, of: AccountId) -> Result<(), StoreError> {
        let key = of.to_string();
        self.run_beside("DELETE FROM challenge WHERE account = ?1", params![&key])?;
        self.run_beside("DELETE FROM passkey WHERE account = ?1", params![key])?;
        Ok(())
    }
}
