//! Papers: writing them, signing them, putting them away, and showing each to those who may read it.

use super::{Denied, Stopped, noted, terms};
use crate::chat::seal::is_sealed_from;
use crate::chat::{Chat, Signed};
use crate::fresh;
use crate::store::{Reader, StoreError, Tx};
use handrail_domain::conversation::Conversation;
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ConversationId, PaperId};
use handrail_domain::people::Account;
use handrail_domain::policy::{may, may_run};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::rights::Right;
use handrail_domain::scheme::form::Answer;
use handrail_domain::scheme::paper::{About, Paper, PaperAct, PaperKind};
use handrail_domain::wire::{NewPaper, OwnPapers, PaperView, PaperWritten, Person, forms_for};
use std::collections::BTreeMap;

/// The most papers of one relationship; of one person, [`PAPERS`](super::people::PAPERS). Whoever would write one more is told so.
pub(super) const SHOWN: usize = 2_000;

/// The most papers that are taken out at once, the oldest first.
const TAKEN_OUT: usize = 100_000;

/// Raw answers, by field.
type Raw = BTreeMap<String, Answer>;

impl Chat {
    /// Writes a paper.
    pub async fn write_paper(&self, who: &Signed, new: NewPaper) -> Result<PaperView, Denied> {
        let by = who.account.clone();
        let urgent = new.kind == PaperKind::Concern;
        let written = self.scheme_act(move |tx| {
            let paper = match (new.account, new.conversation) {
                (Some(account), None) => paper_about(tx, new.kind, account, new.answers, &by)?,
                (None, Some(conversation)) => paper_between(tx, new.kind, conversation, new.answers, &by)?,
                (Some(_), Some(_)) | (None, None) => {
                    let advice = "A paper is about one person or about one relationship. Name the one.";
                    return Err(Denied::saying(Code::BadFrame, advice).into());
                }
            };
            if paper.kind == PaperKind::Concern {
                super::tell_staff(tx, by.site, by.id, paper.answers().yes("soon"))?;
            }
            Ok(view_of(tx, paper, &by, true)?)
        });
        let written = written.await?;
        self.terms_changed(&written);
        if urgent {
            self.absent.wake();
        }
        Ok(written)
    }

    /// A paper, for those who may read it.
    pub async fn paper(&self, who: &Signed, id: PaperId) -> Result<PaperView, Denied> {
        let reader = who.account.clone();
        let found = self.read(move |record| {
            let Some((paper, party)) = theirs(record, id, &reader)? else { return Ok(None) };
            Ok(Some(view_of(record, paper, &reader, party)?))
        });
        found.await?.ok_or_else(|| Code::NotFound.into())
    }

    /// Writes a paper anew, if it still is as its writer read it. Who signed it before must sign it again.
    pub async fn rewrite_paper(&self, who: &Signed, id: PaperId, new: PaperWritten) -> Result<PaperView, Denied> {
        let by = who.account.clone();
        let written = self.scheme_act(move |tx| {
            let (paper, party) = changeable(tx, id, &by)?;
            if !may_rewrite(&paper, &by, party) {
                return Err(Code::Forbidden.into());
            }
            as_read(&paper, new.version)?;
            let answers = paper.kind.answers(new.answers).map_err(Denied::from)?;
            let paper = put(tx, Paper { answers: Some(answers), version: paper.version + 1, ..paper }, &by)?;
            Ok(view_of(tx, paper, &by, party)?)
        });
        let written = written.await?;
        self.terms_changed(&written);
        Ok(written)
    }

    /// Signs a paper, or puts it away.
    pub async fn act_on_paper(
        &self,
        who: &Signed,
        id: PaperId,
        act: PaperAct,
        version: u64,
    ) -> Result<PaperView, Denied> {
        let by = who.account.clone();
        let done = self.scheme_act(move |tx| {
            let (mut paper, party) = changeable(tx, id, &by)?;
            as_read(&paper, version)?;
            let now = fresh::now();
            match act {
                PaperAct::Sign if party && paper.kind.form().signed_by.contains(&by.role) => {
                    tx.sign_paper(&paper, by.id, now)?;
                }
                PaperAct::Close if may_close(&paper, &by, party) => {
                    tx.close_paper(id, now)?;
                    paper.closed_at = Some(now);
                    terms::settle(tx, &paper, &by)?;
                }
                PaperAct::Sign | PaperAct::Close | PaperAct::Write => return Err(Code::Forbidden.into()),
            }
            log(tx, &paper, act, &by, String::new())?;
            Ok(view_of(tx, paper, &by, party)?)
        });
        let done = done.await?;
        self.terms_changed(&done);
        Ok(done)
    }

