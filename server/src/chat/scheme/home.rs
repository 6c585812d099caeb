//! What a coordinator should do next, made anew from the record each time.

use super::relationships::names_of;
use super::{Denied, name_of};
use crate::chat::rota::sharing;
use crate::chat::{Chat, Signed};
use crate::fresh;
use crate::store::{PersonRow, Reader, RelationshipRow, StoreError};
use crate::telemetry::certificate_days;
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::SiteId;
use handrail_domain::people::{Account, Role};
use handrail_domain::policy::may_oversee;
use handrail_domain::rights::Right;
use handrail_domain::scheme::invite::{Standing, standing};
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::scheme::site_paper::{self, Due};
use handrail_domain::scheme::task::{CHECK_MS, END_MS, TASKS_MAX, Task, TaskKind, near, silent, third_working_day};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{HomePage, Presence, TaskView};
use std::collections::{BTreeMap, BTreeSet};

/// How far back rules are looked at, in milliseconds: thirty days.
const RULES_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// So many days before the certificate of the server ends, those who answer for a site are told.
const CERTIFICATE_DAYS: i64 = 14;
/// Papers of one kind, and relationships, that are looked at.
const LOOKED_AT: usize = 5_000;

impl Chat {
    /// What is to be done in one's site, the most pressing first. A supervisor sees what is for them: concerns, and names that were read.
    pub async fn home(&self, who: &Signed) -> Result<HomePage, Denied> {
        may_oversee(&who.account)?;
        let (reader, now) = (who.account.clone(), fresh::now());
        let bus = self.bus.clone();
        let mut tasks = self
            .read(move |record| {
                let mut tasks = shared(record, &reader)?;
                if reader.role.may(Right::RunScheme) {
                    let mut sites = vec![reader.site];
                    sites.extend(sharing(record, reader.site)?.into_iter().map(|site| site.id));
                    let mut on = false;
                    for site in sites {
                        let there = record.supervisors(site)?;
                        on |= there.iter().any(|one| bus.presence(one.id) != Presence::Offline);
                    }
                    tasks.extend(uncovered(record, reader.site, on)?);
                    tasks.extend(of_site(record, reader.site, now)?);
                    tasks.extend(of_people(record, reader.site, now)?);
                    tasks.extend(of_relationships(record, reader.site, now)?);
                    tasks.extend(of_papers(record, reader.site, now)?);
                    tasks.extend(of_articles(record, reader.site, now)?);
                }
                Ok(tasks)
            })
            .await?;
        if who.account.role.may(Right::RunScheme) {
            let scores = self.score_rules(Some(who.account.site), now.plus_ms(-RULES_MS)).await?;
            let misfires = scores.into_iter().filter(|score| score.review);
            tasks.extend(misfires.map(|score| task(TaskKind::Rule, score.rule, None)));
        }
        tasks.extend(certificate_ends(certificate_days()));
        tasks.sort_by(|one, other| (one.kind, one.at, &one.about).cmp(&(other.kind, other.at, &other.about)));
        let more = tasks.len() > TASKS_MAX;
        Ok(HomePage { tasks: tasks.into_iter().take(TASKS_MAX).map(TaskView::from).collect(), more })
    }
}

/// The certificate of the server ends, and whoever runs it may not have seen the log.
fn certificate_ends(days: Option<i64>) -> Option<Task> {
    let days = days.filter(|days| *days <= CERTIFICATE_DAYS)?;
    Some(task(TaskKind::Certificate, days.max(0).to_string(), None))
}

fn task(kind: TaskKind, about: String, at: Option<Timestamp>) -> Task {
    Task { kind, about, account: None, conversation: None, paper: None, glass: None, at }
}

/// What everybody who answers for a site does: concerns, and names that a colleague has read.
fn shared(record: &Reader<'_>, reader: &Account) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::new();
    for paper in record.open_papers(reader.site, PaperKind::Concern, LOOKED_AT)? {
        if paper.by != reader.id {
            tasks.push(of_paper(record, TaskKind::Concern, &paper, Some(paper.made_at))?);
        }
    }
    for glass in record.unseen_glasses(reader.site, LOOKED_AT)? {
        if glass.may_be_seen_by(reader.id) {
            let about =
                format!("{} / {}: {}", name_of(record, glass.by)?, name_of(record, glass.account)?, glass.reason);
            tasks.push(Task { glass: Some(glass.id), ..task(TaskKind::Glass, about, Some(glass.at)) });
        }
    }
    Ok(tasks)
}

/// Something waits, and nobody is there.
fn uncovered(record: &Reader<'_>, site: SiteId, connected: bool) -> Result<Option<Task>, StoreError> {
    let (open, _, oldest) = record.waiting(site)?;
    let nobody = !connected && record.open_shifts(site)?.is_empty();
    Ok((open > 0 && nobody).then(|| task(TaskKind::Uncovered, open.to_string(), oldest)))
}

