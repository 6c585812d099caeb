//! The devices that are told when something waits, and the key that a push service knows this service by.

use super::linked::{END, told};
use super::reader::{Reader, id, word};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::event::Hash;
use handrail_domain::ids::{AccountId, Seq};
use handrail_domain::push::{Device, Language, Quiet};
use handrail_domain::time::Timestamp;

const DEVICE: &str =
    "SELECT session, account, endpoint, public_key, secret, origin, language, quiet, told_at, tries, urgent FROM push";

fn device(row: &Row<'_>) -> Result<Device, StoreError> {
    let quiet = row.maybe_text("quiet")?;
    let quiet = quiet.map(serde_json::from_str::<Quiet>).transpose();
    Ok(Device {
        session: row.get("session")?,
        account: id(row, "account")?,
        endpoint: row.get("endpoint")?,
        public_key: row.get("public_key")?,
        secret: row.get("secret")?,
        origin: row.get("origin")?,
        language: word(row, "language", Language::parse)?,
        quiet: quiet.map_err(|e| StoreError::new("read a device's quiet hours", e))?,
        told_at: row.get::<Option<i64>>("told_at")?.map(Timestamp),
        tries: row.get("tries")?,
        urgent: row.get("urgent")?,
    })
}

impl Reader<'_> {
    /// The private key that signs what push services get, as PKCS #8 in base64; nothing before the first device asked.
    pub fn push_key(&self) -> Result<Option<String>, StoreError> {
        self.one("SELECT value FROM meta WHERE key = 'push_key'", params![], |row| row.get("value"))
    }

    /// The device of a session.
    pub fn device(&self, session: &Hash) -> Result<Option<Device>, StoreError> {
        self.one(&format!("{DEVICE} WHERE session = ?1"), params![session], device)
    }

    /// The devices of an account that are told, oldest first.
    pub fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        let sql = format!("{DEVICE} WHERE account = ?1 ORDER BY created_at, session");
        self.many(&sql, params![account.to_string()], device)
    }

    /// Devices whose time to be told has come.
    pub fn devices_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Device>, StoreError> {
        self.many(&format!("{DEVICE} WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2"), params![now.0, limit], device)
    }

    /// When the next device is due.
    pub fn next_device_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let next =
            self.one("SELECT min(due_at) AS due_at FROM push", params![], |row| row.get::<Option<i64>>("due_at"))?;
        Ok(next.flatten().map(Timestamp))
    }

    /// Whether something that came after `since` from somebody else is not read yet.
    pub fn has_unread(&self, account: AccountId, since: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT conversation, read_seq FROM party WHERE account = ?1";
        let account = account.to_string();
        let read = |row: &Row<'_>| Ok((row.get::<String>("conversation")?, row.get::<Seq>("read_seq")?));
        let unread = format!(
            "{} SELECT 1 FROM told WHERE seq > ?2 AND sender <> ?3 AND delivered_at > ?4 LIMIT 1",
            told(self.link(), "?2", END)
        );
        for (conversation, read_seq) in self.many(sql, params![account], read)? {
            if self.one(&unread, params![conversation, read_seq, account, since.0], |_| Ok(()))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Tx<'_> {
    /// Keeps the key, unless there is one. Says which one is kept.
    pub fn keep_push_key(&mut self, fresh: &str) -> Result<String, StoreError> {
        let sql = "INSERT INTO meta (key, value) VALUES ('push_key', ?1) ON CONFLICT (key) DO NOTHING";
        self.run_beside(sql, params![fresh])?;
        self.push_key()?.ok_or_else(|| StoreError::new("keep the key for push services", "it is not there"))
    }

    /// A device is told from now on. It takes the place of what its session, or whoever had this address before, was told by.
    pub fn put_device(&mut self, device: &Device, at: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM push WHERE session = ?1 OR endpoint = ?2";
        self.run_beside(sql, params![device.session, device.endpoint])?;
        let quiet = device.quiet.map(|quiet| serde_json::to_string(&quiet)).transpose();
        let quiet = quiet.map_err(|e| StoreError::new("write a device's quiet hours", e))?;
        self.run_beside(
            "INSERT INTO push (session, account, endpoint, public_key, secret, origin, language, quiet, created_at, told_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                device.session,
                device.account.to_string(),
                device.endpoint,
                device.public_key,
                device.secret,
                device.origin,
                device.language.as_str(),
                quiet,
                at.0,
                device.told_at.map(|told| told.0)
            ],
        )?;
        Ok(())
    }

    /// The device of a session is told nothing more.
    pub fn drop_device(&mut self, session: &Hash) -> Result<(), StoreError> {
        self.run_beside("DELETE FROM push WHERE session = ?1", params![session])?;
        Ok(())
    }

    /// The devices of an account are told nothing more.
    pub fn drop_devices(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.run_beside("DELETE FROM push WHERE account = ?1", params![account.to_string()])?;
        Ok(())
    }

    /// There is something to tell a device at that time, unless there was already.
    pub fn set_device_due(&mut self, session: &Hash, due: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE push SET due_at = coalesce(due_at, ?2) WHERE session = ?1";
        self.run_beside(sql, params![session, due.0])?;
        Ok(())
    }

    /// Its person is needed now, whatever else it is told and when.
    pub fn set_device_urgent(&mut self, session: &Hash, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE push SET due_at = ?2, tries = 0, urgent = 1 WHERE session = ?1";
        self.run_beside(sql, params![session, now.0])?;
        Ok(())
    }

    /// Nothing waits any more for an account: it has come.
    pub fn nothing_due(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE push SET due_at = NULL, tries = 0, urgent = 0 WHERE account = ?1 AND due_at IS NOT NULL";
        self.run_beside(sql, params![account.to_string()])?;
        Ok(())
    }

    /// What came of a try: when the next one is due, if one is, and how many there were.
    pub fn set_device_tried(
        &mut self,
        device: &Device,
        told_at: Option<Timestamp>,
        due: Option<Timestamp>,
        tries: u32,
    ) -> Result<(), StoreError> {
        self.run_beside(
            "UPDATE push SET told_at = ?3, due_at = ?4, tries = ?5, urgent = CASE WHEN CAST(?4 AS BIGINT) IS NULL THEN 0 ELSE urgent END WHERE session = ?1 AND endpoint = ?2",
            params![device.session, device.endpoint, told_at.map(|at| at.0), due.map(|at| at.0), tries],
        )?;
        Ok(())
    }
}
