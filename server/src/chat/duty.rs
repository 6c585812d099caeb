//! Shifts, and what rings: who is on duty, what they leave to the next, and whom an item calls.

use super::rota::sharing;
use super::{Chat, Signed, admin};
use crate::fresh;
use crate::store::{Failure, OpenItems, Reader, Ring, Scope, StoreError, Tx};
use handrail_domain::conversation::ConversationState;
use handrail_domain::duty::{HANDOVER_CHARS_MAX, HANDOVER_KEPT_MS, Shift, ShiftAct, Team, is_tier, rung};
use handrail_domain::event::{Event, What};
use handrail_domain::finding::Severity;
use handrail_domain::ids::{AccountId, ItemId, ShiftId, SiteId};
use handrail_domain::people::Account;
use handrail_domain::policy::{may_oversee, may_serve};
use handrail_domain::quarantine::Item;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{DutyPage, Handover, Left, LeftItem, OnDuty, Presence, Waiting};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Notes of earlier shifts that are shown.
const HANDOVERS: usize = 5;
/// Open items that a note speaks of, at most; and paused conversations.
const LEFT_MAX: usize = 50;
/// Rings settled in one act.
const ROUND: usize = 64;
/// Rings that wait to be told outside, at most; the oldest are let go.
const CALLS_MAX: usize = 1_000;

/// Something rings: what the world outside is told. No name, no word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// In which scheme.
    pub site: SiteId,
    /// Which item.
    pub item: ItemId,
    /// How soon a person must look.
    pub severity: Severity,
    /// At which tier.
    pub tier: u8,
    /// How many people it rings.
    pub rung: usize,
    /// Since when it rings.
    pub at: Timestamp,
}

/// Calls that are still to be told outside; none is kept while nobody takes them.
#[derive(Default)]
pub(super) struct Calls {
    waiting: Mutex<Option<VecDeque<Call>>>,
    alarm: Notify,
}

impl Calls {
    fn add(&self, calls: Vec<Call>) {
        if let Some(waiting) = &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            waiting.extend(calls);
            let over = waiting.len().saturating_sub(CALLS_MAX);
            waiting.drain(..over);
            self.alarm.notify_one();
        }
    }
}

impl Chat {
    /// Who is on duty, what waits, and what earlier shifts left.
    pub async fn duty(&self, who: &Signed) -> Result<DutyPage, Refusal> {
        may_oversee(&who.account)?;
        let (reader, bus, now) = (who.account.clone(), self.bus.clone(), fresh::now());
        self.read(move |record| {
            let site = reader.site;
            let there = |who: AccountId| bus.presence(who) != Presence::Offline;
            let shifts = record.open_shifts(site)?;
            let on = shifts.iter().filter(|shift| shift.is_on(now)).map(|shift| on_duty(record, shift, &there));
            let on = on.collect::<Result<Vec<_>, _>>()?;
            let mine = on.iter().find(|one| one.account == reader.id).cloned();
            let connected = record.supervisors(site)?.iter().filter(|one| !one.disabled && there(one.id)).count();
            let since = mine.as_ref().map_or(now, |shift| shift.since);
            Ok(DutyPage {
                connected,
                waiting: waiting(record, site)?,
                handovers: handovers(record, site)?,
                left: left(record, &reader, since, now)?,
                on,
                mine,
            })
        })
        .await
    }

    /// One is on duty from now on, at a tier. Somebody who is already changes their tier by a new shift.
    pub async fn start_shift(&self, who: &Signed, tier: u8) -> Result<(), Refusal> {
        may_serve(&who.account)?;
        if !is_tier(tier) {
            return Err(Code::BadFrame.into());
        }
        let Account { id: account, site, .. } = who.account;
        self.write(Scope::Own, move |tx| {
            let now = fresh::now();
            if let Some(before) = tx.open_shift(account)? {
                if before.is_on(now) && before.tier == tier {
                    return Ok(());
                }
                finish(tx, &before, None, now)?;
            }
            tx.forget_handovers(site, now.plus_ms(-HANDOVER_KEPT_MS))?;
            let id = ShiftId::from_bits(fresh::bits());
            let shift = Shift { id, site, account, tier, started_at: now, ended_at: None, note: None };
            tx.add_shift(&shift)?;
            Ok(tx.append(noted(&shift, ShiftAct::Start))?)
        })
        .await
    }

    /// One is no more on duty, and leaves a note.
    pub async fn finish_shift(&self, who: &Signed, note: &str) -> Result<(), Refusal> {
        may_serve(&who.account)?;
        let note = note.trim().to_owned();
        if note.chars().count() > HANDOVER_CHARS_MAX {
            return Err(Code::TooLong.into());
        }
        let account = who.account.id;
        self.write(Scope::Own, move |tx| {
            let shift = tx.open_shift(account)?.ok_or(Code::NotFound)?;
            finish(tx, &shift, (!note.is_empty()).then_some(note.as_str()), fresh::now())
        })
        .await
    }

    /// Settles whom the rings reach that nobody settled yet: writes them down, and has their phones told.
    pub(super) async fn settle_rings(&self) -> Result<(), Refusal> {
        let bus = self.bus.clone();
        let there = move |who: AccountId| bus.presence(who) != Presence::Offline;
        let calls = self.write(Scope::Devices, move |tx| settle(tx, &there, fresh::now())).await?;
        if !calls.is_empty() {
            self.absent.wake();
            self.calls.add(calls);
        }
        Ok(())
    }