    /// What a party reads of a relationship: its papers, what they may write, and what they must know.
    pub async fn own_papers(&self, who: &Signed, id: ConversationId) -> Result<OwnPapers, Refusal> {
        let reader = who.account.clone();
        let found = self.read(move |record| {
            let conversation = record.conversation(id)?.filter(|conversation| conversation.has(reader.id));
            let Some(conversation) = conversation else { return Ok(None) };
            let papers = record.papers_in(id, SHOWN)?;
            Ok(Some(OwnPapers {
                papers: views_of(record, papers, &reader, true)?,
                forms: forms_for(reader.role)
                    .forms
                    .into_iter()
                    .filter(|form| form.about == About::Relationship)
                    .collect(),
                briefing: terms::briefing(record, &conversation, reader.role, fresh::now())?,
                to_read: conversation.party(reader.id).is_some_and(|party| party.to_read),
            }))
        });
        found.await?.ok_or_else(|| Code::NotFound.into())
    }

    /// A party confirms that they have read what they must know, all of it as it is now.
    pub async fn confirm_briefing(&self, who: &Signed, id: ConversationId, read: Vec<String>) -> Result<(), Denied> {
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let conversation = tx.conversation(id)?.filter(|conversation| conversation.has(by.id));
            let conversation = conversation.ok_or(Code::NotFound)?;
            if terms::briefing(tx, &conversation, by.role, fresh::now())? != read {
                let changed = "What you need to know has changed since. Read it again, then confirm.";
                return Err(Denied::saying(Code::StaleVersion, changed).into());
            }
            terms::confirmed(tx, &conversation, by.id)
        })
        .await
    }

    /// All papers of one's site but for real names, the oldest first. That they were taken out is in the log.
    pub async fn all_papers(&self, who: &Signed) -> Result<Vec<Paper>, Denied> {
        may_run(&who.account)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            tx.append(noted(by.site, by.id, What::Exported { account: None }))?;
            let sealed = tx.sealed_in(by.site)?;
            let open = |paper: &Paper| paper.conversation.is_none_or(|of| !is_sealed_from(&sealed, of, by.id));
            let all = tx.all_papers(by.site, TAKEN_OUT)?.into_iter();
            Ok(all.filter(|paper| paper.kind != PaperKind::Identity && open(paper)).collect())
        })
        .await
    }

    /// What is written to an officer about those whom they answer for: of each mentee, by the account that their officer's paper names.
    pub async fn feedback(&self, who: &Signed) -> Result<OwnPapers, Denied> {
        may(&who.account, Right::ReadFeedback)?;
        let reader = who.account.clone();
        let found = self.read(move |record| {
            let mut papers = Vec::new();
            for officer in record.open_papers(reader.site, PaperKind::Officer, TAKEN_OUT)? {
                let named = officer.answers().people("sign_in").contains(&reader.id);
                let Some(mentee) = officer.account.filter(|_| named) else { continue };
                let open = |conversation: &Conversation| !conversation.is_sealed_from(reader.id);
                for conversation in record.conversations_of(mentee)?.into_iter().filter(open) {
                    let theirs = record.papers_in(conversation.id, SHOWN)?.into_iter();
                    for paper in theirs.filter(|paper| paper.kind == PaperKind::Feedback) {
                        papers.push(view_of(record, paper, &reader, false)?);
                    }
                }
            }
            let forms = forms_for(reader.role).forms.into_iter();
            let forms = forms.filter(|form| form.kind == PaperKind::Feedback).collect();
            Ok(OwnPapers { papers, forms, briefing: Vec::new(), to_read: false })
        });
        Ok(found.await?)
    }

    /// What holds in conversations may have changed with this paper.
    fn terms_changed(&self, written: &PaperView) {
        if written.kind == PaperKind::Condition {
            self.forget_windows(None);
        }
    }
}

