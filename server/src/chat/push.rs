//! Who is not there and has something waiting, and which of their devices may be told. What waits is noted in memory, where it
//! costs a delivery nothing, and written down a moment later; from then on the record knows what is still to be told, and of
//! several nodes one tells it.

use super::{Chat, Signed};
use crate::bus::Bus;
use crate::fresh;
use crate::store::{Failure, Scope, Tx};
use handrail_domain::event::What;
use handrail_domain::ids::AccountId;
use handrail_domain::policy::may_be_told;
use handrail_domain::push::{DEVICES_MAX, Device, Language, Outcome, Quiet, is_news};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::Presence;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Devices told in one round.
const ROUND: usize = 64;
/// How long a node has for telling a device before another may, in milliseconds.
const LEASE_MS: i64 = 60_000;

/// What was noted of an account, and not written down yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noted {
    /// Something came for it while it was on no device.
    Waits,
    /// Its last device went: it may not have seen all that was sent there.
    Went,
    /// It came.
    Came,
}

/// What this node has noted of accounts that come, go and are missed: one note an account, so as many as there are accounts.
#[derive(Default)]
pub(super) struct Absent {
    on: AtomicBool,
    noted: Mutex<HashMap<AccountId, Noted>>,
    alarm: Notify,
}

impl Absent {
    fn note(&self, account: AccountId, what: Noted) {
        if self.on.load(Ordering::Relaxed) {
            self.lock().insert(account, what);
            self.alarm.notify_one();
        }
    }

    /// The record has something to tell that was not noted here.
    pub(super) fn wake(&self) {
        self.alarm.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a device asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its address at its push service.
    pub endpoint: String,
    /// Its public key.
    pub public_key: [u8; 65],
    /// Its secret.
    pub secret: [u8; 16],
    /// The page that asks.
    pub origin: String,
    /// What its person reads.
    pub language: Language,
    /// When it stays quiet.
    pub quiet: Option<Quiet>,
}

/// Whom to tell now.
pub struct DuePushes {
    /// They are this node's to tell.
    pub devices: Vec<Device>,
    /// When there may be more.
    pub next: Option<Timestamp>,
}

impl Chat {
    /// From now on it is noted who misses something.
    pub fn start_pushes(&self) {
        self.absent.on.store(true, Ordering::Relaxed);
    }

    /// Resolves when something was noted.
    pub async fn noted(&self) {
        self.absent.alarm.notified().await;
    }

    /// This event came for an account: it may be that nobody looks at any of its devices.
    pub fn missed(&self, account: AccountId, what: &What) {
        if self.absent.on.load(Ordering::Relaxed) && is_news(what, account) && !is_there(&self.bus, account) {
            self.absent.note(account, Noted::Waits);
        }
    }

    /// An account's last device has been gone for a while.
    pub fn went(&self, account: AccountId) {
        self.absent.note(account, Noted::Went);
    }

    /// An account came, or looks at one of its devices again.
    pub fn came(&self, account: AccountId) {
        self.absent.note(account, Noted::Came);
    }

    /// The key that signs what push services get; `fresh` is kept if there was none.
    pub async fn push_key(&self, fresh: String) -> Result<String, Refusal> {
        if let Some(kept) = self.read(|record| record.push_key()).await? {
            return Ok(kept);
        }
        self.write(Scope::Devices, move |tx| Ok(tx.keep_push_key(&fresh)?)).await
    }

    /// This person's device is told from now on.
    pub async fn tell_device(&self, who: &Signed, asked: Asked) -> Result<(), Refusal> {
        may_be_told(&who.account)?;
        let (account, session) = (who.account.id, who.session);
        self.write(Scope::Devices, move |tx| {
            let Asked { endpoint, public_key, secret, origin, language, quiet } = asked;
            let told_at = tx.device(&session)?.and_then(|before| before.told_at);
            let device = Device {
                session,
                account,
                endpoint,
                public_key,
                secret,
                origin,
                language,
                quiet,
                told_at,
                tries: 0,
                urgent: false,
            };
            tx.put_device(&device, fresh::now())?;
            let devices = tx.devices(account)?;
            for oldest in devices.iter().take(devices.len().saturating_sub(DEVICES_MAX)) {
                tx.drop_device(&oldest.session)?;
            }
            Ok(())
        })
        .await
    }

    /// It is told nothing more.
    pub async fn do_not_tell(&self, who: &Signed) -> Result<(), Refusal> {
        let session = who.session;
        self.write(Scope::Devices, move |tx| Ok(tx.drop_device(&session)?)).await
    }