/// What the law wants written down and is not there, or must be looked at again.
fn of_site(record: &Reader<'_>, site: SiteId, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::new();
    for kind in site_paper::kinds() {
        let at = match site_paper::due(record.site_paper(site, kind)?.as_ref(), now) {
            Some(Due::Missing) => None,
            Some(Due::Review(day)) => Some(day),
            None => continue,
        };
        tasks.push(task(TaskKind::SitePaper, kind.as_str().to_owned(), at));
    }
    Ok(tasks)
}

fn of_people(record: &Reader<'_>, site: SiteId, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let referred = record.open_papers(site, PaperKind::Referral, LOOKED_AT)?;
    let referred: BTreeSet<_> = referred.iter().filter_map(|paper| paper.account).collect();
    let mut tasks = Vec::new();
    for PersonRow { account, joined, since, invite, relationships } in record.everybody(site)? {
        let standing = standing(account.disabled, joined, invite, now);
        let mut add = |kind: TaskKind| {
            tasks.push(Task { account: Some(account.id), ..task(kind, account.name.clone(), Some(since)) });
        };
        if standing == Standing::New {
            add(TaskKind::NotJoined);
        }
        if account.role == Role::Mentee && standing != Standing::Suspended && relationships == 0 {
            add(if referred.contains(&account.id) { TaskKind::Unmatched } else { TaskKind::NoReferral });
        }
    }
    Ok(tasks)
}

fn of_relationships(record: &Reader<'_>, site: SiteId, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::new();
    let mut first_met = BTreeSet::new();
    for paper in record.open_papers(site, PaperKind::Meeting, LOOKED_AT)? {
        let came = paper.answers().text("came").to_owned();
        first_met.extend(paper.conversation.filter(|_| came == "both"));
        if came.is_empty() && paper.due_at.is_some_and(|due| due < now) {
            tasks.push(of_paper(record, TaskKind::Meeting, &paper, paper.due_at)?);
        }
    }
    let plans = record.open_papers(site, PaperKind::Plan, LOOKED_AT)?;
    let plans: BTreeMap<_, _> = plans.into_iter().filter_map(|plan| Some((plan.conversation?, plan))).collect();
    for row in record.relationships(site, LOOKED_AT)? {
        let RelationshipRow { conversation, began, said, .. } = &row;
        if conversation.state == ConversationState::Ended {
            continue;
        }
        let names = names_of(conversation);
        let mut add = |kind: TaskKind, at: Option<Timestamp>| {
            tasks.push(Task { conversation: Some(conversation.id), ..task(kind, names.clone(), at) });
        };
        if conversation.parties.iter().any(|party| party.to_read) {
            add(TaskKind::Briefing, Some(*began));
        }
        if conversation.state == ConversationState::Open && silent(*said, *began, now) {
            add(TaskKind::Silent, Some(said.unwrap_or(*began)));
        }
        if let Some(plan) = plans.get(&conversation.id) {
            if near(plan.due_at, END_MS, now) {
                add(TaskKind::PlanEnds, plan.due_at);
            }
            let released = plan.answers().time("release_on").filter(|_| plan.answers().text("begins") == "custody");
            if let Some(day) = released.filter(|day| *day <= now && !first_met.contains(&conversation.id)) {
                add(TaskKind::FirstMeeting, Some(third_working_day(day)));
            }
        }
    }
    Ok(tasks)
}

fn of_papers(record: &Reader<'_>, site: SiteId, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Vec::new();
    for (kind, of, before) in
        [(TaskKind::Check, PaperKind::Check, CHECK_MS), (TaskKind::Condition, PaperKind::Condition, END_MS)]
    {
        for paper in record.open_papers(site, of, LOOKED_AT)? {
            if near(paper.due_at, before, now) {
                tasks.push(of_paper(record, kind, &paper, paper.due_at)?);
            }
        }
    }
    Ok(tasks)
}

fn of_articles(record: &Reader<'_>, site: SiteId, now: Timestamp) -> Result<Vec<Task>, StoreError> {
    let due = record.shelves(site)?.into_iter().filter(|article| near(article.review_by, END_MS, now));
    Ok(due.map(|article| task(TaskKind::Article, article.content.title, article.review_by)).collect())
}

fn of_paper(record: &Reader<'_>, kind: TaskKind, paper: &Paper, at: Option<Timestamp>) -> Result<Task, StoreError> {
    let about = match (paper.account, paper.conversation) {
        (Some(account), _) => name_of(record, account)?,
        (None, Some(id)) => record.conversation(id)?.map(|conversation| names_of(&conversation)).unwrap_or_default(),
        (None, None) => String::new(),
    };
    Ok(Task {
        account: paper.account,
        conversation: paper.conversation,
        paper: Some(paper.id),
        ..task(kind, about, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_ends_within_two_weeks_is_a_task_of_those_who_answer_for_a_site() {
        let told = |days| certificate_ends(days).map(|task| task.about);
        assert_eq!([told(None), told(Some(15))], [None, None]);
        assert_eq!([told(Some(14)), told(Some(1)), told(Some(-3))], ["14", "1", "0"].map(|days| Some(days.to_owned())));
    }
}