/// A new paper about a person of the writer's own site.
pub(super) fn paper_about(
    tx: &mut Tx<'_>,
    kind: PaperKind,
    account: AccountId,
    answers: Raw,
    by: &Account,
) -> Result<Paper, Stopped> {
    let of = super::people::theirs(tx, account, by)?;
    let form = kind.form();
    if form.about != About::Person || !form.may_write(by, false) {
        return Err(Code::Forbidden.into());
    }
    if !form.of.contains(&of.role) {
        let role = of.role.as_str().replace('_', " ");
        return Err(Denied::saying(Code::BadFrame, format!("This form is not for a {role}.")).into());
    }
    let before = tx.papers_of(account, super::people::PAPERS)?;
    room(&before, super::people::PAPERS)?;
    once(form.one, kind, &before)?;
    let answers = kind.answers(answers).map_err(Denied::from)?;
    put(tx, Paper { account: Some(account), answers: Some(answers), ..blank(kind, by) }, by)
}

/// A new paper about a relationship: of the writer's own, or of their site.
pub(super) fn paper_between(
    tx: &mut Tx<'_>,
    kind: PaperKind,
    id: ConversationId,
    answers: Raw,
    by: &Account,
) -> Result<Paper, Stopped> {
    let conversation = tx.conversation(id)?.filter(|found| sees(found, by)).ok_or(Code::NotFound)?;
    let form = kind.form();
    if form.about != About::Relationship || !form.may_write(by, conversation.has(by.id)) {
        return Err(Code::Forbidden.into());
    }
    let before = tx.papers_in(id, SHOWN)?;
    room(&before, SHOWN)?;
    once(form.one, kind, &before)?;
    let answers = kind.answers(answers).map_err(Denied::from)?;
    put(tx, Paper { conversation: Some(id), answers: Some(answers), ..blank(kind, by) }, by)
}

/// What is not shown would not be kept to: so there is never more than is shown.
fn room(before: &[Paper], most: usize) -> Result<(), Stopped> {
    if before.len() >= most {
        let advice = format!("There are {most} papers here, and no room for another. Change one that is there.");
        return Err(Denied::saying(Code::NotYet, advice).into());
    }
    Ok(())
}

fn once(one: bool, kind: PaperKind, before: &[Paper]) -> Result<(), Stopped> {
    if one && before.iter().any(|paper| paper.kind == kind && paper.closed_at.is_none()) {
        return Err(Denied::saying(Code::NotYet, "There is one already. Change that one.").into());
    }
    Ok(())
}

fn blank(kind: PaperKind, by: &Account) -> Paper {
    let now = fresh::now();
    Paper {
        id: PaperId::from_bits(fresh::bits()),
        site: by.site,
        kind,
        account: None,
        conversation: None,
        answers: None,
        version: 1,
        by: by.id,
        made_at: now,
        changed_at: now,
        due_at: None,
        closed_at: None,
    }
}

/// Writes a paper with its line in the log, and lets what it says hold.
fn put(tx: &mut Tx<'_>, paper: Paper, by: &Account) -> Result<Paper, Stopped> {
    let due_at = paper.kind.form().due.and_then(|field| paper.answers().time(field));
    let paper = Paper { due_at, changed_at: fresh::now(), ..paper };
    let salt = fresh::bytes::<16>();
    tx.put_paper(&paper, &salt)?;
    log(tx, &paper, PaperAct::Write, by, paper.digest(&salt))?;
    terms::settle(tx, &paper, by)?;
    Ok(paper)
}

fn log(tx: &mut Tx<'_>, paper: &Paper, act: PaperAct, by: &Account, digest: String) -> Result<(), Stopped> {
    let what = What::Paper { paper: paper.id, of: paper.kind, act, version: paper.version, digest };
    Ok(tx.append(Event { conversation: paper.conversation, ..noted(paper.site, by.id, what) })?)
}

/// Whether a relationship is there for somebody: for its parties, and for those who answer for its site.
fn sees(conversation: &Conversation, by: &Account) -> bool {
    let staff = conversation.site == by.site && !by.role.converses() && !conversation.is_sealed_from(by.id);
    conversation.has(by.id) || staff
}

/// A paper that somebody may read, and whether it is about a relationship of their own. Who somebody really is is read behind glass alone.
fn theirs(record: &Reader<'_>, id: PaperId, by: &Account) -> Result<Option<(Paper, bool)>, StoreError> {
    let Some(paper) = record.paper(id)?.filter(|paper| paper.site == by.site) else { return Ok(None) };
    let of = paper.conversation.map(|id| record.conversation(id)).transpose()?.flatten();
    let party = of.as_ref().is_some_and(|conversation| conversation.has(by.id));
    let sealed = !party && of.is_some_and(|conversation| conversation.is_sealed_from(by.id));
    let may = paper.kind != PaperKind::Identity && !sealed && reads(&paper, by, party);
    Ok(may.then_some((paper, party)))
}

