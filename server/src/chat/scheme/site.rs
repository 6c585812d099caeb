//! What a site has chosen: its hours, how long messages may wait, how long words are kept, and what it does about what the filter sees.

use super::{Denied, noted};
use crate::chat::{Chat, Signed};
use crate::store::{Reader, StoreError};
use handrail_domain::event::What;
use handrail_domain::filter::Actions;
use handrail_domain::finding::{Category, Severity};
use handrail_domain::ids::SiteId;
use handrail_domain::people::{
    HOURS_CHARS_MAX, RETENTION_DAYS_MAX, Site, SiteSettings, TARGET_MS_MAX, Targets, UNDO_MS_MAX,
};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::wire::{CategoryChoice, OtherSite, SiteChoices};

const MINUTE_MS: i64 = 60_000;
const SECOND_MS: i64 = 1_000;

impl Chat {
    /// What one's site has chosen.
    pub async fn site_choices(&self, who: &Signed) -> Result<SiteChoices, Denied> {
        may_run(&who.account)?;
        let site = who.account.site;
        self.read(move |record| choices(record, site)).await?.ok_or_else(|| Code::NotFound.into())
    }

    /// Chooses anew, all of it. What is held already keeps its time.
    pub async fn choose_site(&self, who: &Signed, chosen: SiteChoices) -> Result<SiteChoices, Denied> {
        may_run(&who.account)?;
        let by = who.account.clone();
        let done = self.scheme_act(move |tx| {
            let Site { id, name, settings } = tx.site(by.site)?.ok_or(Code::NotFound)?;
            let others = tx.sites()?;
            if !chosen.shares_with.iter().all(|id| others.iter().any(|other| other.id == *id && *id != by.site)) {
                let advice = "A rota is shared with other sites of this system. Choose among them.";
                return Err(Denied::saying(Code::BadFrame, advice).into());
            }
            let settings = settled(settings, chosen)?;
            tx.put_site(&Site { id, name: name.clone(), settings })?;
            tx.append(noted(id, by.id, What::Site { name }))?;
            Ok(choices(tx, id)?.ok_or(Code::Internal)?)
        });
        let done = done.await?;
        self.forget_windows(None);
        Ok(done)
    }
}

fn choices(record: &Reader<'_>, site: SiteId) -> Result<Option<SiteChoices>, StoreError> {
    let Some(Site { name, settings, .. }) = record.site(site)? else { return Ok(None) };
    let others = record.sites()?.into_iter().filter(|other| other.id != site).map(|other| OtherSite {
        site: other.id,
        name: other.name,
        agrees: other.settings.shares_with.contains(&site),
    });
    let minutes = |severity: Severity| settings.target_ms.of(severity) / MINUTE_MS;
    let choice = |category: &Category| {
        let action = settings.filter.of(*category);
        CategoryChoice { category: *category, hold_from: action.hold_from, second_from: action.second_from }
    };
    Ok(Some(SiteChoices {
        name,
        hours: settings.hours.clone(),
        low_minutes: minutes(Severity::Low),
        medium_minutes: minutes(Severity::Medium),
        high_minutes: minutes(Severity::High),
        urgent_minutes: minutes(Severity::Urgent),
        undo_seconds: settings.undo_ms / SECOND_MS,
        consent: settings.consent,
        family: settings.family,
        retention_days: settings.retention_days,
        categories: chosen_about().map(|category| choice(&category)).collect(),
        shares_with: settings.shares_with.clone(),
        others: others.collect(),
    }))
}

/// The categories that a site chooses about: a filter that failed always holds.
fn chosen_about() -> impl Iterator<Item = Category> {
    Category::ALL.into_iter().filter(|category| *category != Category::Filter)
}

/// The settings with what was chosen, or what to choose instead.
fn settled(before: SiteSettings, chosen: SiteChoices) -> Result<SiteSettings, Denied> {
    let bad = |advice: String| Denied::saying(Code::BadFrame, advice);
    let hours = chosen.hours.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
    if hours.as_ref().is_some_and(|words| words.chars().count() > HOURS_CHARS_MAX) {
        return Err(bad(format!("Say when the team is there in at most {HOURS_CHARS_MAX} characters")));
    }
    let most = TARGET_MS_MAX / MINUTE_MS;
    let minutes = [chosen.low_minutes, chosen.medium_minutes, chosen.high_minutes, chosen.urgent_minutes];
    if minutes.iter().any(|minutes| !(1..=most).contains(minutes)) {
        return Err(bad(format!("A message may wait 1 to {most} minutes")));
    }
    let undo = UNDO_MS_MAX / SECOND_MS;
    if !(0..=undo).contains(&chosen.undo_seconds) {
        return Err(bad(format!("A decision may be undone for 0 to {undo} seconds")));
    }
    if chosen.retention_days.is_some_and(|days| !(1..=RETENTION_DAYS_MAX).contains(&days)) {
        return Err(bad(format!("Words are kept 1 to {RETENTION_DAYS_MAX} days after the end, or for ever")));
    }
    let [low, medium, high, urgent] = minutes.map(|minutes| minutes * MINUTE_MS);
    Ok(SiteSettings {
        hours,
        target_ms: Targets { low, medium, high, urgent },
        undo_ms: chosen.undo_seconds * SECOND_MS,
        consent: chosen.consent,
        family: chosen.family,
        retention_days: chosen.retention_days,
        shares_with: chosen.shares_with,
        filter: actions(before.filter.clone(), &chosen.categories),
        ..before
    })
}

fn actions(before: Actions, chosen: &[CategoryChoice]) -> Actions {
    let about = chosen.iter().filter(|choice| choice.category != Category::Filter);
    about.fold(before, |actions, choice| {
        let mut action = actions.of(choice.category);
        if (action.hold_from, action.second_from) == (choice.hold_from, choice.second_from) {
            return actions;
        }
        (action.hold_from, action.second_from) = (choice.hold_from, choice.second_from);
        actions.with(choice.category, action)
    })
}
