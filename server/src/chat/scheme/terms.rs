//! What a person's conditions mean in each of their relationships: the terms that the filter keeps back, and what the other parties must
//! know and confirm before they write.

use super::{Denied, Stopped, noted};
use crate::chat::admin;
use crate::chat::filter::{begin_restriction, end_restriction};
use crate::fresh;
use crate::store::{Reader, StoreError, Tx};
use handrail_domain::conversation::{Conversation, ConversationState};
use handrail_domain::event::{ConversationAct, Event, What};
use handrail_domain::ids::{AccountId, RestrictionId};
use handrail_domain::people::{Account, Role};
use handrail_domain::refusal::Code;
use handrail_domain::restriction::Restriction;
use handrail_domain::scheme::paper::{Paper, PaperKind};
use handrail_domain::time::Timestamp;

/// Makes a paper hold, if it is one that does: a condition in every relationship of its person, what a referral tells in the same.
pub(super) fn settle(tx: &mut Tx<'_>, paper: &Paper, by: &Account) -> Result<(), Stopped> {
    let Some(person) = paper.account else { return Ok(()) };
    if paper.kind == PaperKind::Condition {
        for id in tx.restrictions_from(paper.id)? {
            end(tx, id, by)?;
        }
        if paper.closed_at.is_none() {
            for conversation in going_on(tx, person)? {
                restrict(tx, paper, &conversation, by)?;
            }
        }
    } else if paper.kind != PaperKind::Referral {
        return Ok(());
    }
    for conversation in going_on(tx, person)? {
        ask_to_read(tx, &conversation)?;
    }
    Ok(())
}

/// Makes all that holds for its people hold in a new relationship.
pub(super) fn begin(tx: &mut Tx<'_>, conversation: &Conversation, by: &Account) -> Result<(), Stopped> {
    for party in conversation.parties.iter().filter(|party| party.role == Role::Mentee) {
        for paper in conditions(tx, party.account, fresh::now())? {
            restrict(tx, &paper, conversation, by)?;
        }
    }
    ask_to_read(tx, conversation)
}

/// What a party must know of the others, in words for them: what the referrers tell, and what the conditions that hold now tell. Nothing for
/// a mentee, whose conditions they are.
pub(super) fn briefing(
    record: &Reader<'_>,
    conversation: &Conversation,
    reader: Role,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let mut told = Vec::new();
    if reader == Role::Mentee {
        return Ok(told);
    }
    for party in conversation.parties.iter().filter(|party| party.role == Role::Mentee) {
        let papers = record.papers_of(party.account, super::people::PAPERS)?;
        let referral = papers.iter().filter(|paper| paper.kind == PaperKind::Referral && paper.closed_at.is_none());
        told.extend(referral.map(|paper| paper.answers().text("tell").to_owned()));
        let conditions = conditions(record, party.account, now)?;
        told.extend(conditions.iter().map(|paper| paper.answers().text("tell").to_owned()));
    }
    told.retain(|words| !words.is_empty());
    Ok(told)
}

/// A party has confirmed what they must know.
pub(super) fn confirmed(tx: &mut Tx<'_>, conversation: &Conversation, by: AccountId) -> Result<(), Stopped> {
    tx.set_to_read(conversation.id, by, false)?;
    let what = What::Briefed { account: by };
    tx.append(Event { conversation: Some(conversation.id), ..noted(conversation.site, by, what) })?;
    tell(tx, conversation)
}

/// The parties' devices are shown the conversation anew.
fn tell(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), Stopped> {
    let event = admin::event(conversation.site, What::Conversation { act: ConversationAct::Brief });
    Ok(tx.append(Event { conversation: Some(conversation.id), accounts: conversation.accounts(), ..event })?)
}

fn conditions(record: &Reader<'_>, person: AccountId, now: Timestamp) -> Result<Vec<Paper>, StoreError> {
    let papers = record.papers_of(person, super::people::PAPERS)?.into_iter();
    let holds = |paper: &Paper| {
        paper.kind == PaperKind::Condition && paper.closed_at.is_none() && paper.due_at.is_none_or(|due| now <= due)
    };
    Ok(papers.filter(holds).collect())
}

fn going_on(tx: &Tx<'_>, person: AccountId) -> Result<Vec<Conversation>, StoreError> {
    let all = tx.conversations_of(person)?;
    Ok(all.into_iter().filter(|conversation| conversation.state != ConversationState::Ended).collect())
}

/// Those who must know something have to confirm it; where there is nothing to know, nobody has.
fn ask_to_read(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), Stopped> {
    let mut changed = false;
    for party in &conversation.parties {
        let to_read = !briefing(tx, conversation, party.role, fresh::now())?.is_empty();
        if to_read || party.to_read {
            tx.set_to_read(conversation.id, party.account, to_read)?;
            changed = true;
        }
    }
    if changed { tell(tx, conversation) } else { Ok(()) }
}

/// The term of a condition holds in a relationship, if it has one.
fn restrict(tx: &mut Tx<'_>, paper: &Paper, conversation: &Conversation, by: &Account) -> Result<(), Stopped> {
    let answers = paper.answers();
    let (term, now) = (answers.text("term"), fresh::now());
    if term.is_empty() {
        return Ok(());
    }
    let restriction = Restriction {
        id: RestrictionId::from_bits(fresh::bits()),
        conversation: conversation.id,
        term: term.to_owned(),
        reason: answers.text("what").to_owned(),
        owner: by.id,
        created_at: now,
        until: paper.due_at.unwrap_or(now),
        ended_at: None,
    };
    let bad = |advice: String| Denied::saying(Code::BadFrame, advice);
    let restriction = restriction.check().map_err(|error| bad(error.0))?;
    begin_restriction(tx, conversation.site, &restriction, by.id)?.map_err(bad)?;
    Ok(tx.restriction_from(restriction.id, paper.id)?)
}

fn end(tx: &mut Tx<'_>, id: RestrictionId, by: &Account) -> Result<(), Stopped> {
    let Some(restriction) = tx.restriction(id)? else { return Ok(()) };
    Ok(end_restriction(tx, by.site, &restriction, Some(by.id))?)
}
