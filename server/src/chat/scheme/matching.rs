//! Mentors for a mentee, with what speaks for each and what stands against.

use super::people::{PAPERS, person_line};
use super::{Denied, Stopped};
use crate::chat::{Chat, Signed};
use crate::fresh;
use crate::store::{Reader, StoreError};
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::AccountId;
use handrail_domain::people::{Account, Role};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::form::Answers;
use handrail_domain::scheme::matching::{Against, Fit, Giver, Seeker, fit, rank};
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{MatchLine, MatchPage};

impl Chat {
    /// The mentors of one's site for a mentee, those who fit best first.
    pub async fn matches(&self, who: &Signed, mentee: AccountId) -> Result<MatchPage, Denied> {
        may_run(&who.account)?;
        let (site, now) = (who.account.site, fresh::now());
        let found = self.read(move |record| {
            let asked = record.person(mentee)?;
            let asked = asked.filter(|row| row.account.site == site && row.account.role == Role::Mentee);
            let Some(asked) = asked else { return Ok(None) };
            let seeker = seeker(record, &asked.account)?;
            let mut mentors = Vec::new();
            for row in record.everybody(site)? {
                if row.account.role == Role::Mentor && !row.account.disabled {
                    let giver = giver(record, &row.account, mentee)?;
                    let fit = fit(&seeker, &giver, now);
                    mentors.push((row, giver.offer, fit));
                }
            }
            mentors.sort_by_key(|(_, _, fit)| rank(fit));
            let line = |(row, offer, fit): (_, Answers, Fit)| MatchLine {
                mentor: person_line(&row, now),
                offer: offer.all().clone(),
                stopped: fit.stopped(),
                reasons: fit.reasons,
                against: fit.against,
            };
            Ok(Some(MatchPage {
                mentee: person_line(&asked, now),
                needs: seeker.needs.all().clone(),
                mentors: mentors.into_iter().map(line).collect(),
            }))
        });
        found.await?.ok_or_else(|| Code::NotFound.into())
    }
}

/// How a mentor fits a mentee, as the record knows them.
pub(super) fn fits(record: &Reader<'_>, mentee: &Account, mentor: &Account, now: Timestamp) -> Result<Fit, Stopped> {
    Ok(fit(&seeker(record, mentee)?, &giver(record, mentor, mentee.id)?, now))
}

fn seeker(record: &Reader<'_>, mentee: &Account) -> Result<Seeker, StoreError> {
    let papers = record.papers_of(mentee.id, PAPERS)?;
    Ok(Seeker {
        account: mentee.id,
        referred: current(&papers, PaperKind::Referral).is_some_and(|paper| paper.answers.is_some()),
        needs: current(&papers, PaperKind::Needs).map(Paper::answers).unwrap_or_default(),
    })
}

fn giver(record: &Reader<'_>, mentor: &Account, mentee: AccountId) -> Result<Giver, StoreError> {
    let papers = record.papers_of(mentor.id, PAPERS)?;
    let going_on = record.conversations_of(mentor.id)?;
    let going_on: Vec<_> = going_on.into_iter().filter(|one| one.state != ConversationState::Ended).collect();
    let vetting = papers.iter().filter(|paper| {
        paper.kind == PaperKind::Check && paper.closed_at.is_none() && paper.answers().text("what") == "vetting"
    });
    Ok(Giver {
        account: mentor.id,
        offer: current(&papers, PaperKind::Offer).map(Paper::answers).unwrap_or_default(),
        has: going_on.len(),
        paired: going_on.iter().any(|one| one.has(mentee)),
        vetted_until: vetting.filter_map(|paper| paper.due_at).max(),
    })
}

fn current(papers: &[Paper], kind: PaperKind) -> Option<&Paper> {
    papers.iter().find(|paper| paper.kind == kind && paper.closed_at.is_none())
}

/// What stands against a pair, as a sentence that says what to do.
pub(super) fn against_words(why: Against) -> &'static str {
    match why {
        Against::NoReferral => {
            "The referral is missing. Write down who sent the mentee, why, which risks and which restrictions."
        }
        Against::Apart => "One of them is to be kept apart from the other. Choose another mentor.",
        Against::WomenOnly => "The mentee asks for a woman. Choose another mentor.",
        Against::Paired => "They are a pair already.",
        Against::NotVetted => "The mentor's vetting is not on record, or has lapsed. Write down until when it holds.",
        Against::Full => "The mentor has as many relationships as they can carry.",
        Against::SameArea => "They live in the same area.",
        Against::NoLanguage => "They share no language.",
        Against::NoTime => "They share no time.",
    }
}