/// The same of one that may be changed: it still says something.
fn changeable(tx: &Tx<'_>, id: PaperId, by: &Account) -> Result<(Paper, bool), Stopped> {
    let (paper, party) = theirs(tx, id, by)?.ok_or(Code::NotFound)?;
    if paper.answers.is_none() {
        return Err(Denied::saying(Code::AlreadyClosed, "What this said was erased.").into());
    }
    Ok((paper, party))
}

fn reads(paper: &Paper, who: &Account, party: bool) -> bool {
    paper.kind.form().may_read(who, party) || (paper.by == who.id && paper.kind.form().may_write(who, party))
}

/// What one person wrote for somebody is theirs to change; what is agreed may be changed by each who writes it.
fn may_rewrite(paper: &Paper, who: &Account, party: bool) -> bool {
    let agreed = match paper.kind {
        PaperKind::Goal | PaperKind::Meeting | PaperKind::Plan => true,
        PaperKind::CheckIn
        | PaperKind::Time
        | PaperKind::Debrief
        | PaperKind::Concern
        | PaperKind::Feedback
        | PaperKind::Pulse => paper.by == who.id,
        PaperKind::Identity
        | PaperKind::Referral
        | PaperKind::Officer
        | PaperKind::Needs
        | PaperKind::Offer
        | PaperKind::Check
        | PaperKind::Condition
        | PaperKind::Also
        | PaperKind::Note => !who.role.converses(),
        PaperKind::Basis
        | PaperKind::ChildrensAccess
        | PaperKind::IllegalContent
        | PaperKind::ChildrensRisk
        | PaperKind::Measures => false,
    };
    agreed && paper.closed_at.is_none() && paper.kind.form().may_write(who, party)
}

/// A concern is put away by those whom it is for; all else by those who may change it.
fn may_close(paper: &Paper, who: &Account, party: bool) -> bool {
    let for_them = paper.kind == PaperKind::Concern && paper.kind.form().may_read(who, party) && paper.by != who.id;
    paper.closed_at.is_none() && (for_them || (paper.kind != PaperKind::Concern && may_rewrite(paper, who, party)))
}

fn as_read(paper: &Paper, version: u64) -> Result<(), Stopped> {
    if paper.version == version {
        return Ok(());
    }
    Err(Denied::saying(Code::StaleVersion, "This has changed since you read it. Read it again, then change it.").into())
}

/// Those of these papers that a reader may see, as they see them.
pub(super) fn views_of(
    record: &Reader<'_>,
    papers: Vec<Paper>,
    reader: &Account,
    party: bool,
) -> Result<Vec<PaperView>, StoreError> {
    let theirs = papers.into_iter().filter(|paper| reads(paper, reader, party));
    theirs.map(|paper| view_of(record, paper, reader, party)).collect()
}

/// A paper as its reader sees it.
pub(super) fn view_of(
    record: &Reader<'_>,
    paper: Paper,
    reader: &Account,
    party: bool,
) -> Result<PaperView, StoreError> {
    let named = |id: AccountId| -> Result<Person, StoreError> {
        let account = record.account(id)?;
        Ok(account.map_or_else(
            || Person { account: id, name: String::new(), role: reader.role },
            |account| Person { account: account.id, name: account.name, role: account.role },
        ))
    };
    let signed = record.signed(paper.id, paper.version)?;
    let signs = party
        && paper.closed_at.is_none()
        && paper.kind.form().signed_by.contains(&reader.role)
        && !signed.contains(&reader.id);
    Ok(PaperView {
        id: paper.id,
        kind: paper.kind,
        account: paper.account,
        conversation: paper.conversation,
        writes: may_rewrite(&paper, reader, party),
        closes: may_close(&paper, reader, party),
        answers: paper.answers.map(|answers| answers.all().clone()),
        version: paper.version,
        by: named(paper.by)?,
        made_at: paper.made_at,
        changed_at: paper.changed_at,
        due_at: paper.due_at,
        closed_at: paper.closed_at,
        signed: signed.into_iter().map(named).collect::<Result<_, _>>()?,
        signs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_until_there_are_as_many_as_are_shown() {
        assert!(room(&[], 1).is_ok());
        let Err(Stopped::Denied(denied)) = room(&[], 0) else { panic!("there is no room") };
        assert_eq!(denied.refusal.code, Code::NotYet);
        assert!(denied.advice.is_some_and(|advice| advice.contains("no room for another")));
    }
}
