//! Relationships: beginning them with a plan, pausing and ending them with words for both, handing a mentee over to another mentor.

use super::matching::{against_words, fits};
use super::papers::{SHOWN, paper_between, views_of};
use super::site_papers::basis_needed;
use super::{Denied, Stopped, terms};
use crate::chat::admin::set_state;
use crate::chat::{Chat, Signed, add_relationship};
use crate::fresh;
use crate::store::{RelationshipRow, Tx};
use handrail_domain::conversation::{Conversation, ConversationState, Party};
use handrail_domain::ids::{AccountId, ConversationId};
use handrail_domain::people::{Account, Role};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::form::Answer;
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::wire::{Member, NewRelationship, RelationshipLine, RelationshipPage, RelationshipsPage};
use std::collections::BTreeMap;

/// Relationships on one page, the newest first.
const PAGE: usize = 2_000;
/// The most people in one relationship.
const PARTIES_MAX: usize = 6;
/// The longest that both are told, in characters.
const WORDS_CHARS_MAX: usize = 500;

/// What may be done to a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nobody may write for now.
    Pause,
    /// They may again.
    Resume,
    /// It is over.
    End,
}

impl Chat {
    /// Every relationship of one's site.
    pub async fn relationships(&self, who: &Signed) -> Result<RelationshipsPage, Denied> {
        may_run(&who.account)?;
        let site = who.account.site;
        let found = self.read(move |record| record.relationships(site, PAGE)).await?;
        Ok(RelationshipsPage { relationships: found.iter().map(line_of).collect() })
    }

    /// One of them, with what is written about it. Nobody's messages.
    pub async fn relationship(&self, who: &Signed, id: ConversationId) -> Result<RelationshipPage, Denied> {
        may_run(&who.account)?;
        let reader = who.account.clone();
        let found = self.read(move |record| {
            let row = record.relationship(id)?.filter(|row| row.conversation.site == reader.site);
            let Some(row) = row else { return Ok(None) };
            let sealed = row.conversation.is_sealed_from(reader.id);
            let papers = if sealed { Vec::new() } else { record.papers_in(id, SHOWN)? };
            Ok(Some(RelationshipPage {
                relationship: line_of(&row),
                words: row.words,
                minutes: papers.iter().map(Paper::minutes).sum(),
                papers: views_of(record, papers, &reader, false)?,
            }))
        });
        found.await?.ok_or_else(|| Code::NotFound.into())
    }

    /// Begins a relationship with its plan. What stands against a pair and may not be passed over is said, and nothing begins.
    pub async fn begin_relationship(&self, who: &Signed, new: NewRelationship) -> Result<RelationshipLine, Denied> {
        may_run(&who.account)?;
        let by = who.account.clone();
        let begun = self.scheme_act(move |tx| {
            let id = begin(tx, &new.parties, new.plan, &by)?;
            let row = tx.relationship(id)?.ok_or(Code::Internal)?;
            Ok(line_of(&row))
        });
        let begun = begun.await?;
        self.forget_windows(Some(begun.id));
        Ok(begun)
    }

    /// Pauses, resumes or ends a relationship; `words` are shown to both.
    pub async fn change_relationship(
        &self,
        who: &Signed,
        id: ConversationId,
        change: Change,
        words: &str,
    ) -> Result<(), Denied> {
        may_run(&who.account)?;
        let words = good_words(words)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let conversation = theirs(tx, id, &by)?;
            let state = match change {
                Change::Pause => ConversationState::Paused,
                Change::Resume => ConversationState::Open,
                Change::End => ConversationState::Ended,
            };
            become_state(tx, &conversation, state, words.as_deref(), &by)
        })
        .await?;
        self.alarm.notify_one();
        Ok(())
    }

    /// Ends a relationship and begins one of the same mentee with another mentor. Its plan and its goals go over; what the two said to each
    /// other stays with the two.
    pub async fn hand_over(
        &self,
        who: &Signed,
        id: ConversationId,
        to: AccountId,
        words: &str,
    ) -> Result<RelationshipLine, Denied> {
        may_run(&who.account)?;
        let words = good_words(words)?;
        let by = who.account.clone();
        let begun = self.scheme_act(move |tx| {
            let old = theirs(tx, id, &by)?;
            let papers = tx.papers_in(id, SHOWN)?;
            let answers = |paper: &Paper| paper.answers().all().clone();
            let plan = papers.iter().find(|paper| paper.kind == PaperKind::Plan && paper.answers.is_some());
            let plan = plan.map(answers).unwrap_or_else(plain_plan);
            let stay = old.parties.iter().filter(|party| party.role != Role::Mentor).map(|party| party.account);
            let parties: Vec<AccountId> = stay.chain([to]).collect();
            become_state(tx, &old, ConversationState::Ended, words.as_deref(), &by)?;
            let next = begin(tx, &parties, plan, &by)?;
            let open = |paper: &&Paper| paper.kind == PaperKind::Goal && paper.closed_at.is_none();
            for goal in papers.iter().filter(open).filter(|goal| goal.answers.is_some()) {
                paper_between(tx, PaperKind::Goal, next, answers(goal), &by)?;
            }
            let row = tx.relationship(next)?.ok_or(Code::Internal)?;
            Ok(line_of(&row))
        });
        let begun = begun.await?;
        self.alarm.notify_one();
        self.forget_windows(Some(begun.id));
        Ok(begun)
    }
}

