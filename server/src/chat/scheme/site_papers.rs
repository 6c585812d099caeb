//! What a scheme has written down about itself before the law, version by version; and that nobody is brought together before it is said on
//! what basis data about offences is kept.

use super::{Denied, name_of};
use crate::chat::admin::{AdminError, event};
use crate::chat::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, PaperId, SiteId};
use handrail_domain::people::Role;
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::form::{Answer, Answers};
use handrail_domain::scheme::paper::{About, PaperAct, PaperKind};
use handrail_domain::scheme::site_paper::{SitePaper, next_version};
use handrail_domain::wire::{NewSitePaper, Person, SitePaperView, SitePapersPage, forms_for};
use std::collections::BTreeMap;

/// Versions that are shown, the newest ones.
const SHOWN: usize = 500;
/// What is said where a relationship would begin without it.
const BASIS_NEEDED: &str = "First write down on what basis this scheme keeps data about offences: under Our site, Papers of the scheme, or \
     with `handrail site basis`.";

impl Chat {
    /// What one's scheme has written down about itself.
    pub async fn site_papers(&self, who: &Signed) -> Result<SitePapersPage, Denied> {
        may_run(&who.account)?;
        let (site, role) = (who.account.site, who.account.role);
        let papers = self.read(move |record| {
            let papers = record.site_papers(site, SHOWN)?.into_iter();
            papers.map(|paper| view_of(record, paper)).collect::<Result<Vec<_>, _>>()
        });
        let forms = forms_for(role).forms.into_iter().filter(|form| form.about == About::Site);
        Ok(SitePapersPage { papers: papers.await?, forms: forms.collect() })
    }

    /// Writes the next version of one kind of it.
    pub async fn write_site_paper(&self, who: &Signed, new: NewSitePaper) -> Result<SitePaperView, Denied> {
        may_run(&who.account)?;
        let (site, by) = (who.account.site, who.account.id);
        let answers = answers_of(new.kind, new.answers)?;
        self.scheme_act(move |tx| {
            let newest = tx.site_paper(site, new.kind)?;
            let version = next_version(newest.as_ref(), new.version).map_err(|code| {
                Denied::saying(code, "A colleague has written this anew. Read theirs, then write yours.")
            })?;
            let paper = put(tx, site, new.kind, version, answers, Some(by))?;
            Ok(view_of(tx, paper)?)
        })
        .await
    }

    /// The same by whoever runs the server.
    pub async fn admin_write_site_paper(
        &self,
        site: SiteId,
        kind: PaperKind,
        answers: BTreeMap<String, Answer>,
    ) -> Result<SitePaper, AdminError> {
        let answers = answers_of(kind, answers).map_err(|denied| AdminError(denied.advice.unwrap_or_default()))?;
        let written = self.write(Scope::Everything, move |tx| {
            let version = tx.site_paper(site, kind)?.map_or(1, |newest| newest.version + 1);
            put(tx, site, kind, version, answers, None)
        });
        Ok(written.await?)
    }
}

fn answers_of(kind: PaperKind, answers: BTreeMap<String, Answer>) -> Result<Answers, Denied> {
    if kind.form().about != About::Site {
        return Err(Denied::saying(
            Code::BadFrame,
            "This form is about a person or a relationship. Write it on their page.",
        ));
    }
    Ok(kind.answers(answers)?)
}

/// Writes a version with its line in the log.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    site: SiteId,
    kind: PaperKind,
    version: u64,
    answers: Answers,
    by: Option<AccountId>,
) -> Result<SitePaper, Failure> {
    let due_at = kind.form().due.and_then(|field| answers.time(field));
    let id = PaperId::from_bits(fresh::bits());
    let paper = SitePaper { id, site, kind, version, answers, by, at: fresh::now(), due_at };
    let salt = fresh::bytes::<16>();
    tx.add_site_paper(&paper, &salt)?;
    let what = What::Paper { paper: id, of: kind, act: PaperAct::Write, version, digest: paper.digest(&salt) };
    tx.append(Event { actor: by, ..event(site, what) })?;
    Ok(paper)
}

/// Nobody is brought together in a scheme that has not said on what basis it keeps data about offences (Data Protection Act 2018, section 10).
pub(crate) fn basis_needed(record: &Reader<'_>, site: SiteId) -> Result<Option<&'static str>, StoreError> {
    Ok(record.site_paper(site, PaperKind::Basis)?.is_none().then_some(BASIS_NEEDED))
}

fn view_of(record: &Reader<'_>, paper: SitePaper) -> Result<SitePaperView, StoreError> {
    let by = paper.by.map(|account| {
        let role = record.account(account)?.map_or(Role::Coordinator, |account| account.role);
        Ok::<_, StoreError>(Person { account, name: name_of(record, account)?, role })
    });
    Ok(SitePaperView {
        id: paper.id,
        kind: paper.kind,
        version: paper.version,
        answers: paper.answers.all().clone(),
        by: by.transpose()?,
        at: paper.at,
        due_at: paper.due_at,
    })
}