    /// The device that asks, if it is told.
    pub async fn told_device(&self, who: &Signed) -> Result<Option<Device>, Refusal> {
        let session = who.session;
        self.read(move |record| record.device(&session)).await
    }

    /// Writes down what was noted. What could not be written stays noted, unless something newer was.
    pub async fn write_noted(&self) -> Result<(), Refusal> {
        let noted = std::mem::take(&mut *self.absent.lock());
        let written = self.write_notes(noted.clone()).await;
        if written.is_err() {
            let mut newer = self.absent.lock();
            noted.into_iter().for_each(|(account, what)| {
                newer.entry(account).or_insert(what);
            });
        }
        written
    }

    async fn write_notes(&self, noted: HashMap<AccountId, Noted>) -> Result<(), Refusal> {
        // Most people have no device that is told, and cost one look.
        let known = self
            .read(move |record| {
                let mut known = Vec::new();
                for (account, what) in noted {
                    if !record.devices(account)?.is_empty() {
                        known.push((account, what));
                    }
                }
                Ok(known)
            })
            .await?;
        if known.is_empty() {
            return Ok(());
        }
        self.write(Scope::Devices, move |tx| known.into_iter().try_for_each(|(account, what)| note(tx, account, what)))
            .await
    }

    /// Takes the devices that are to be told now: for a minute they are this node's.
    pub async fn due_pushes(&self) -> Result<DuePushes, Refusal> {
        let now = fresh::now();
        let (due, next) =
            self.read(move |record| Ok((!record.devices_due(now, 1)?.is_empty(), record.next_device_due()?))).await?;
        if !due {
            return Ok(DuePushes { devices: Vec::new(), next });
        }
        let bus = self.bus.clone();
        let devices = self.write(Scope::Devices, move |tx| take_due(tx, &bus, fresh::now())).await?;
        // There may be more than a round takes.
        Ok(DuePushes { devices, next: Some(now) })
    }

    /// Writes down what came of a try.
    pub async fn told(&self, device: Device, outcome: Outcome) -> Result<(), Refusal> {
        self.write(Scope::Devices, move |tx| {
            let now = fresh::now();
            match outcome {
                Outcome::Told => tx.set_device_tried(&device, Some(now), None, 0)?,
                Outcome::Again(after_ms) => {
                    tx.set_device_tried(&device, device.told_at, Some(now.plus_ms(after_ms)), device.tries)?;
                }
                Outcome::Missed => tx.set_device_tried(&device, device.told_at, None, 0)?,
                Outcome::Retire => tx.drop_device(&device.session)?,
            }
            Ok(())
        })
        .await
    }

    /// How long until something may be due.
    pub fn until_due(due: &DuePushes, most: Duration) -> Duration {
        let until = |at: Timestamp| Duration::from_millis(at.since_ms(fresh::now()).max(0).unsigned_abs());
        due.next.map_or(most, |at| until(at).min(most))
    }
}

/// Whether somebody looks at a device of theirs. A page in the background tells nobody anything. While Redis is away nobody knows who
/// is on another node, and rather one word too many is said.
fn is_there(bus: &Bus, account: AccountId) -> bool {
    bus.presence(account) == Presence::Online
}

fn note(tx: &mut Tx<'_>, account: AccountId, what: Noted) -> Result<(), Failure> {
    let now = fresh::now();
    if what == Noted::Came {
        return Ok(tx.nothing_due(account)?);
    }
    for device in tx.devices(account)? {
        let since = device.told_at.unwrap_or_default();
        if what == Noted::Waits || tx.has_unread(account, since)? {
            tx.set_device_due(&device.session, device.may_be_told(now))?;
        }
    }
    Ok(())
}

/// Those that are due, but for people who are there or may not sign in any more.
fn take_due(tx: &mut Tx<'_>, bus: &Bus, now: Timestamp) -> Result<Vec<Device>, Failure> {
    let mut taken = Vec::new();
    for device in tx.devices_due(now, ROUND)? {
        let account = tx.account(device.account)?.ok_or(Code::Internal)?;
        if account.disabled {
            tx.drop_device(&device.session)?;
        } else if is_there(bus, device.account) {
            tx.set_device_tried(&device, device.told_at, None, 0)?;
        } else {
            let tries = device.tries.saturating_add(1);
            tx.set_device_tried(&device, device.told_at, Some(now.plus_ms(LEASE_MS)), tries)?;
            taken.push(Device { tries, ..device });
        }
    }
    Ok(taken)
}