fn plain_plan() -> BTreeMap<String, Answer> {
    let plan = [("form", "one_to_one"), ("purpose", "To go on with what was begun")];
    plan.map(|(field, word)| (field.to_owned(), word.to_owned().into())).into()
}

fn good_words(words: &str) -> Result<Option<String>, Denied> {
    let words = words.trim();
    if words.chars().count() > WORDS_CHARS_MAX {
        let advice = format!("What both are told has at most {WORDS_CHARS_MAX} characters. Make it shorter.");
        return Err(Denied::saying(Code::TooLong, advice));
    }
    Ok((!words.is_empty()).then(|| words.to_owned()))
}

/// A relationship of the same site as somebody who runs it. Others are not there.
fn theirs(tx: &Tx<'_>, id: ConversationId, by: &Account) -> Result<Conversation, Stopped> {
    let found = tx.conversation(id)?.filter(|conversation| conversation.site == by.site).ok_or(Code::NotFound)?;
    if found.is_sealed_from(by.id) {
        let advice = "This relationship is sealed: what was said there is evidence. Two people answer for it; ask whoever runs the server.";
        return Err(Denied::saying(Code::NotYet, advice).into());
    }
    Ok(found)
}

/// Begins a relationship between these people. Every mentor is held against every mentee.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    parties: &[AccountId],
    plan: BTreeMap<String, Answer>,
    by: &Account,
) -> Result<ConversationId, Stopped> {
    if let Some(advice) = basis_needed(tx, by.site)? {
        return Err(Denied::saying(Code::NotYet, advice).into());
    }
    let people = parties.iter().map(|id| super::people::theirs(tx, *id, by)).collect::<Result<Vec<_>, _>>()?;
    let each_once = parties.iter().enumerate().all(|(at, one)| !parties[..at].contains(one));
    let of = |role: Role| people.iter().filter(move |person| person.role == role);
    let fits_together = (2..=PARTIES_MAX).contains(&people.len())
        && each_once
        && of(Role::Mentee).count() >= 1
        && people.iter().all(|person| person.role.converses() && !person.disabled)
        && people.len() > of(Role::Mentee).count();
    if !fits_together {
        let advice = format!(
            "A relationship has 2 to {PARTIES_MAX} different people of this site who are not suspended: a mentee, and a mentor or an officer."
        );
        return Err(Denied::saying(Code::BadFrame, advice).into());
    }
    for mentee in of(Role::Mentee) {
        for mentor in of(Role::Mentor) {
            let fit = fits(tx, mentee, mentor, fresh::now())?;
            if let Some(why) = fit.against.iter().find(|one| one.stops()) {
                return Err(Denied::saying(Code::NotYet, against_words(*why)).into());
            }
        }
    }
    let family = plan.get("form").is_some_and(|form| form.to_string() == "family");
    if family && !tx.site(by.site)?.is_some_and(|site| site.settings.family) {
        let advice = "This site does not allow family members in a relationship. Change that under Our site first.";
        return Err(Denied::saying(Code::NotYet, advice).into());
    }
    let id = add_relationship(tx, by.site, parties)?;
    paper_between(tx, PaperKind::Plan, id, plan, by)?;
    let conversation = tx.conversation(id)?.ok_or(Code::Internal)?;
    terms::begin(tx, &conversation, by)?;
    Ok(id)
}

fn become_state(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    state: ConversationState,
    words: Option<&str>,
    by: &Account,
) -> Result<(), Stopped> {
    if set_state(tx, conversation, state, Some(by.id))? {
        tx.set_words(conversation.id, words.filter(|_| state != ConversationState::Open))?;
    }
    Ok(())
}

/// The parties as people speak of them: the mentee first, then by name.
pub(super) fn in_order(conversation: &Conversation) -> Vec<&Party> {
    let mut parties: Vec<&Party> = conversation.parties.iter().collect();
    parties.sort_by_key(|party| (party.role != Role::Mentee, party.name.to_lowercase(), party.account));
    parties
}

/// Their names.
pub(super) fn names_of(conversation: &Conversation) -> String {
    in_order(conversation).iter().map(|party| party.name.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn line_of(row: &RelationshipRow) -> RelationshipLine {
    let conversation = &row.conversation;
    let member = |party: &Party| Member {
        account: party.account,
        name: party.name.clone(),
        role: party.role,
        to_read: party.to_read,
    };
    RelationshipLine {
        id: conversation.id,
        kind: conversation.kind,
        state: conversation.state,
        parties: in_order(conversation).into_iter().map(member).collect(),
        began: row.began,
        ended: row.ended,
        said: row.said,
    }
}
