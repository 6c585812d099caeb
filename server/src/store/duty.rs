//! Who is on duty, and what rang.

use super::reader::{Reader, id, maybe_id};
use super::sql::{Row, params};
use super::{StoreError, Tx};
use handrail_domain::duty::Shift;
use handrail_domain::ids::{AccountId, ItemId, ShiftId, SiteId};
use handrail_domain::time::Timestamp;

/// An item that rang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Which.
    pub item: ItemId,
    /// When.
    pub at: Timestamp,
    /// At which tier.
    pub tier: u8,
    /// Who answered, and when.
    pub answered: Option<(AccountId, Timestamp)>,
    /// Whom it rang.
    pub rung: Vec<AccountId>,
}

const SHIFT: &str = "SELECT id, site, account, tier, started_at, ended_at, note FROM shift";
const RING: &str = "SELECT item, at, tier, answered_by, answered_at FROM ring";

fn shift(row: &Row<'_>) -> Result<Shift, StoreError> {
    Ok(Shift {
        id: id(row, "id")?,
        site: id(row, "site")?,
        account: id(row, "account")?,
        tier: row.get("tier")?,
        started_at: Timestamp(row.get("started_at")?),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(Timestamp),
        note: row.get("note")?,
    })
}

fn ring(row: &Row<'_>) -> Result<Ring, StoreError> {
    let at = row.get::<Option<i64>>("answered_at")?.map(Timestamp);
    Ok(Ring {
        item: id(row, "item")?,
        at: Timestamp(row.get("at")?),
        tier: row.get("tier")?,
        answered: maybe_id(row, "answered_by")?.zip(at),
        rung: Vec::new(),
    })
}

impl Reader<'_> {
    /// The shift of an account that nobody ended.
    pub fn open_shift(&self, account: AccountId) -> Result<Option<Shift>, StoreError> {
        self.one(&format!("{SHIFT} WHERE account = ?1 AND ended_at IS NULL"), params![account.to_string()], shift)
    }

    /// The shifts of a site that nobody ended, the oldest first.
    pub fn open_shifts(&self, site: SiteId) -> Result<Vec<Shift>, StoreError> {
        let sql = format!("{SHIFT} WHERE site = ?1 AND ended_at IS NULL ORDER BY started_at, id");
        self.many(&sql, params![site.to_string()], shift)
    }

    /// The last shifts of a site that left a note, the newest first.
    pub fn handovers(&self, site: SiteId, limit: usize) -> Result<Vec<Shift>, StoreError> {
        let sql = format!(
            "{SHIFT} WHERE site = ?1 AND ended_at IS NOT NULL AND note IS NOT NULL ORDER BY ended_at DESC, id LIMIT ?2"
        );
        self.many(&sql, params![site.to_string(), limit], shift)
    }

    /// The shifts of a site that began since a moment.
    pub fn shifts_since(&self, site: SiteId, since: Timestamp) -> Result<Vec<Shift>, StoreError> {
        let sql = format!("{SHIFT} WHERE site = ?1 AND started_at >= ?2 ORDER BY started_at, id");
        self.many(&sql, params![site.to_string(), since.0], shift)
    }

    /// Rings of which it is not settled yet whom they reach, the oldest first.
    pub fn untold_rings(&self, limit: usize) -> Result<Vec<Ring>, StoreError> {
        self.many(&format!("{RING} WHERE told_at IS NULL ORDER BY at, item LIMIT ?1"), params![limit], ring)
    }

    /// When an item rang, whom, and who answered; the oldest first.
    pub fn rings(&self, item: ItemId) -> Result<Vec<Ring>, StoreError> {
        let key = item.to_string();
        let mut rings = self.many(&format!("{RING} WHERE item = ?1 ORDER BY at"), params![key], ring)?;
        for ring in &mut rings {
            let sql = "SELECT account FROM rung WHERE item = ?1 AND at = ?2 ORDER BY account";
            ring.rung = self.many(sql, params![key, ring.at.0], |row| id(row, "account"))?;
        }
        Ok(rings)
    }

    /// How many items of a site are open, how many of them ring, and since when the oldest waits.
    pub fn waiting(&self, site: SiteId) -> Result<(usize, usize, Option<Timestamp>), StoreError> {
        let key = site.to_string();
        let open = "SELECT count(*) AS open, min(held_at) AS oldest FROM item WHERE site = ?1 AND state <> 'closed'";
        let ringing = "SELECT count(DISTINCT ring.item) AS ringing FROM ring JOIN item ON item.id = ring.item
             WHERE item.site = ?1 AND item.state <> 'closed' AND ring.answered_by IS NULL";
        let (open, oldest) = self
            .one(open, params![key], |row| Ok((row.get("open")?, row.get::<Option<i64>>("oldest")?)))?
            .unwrap_or((0, None));
        let ringing = self.one(ringing, params![key], |row| row.get("ringing"))?.unwrap_or(0);
        Ok((open, ringing, oldest.map(Timestamp)))
    }
}

impl Tx<'_> {
    /// Somebody is on duty from now on.
    pub fn add_shift(&mut self, shift: &Shift) -> Result<(), StoreError> {
        self.run_beside(
            "INSERT INTO shift (id, site, account, tier, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                shift.id.to_string(),
                shift.site.to_string(),
                shift.account.to_string(),
                shift.tier,
                shift.started_at.0
            ],
        )?;
        Ok(())
    }

    /// They are no more, and leave a note.
    pub fn end_shift(&mut self, of: ShiftId, at: Timestamp, note: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE shift SET ended_at = ?2, note = ?3 WHERE id = ?1 AND ended_at IS NULL";
        self.run_beside(sql, params![of.to_string(), at.0, note])?;
        Ok(())
    }

    /// Notes of shifts that ended before a moment are let go.
    pub fn forget_handovers(&mut self, site: SiteId, before: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE shift SET note = NULL WHERE site = ?1 AND ended_at < ?2 AND note IS NOT NULL";
        self.run_beside(sql, params![site.to_string(), before.0])?;
        Ok(())
    }

    /// An item rings, at a tier. Whom, is settled a moment later.
    pub fn add_ring(&mut self, item: ItemId, tier: u8, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO ring (item, at, tier) VALUES (?1, ?2, ?3) ON CONFLICT (item, at) DO NOTHING";
        self.run_beside(sql, params![item.to_string(), at.0, tier])?;
        Ok(())
    }

    /// It is settled whom a ring reaches.
    pub fn tell_ring(&mut self, ring: &Ring, people: &[AccountId], now: Timestamp) -> Result<(), StoreError> {
        let key = ring.item.to_string();
        for account in people {
            let sql =
                "INSERT INTO rung (item, at, account) VALUES (?1, ?2, ?3) ON CONFLICT (item, at, account) DO NOTHING";
            self.run_beside(sql, params![key, ring.at.0, account.to_string()])?;
        }
        self.run_beside("UPDATE ring SET told_at = ?3 WHERE item = ?1 AND at = ?2", params![key, ring.at.0, now.0])?;
        Ok(())
    }

    /// Somebody is on it.
    pub fn answer_rings(&mut self, item: ItemId, by: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE ring SET answered_by = ?2, answered_at = ?3 WHERE item = ?1 AND answered_by IS NULL";
        self.run_beside(sql, params![item.to_string(), by.to_string(), at.0])?;
        Ok(())
    }
}
