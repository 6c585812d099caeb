//! How the queue of a site has done, from the record as it is now.

use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Reader, StoreError};
use handrail_domain::duty::{SHIFT_MS_MAX, Shift};
use handrail_domain::finding::Severity;
use handrail_domain::ids::{AccountId, SiteId};
use handrail_domain::oversight::{Handled, loads, looks, mix, waits};
use handrail_domain::people::SiteSettings;
use handrail_domain::policy::may_oversee;
use handrail_domain::refusal::Refusal;
use handrail_domain::score::score;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{HourWaits, OutcomeCount, OversightPage, PersonLoad, SeverityWaits, WaitsView};
use std::collections::BTreeMap;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Chat {
    /// How the queue of one's own site did in the last days; hours are those of a clock so many minutes ahead of UTC.
    pub async fn oversight(&self, who: &Signed, days: u32, ahead_min: i64) -> Result<OversightPage, Refusal> {
        may_oversee(&who.account)?;
        let site = who.account.site;
        self.read(move |record| page(record, site, days, ahead_min, fresh::now())).await
    }
}

fn page(
    record: &Reader<'_>,
    site: SiteId,
    days: u32,
    ahead_min: i64,
    now: Timestamp,
) -> Result<OversightPage, StoreError> {
    let since = now.plus_ms(-i64::from(days) * DAY_MS);
    let handled = record.handled_since(site, since)?;
    let settings = record.site(site)?.map(|site| site.settings).unwrap_or_default();
    Ok(OversightPage {
        days,
        held: handled.len(),
        waits: by_severity(&handled, &settings),
        hours: by_hour(&handled, ahead_min),
        outcomes: mix(&handled).into_iter().map(|(outcome, count)| OutcomeCount { outcome, count }).collect(),
        looks: looks(&record.looks_since(site, since)?),
        people: people(record, &handled, &on_duty(&record.shifts_since(site, since)?, now))?,
        rules: score(&record.judged_items(Some(site), since)?),
    })
}

fn told<'a>(some: impl Iterator<Item = &'a Handled> + Clone) -> WaitsView {
    let held = some.clone().count();
    let waits = waits(some);
    WaitsView { held, decided: waits.decided, in_time: waits.in_time, p50_ms: waits.p50_ms, p95_ms: waits.p95_ms }
}

fn by_severity(handled: &[Handled], settings: &SiteSettings) -> Vec<SeverityWaits> {
    let of = |severity: Severity| SeverityWaits {
        severity,
        target_ms: settings.target_ms.of(severity),
        waits: told(handled.iter().filter(move |one| one.severity == severity)),
    };
    Severity::ALL.into_iter().rev().map(of).collect()
}

fn by_hour(handled: &[Handled], ahead_min: i64) -> Vec<HourWaits> {
    let of = |hour: u8| HourWaits { hour, waits: told(handled.iter().filter(move |one| one.hour(ahead_min) == hour)) };
    (0..24).map(of).filter(|hour| hour.waits.held > 0).collect()
}

/// How long each person was on duty. A shift that nobody ended counts as long as one can be.
fn on_duty(shifts: &[Shift], now: Timestamp) -> BTreeMap<AccountId, i64> {
    let mut sums = BTreeMap::new();
    for shift in shifts {
        let until = shift.ended_at.unwrap_or(now);
        let ms = until.since_ms(shift.started_at).clamp(0, SHIFT_MS_MAX);
        *sums.entry(shift.account).or_default() += ms;
    }
    sums
}

fn people(
    record: &Reader<'_>,
    handled: &[Handled],
    on_duty: &BTreeMap<AccountId, i64>,
) -> Result<Vec<PersonLoad>, StoreError> {
    let mut people = Vec::new();
    for (who, load) in loads(handled, on_duty) {
        if let Some(account) = record.account(who)? {
            let (on_duty_ms, decided, serious) = (load.on_duty_ms, load.decided, load.serious);
            people.push(PersonLoad { name: account.name, role: account.role, on_duty_ms, decided, serious });
        }
    }
    people.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(people)
}