    /// From now on what rings is kept for whoever tells it outside.
    pub fn keep_calls(&self) {
        self.calls.waiting.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// The next thing that rings. For one who takes them all.
    pub async fn next_call(&self) -> Call {
        loop {
            let next =
                self.calls.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(VecDeque::pop_front);
            match next.flatten() {
                Some(call) => return call,
                None => self.calls.alarm.notified().await,
            }
        }
    }
}

/// Writes down that an item rings, if it does: in the act that made it ring.
pub(super) fn note_ring(tx: &mut Tx<'_>, item: &Item, now: Timestamp) -> Result<(), StoreError> {
    if item.ringing { tx.add_ring(item.id, item.tier, now) } else { Ok(()) }
}

fn settle(tx: &mut Tx<'_>, there: &dyn Fn(AccountId) -> bool, now: Timestamp) -> Result<Vec<Call>, Failure> {
    let mut calls = Vec::new();
    for ring in tx.untold_rings(ROUND)? {
        // A row with a foreign key has its item; should it not, it must not stop the others.
        let Some(item) = tx.item(ring.item)? else {
            tx.tell_ring(&ring, &[], now)?;
            continue;
        };
        // Somebody may have been faster than we.
        let people = if item.ringing { rung(&team(tx, &item, there)?, ring.tier, now) } else { Vec::new() };
        tx.tell_ring(&ring, &people, now)?;
        for who in &people {
            for device in tx.devices(*who)? {
                tx.set_device_urgent(&device.session, now)?;
            }
        }
        if item.ringing {
            calls.push(call(&item, &ring, people.len()));
        }
    }
    Ok(calls)
}

fn call(item: &Item, ring: &Ring, rung: usize) -> Call {
    Call { site: item.site, item: item.id, severity: item.severity, tier: ring.tier, rung, at: ring.at }
}

/// Who may be rung by an item. Nobody decides on their own conversation, so it does not ring them.
fn team(record: &Reader<'_>, item: &Item, there: &dyn Fn(AccountId) -> bool) -> Result<Team, StoreError> {
    let parties = record.conversation(item.conversation)?.map(|of| of.accounts()).unwrap_or_default();
    let mut everybody = record.staff(item.site)?;
    everybody.retain(|one| !parties.contains(&one.id));
    let mut shifts = record.open_shifts(item.site)?;
    shifts.retain(|shift| !parties.contains(&shift.account));
    let mut shared = Vec::new();
    for site in sharing(record, item.site)? {
        shared.extend(record.open_shifts(site.id)?.into_iter().filter(|shift| !parties.contains(&shift.account)));
    }
    let watches = |one: &&Account| may_serve(one).is_ok() && there(one.id);
    Ok(Team {
        shifts,
        shared,
        connected: everybody.iter().filter(watches).map(|one| one.id).collect(),
        everybody: everybody.iter().map(|one| one.id).collect(),
    })
}

fn finish(tx: &mut Tx<'_>, shift: &Shift, note: Option<&str>, now: Timestamp) -> Result<(), Failure> {
    tx.end_shift(shift.id, now, note)?;
    Ok(tx.append(noted(shift, ShiftAct::Finish))?)
}

fn noted(shift: &Shift, act: ShiftAct) -> Event {
    let what = What::Shift { shift: shift.id, act, tier: shift.tier };
    Event { actor: Some(shift.account), ..admin::event(shift.site, what) }
}

fn on_duty(record: &Reader<'_>, shift: &Shift, there: &dyn Fn(AccountId) -> bool) -> Result<OnDuty, StoreError> {
    let name = record.account(shift.account)?.map(|account| account.name).unwrap_or_default();
    let (account, tier, since) = (shift.account, shift.tier, shift.started_at);
    Ok(OnDuty { account, name, tier, since, connected: there(account) })
}

fn waiting(record: &Reader<'_>, site: SiteId) -> Result<Waiting, StoreError> {
    let (open, ringing, oldest) = record.waiting(site)?;
    Ok(Waiting { open, ringing, oldest })
}

fn handovers(record: &Reader<'_>, site: SiteId) -> Result<Vec<Handover>, StoreError> {
    let mut out = Vec::new();
    for shift in record.handovers(site, HANDOVERS)? {
        let name = record.account(shift.account)?.map(|account| account.name).unwrap_or_default();
        if let (Some(at), Some(note)) = (shift.ended_at, shift.note) {
            out.push(Handover { name, at, note });
        }
    }
    Ok(out)
}

/// What a note should speak of, without what its writer is a party to.
fn left(record: &Reader<'_>, reader: &Account, since: Timestamp, now: Timestamp) -> Result<Left, StoreError> {
    let name =
        |who: AccountId| Ok::<_, StoreError>(record.account(who)?.map(|account| account.name).unwrap_or_default());
    let mut open = Vec::new();
    for item in record.items(reader.site, OpenItems::Open, None, LEFT_MAX)? {
        if record.conversation(item.conversation)?.is_some_and(|conversation| conversation.has(reader.id)) {
            continue;
        }
        let held_by = item.holder(now).map(|(by, _)| name(by)).transpose()?;
        let (severity, held_at, tier) = (item.severity, item.held_at, item.tier);
        open.push(LeftItem { severity, from: name(item.from)?, held_at, tier, held_by });
    }
    let paused = record.conversations_in(reader.site, ConversationState::Paused, LEFT_MAX)?;
    let paused = paused.into_iter().filter(|one| !one.has(reader.id));
    let names = |one: handrail_domain::conversation::Conversation| {
        one.parties.into_iter().map(|party| party.name).collect::<Vec<_>>().join(", ")
    };
    Ok(Left { open, paused: paused.map(names).collect(), reports: record.reports_count(reader.site, None, since)? })
}
