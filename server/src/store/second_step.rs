//! Second steps in the record: what an app makes codes from, spare codes, and what shows that a code was given.

use super::reader::{Reader, id};
use super::sql::params;
use super::{StoreError, Tx};
use handrail_domain::event::Hash;
use handrail_domain::ids::AccountId;
use handrail_domain::second_step::Asked;
use handrail_domain::time::Timestamp;

/// The bytes of a secret: 160 bits, as RFC 4226 (4, R6) recommends.
pub const SECRET_BYTES: usize = 20;
/// What an app makes codes from.
pub type Secret = [u8; SECRET_BYTES];

/// Of an account, as a part of a statement: how many second steps are set, by app and by passkeys.
pub(super) const STEPS: &str =
    "((SELECT count(*) FROM second_step WHERE second_step.account = account.id AND secret IS NOT NULL)
     + (SELECT count(*) FROM passkey WHERE passkey.account = account.id))";

/// An account's second step.
pub struct SecondStepRow {
    /// What its codes are made from, once one was given.
    pub secret: Option<Secret>,
    /// What they will be made from, once one is given.
    pub pending: Option<Secret>,
    /// Since when it is set.
    pub set_at: Option<Timestamp>,
    /// That a colleague asked for it to be taken away.
    pub asked: Option<Asked>,
    /// Spare codes that are left.
    pub spare: usize,
    /// Since when there is a passkey.
    pub passkey_at: Option<Timestamp>,
}

impl SecondStepRow {
    /// Since when there is any second step; nothing, if there is none.
    pub fn since(&self) -> Option<Timestamp> {
        [self.set_at, self.passkey_at].into_iter().flatten().min()
    }
}

impl Reader<'_> {
    /// The second step of an account, if it ever began to set one.
    pub fn second_step(&self, of: AccountId) -> Result<Option<SecondStepRow>, StoreError> {
        let sql = "SELECT secret, pending, set_at, asked_by, asked_at,
             (SELECT count(*) FROM spare_code WHERE spare_code.account = second_step.account) AS spare,
             (SELECT min(made_at) FROM passkey WHERE passkey.account = second_step.account) AS passkey_at
             FROM second_step WHERE account = ?1";
        self.one(sql, params![of.to_string()], |row| {
            let asked_at = row.get::<Option<i64>>("asked_at")?.map(Timestamp);
            let asked = asked_at.map(|at| Ok::<_, StoreError>(Asked { by: id(row, "asked_by")?, at })).transpose()?;
            Ok(SecondStepRow {
                secret: row.get("secret")?,
                pending: row.get("pending")?,
                set_at: row.get::<Option<i64>>("set_at")?.map(Timestamp),
                asked,
                spare: row.get("spare")?,
                passkey_at: row.get::<Option<i64>>("passkey_at")?.map(Timestamp),
            })
        })
    }
}

impl Tx<'_> {
    /// An app was given this secret; it counts once a code made from it was given.
    pub fn begin_second_step(&mut self, of: AccountId, pending: &Secret) -> Result<(), StoreError> {
        let sql = "INSERT INTO second_step (account, pending) VALUES (?1, ?2)
             ON CONFLICT (account) DO UPDATE SET pending = excluded.pending";
        self.run_beside(sql, params![of.to_string(), pending])?;
        Ok(())
    }

    /// The pending secret is the one that counts, and `step` of it is used. The spare codes of before are no more.
    pub fn set_second_step(
        &mut self,
        of: AccountId,
        step: i64,
        spare_codes: &[Hash],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = of.to_string();
        let sql = "UPDATE second_step SET secret = pending, pending = NULL, set_at = ?2, last_step = ?3, asked_by = NULL, asked_at = NULL
             WHERE account = ?1";
        self.run_beside(sql, params![&key, at.0, step])?;
        self.set_spare_codes(of, spare_codes)
    }

    /// These are the spare codes from now on, and those of before are no more.
    pub fn set_spare_codes(&mut self, of: AccountId, spare_codes: &[Hash]) -> Result<(), StoreError> {
        let key = of.to_string();
        self.run_beside("DELETE FROM spare_code WHERE account = ?1", params![&key])?;
        for code in spare_codes {
            self.run_beside("INSERT INTO spare_code (code, account) VALUES (?1, ?2)", params![code, &key])?;
        }
        Ok(())
    }

    /// Takes the code of a step of time, once. Says whether it was still to be had: of two that take it at once, one has it.
    pub fn take_step(&mut self, of: AccountId, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE second_step SET last_step = ?2 WHERE account = ?1 AND last_step < ?2";
        Ok(self.run_beside(sql, params![of.to_string(), step])? == 1)
    }

    /// Takes a spare code, once.
    pub fn take_spare_code(&mut self, of: AccountId, code: &Hash) -> Result<bool, StoreError> {
        let sql = "DELETE FROM spare_code WHERE account = ?1 AND code = ?2";
        Ok(self.run_beside(sql, params![of.to_string(), code])? == 1)
    }

    /// A colleague asks for a second step to be taken away.
    pub fn ask_second_step_away(&mut self, of: AccountId, asked: Asked) -> Result<(), StoreError> {
        let sql = "UPDATE second_step SET asked_by = ?2, asked_at = ?3 WHERE account = ?1";
        self.run_beside(sql, params![of.to_string(), asked.by.to_string(), asked.at.0])?;
        Ok(())
    }

    /// A second step is no more, passkeys and all. Says whether there was one.
    pub fn drop_second_step(&mut self, of: AccountId) -> Result<bool, StoreError> {
        self.drop_passkeys(of)?;
        let key = of.to_string();
        self.run_beside("DELETE FROM spare_code WHERE account = ?1", params![&key])?;
        Ok(self.run_beside("DELETE FROM second_step WHERE account = ?1", params![key])? == 1)
    }

    /// A code was given in this session; `proof` shows it.
    pub fn prove_session(&mut self, session: &Hash, proof: &Hash, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE session SET proof = ?2, proved_at = ?3 WHERE token = ?1";
        self.run_beside(sql, params![session, proof, at.0])?;
        Ok(())
    }
}
