//! Who is in a scheme: adding somebody, inviting them by a code, letting them in, suspending them.

use super::papers::{paper_about, views_of};
use super::relationships::line_of;
use super::{Denied, Stopped, noted};
use crate::chat::sessions::token_hash;
use crate::chat::{Arriving, Chat, Signed, SignedUp, admin};
use crate::fresh;
use crate::store::{NewAccount, PersonRow, Reader, Tx};
use handrail_domain::event::{AccountAct, What};
use handrail_domain::ids::{AccountId, SiteId};
use handrail_domain::people::{Account, Role};
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::rights::TABLE;
use handrail_domain::scheme::invite::{INVITE_MS, InviteAct, code, standing, typed};
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::time::Timestamp;
use handrail_domain::wire::{Invited, Join, NewPerson, PeoplePage, PersonLine, PersonPage, RightLine, RolesPage};

/// The most papers about one person.
pub(super) const PAPERS: usize = 1_000;

/// Who may do what, as the table says.
pub fn roles_page() -> RolesPage {
    let line = |(right, roles): &(_, &[Role])| RightLine { right: *right, roles: roles.to_vec() };
    RolesPage { rights: TABLE.iter().map(line).collect() }
}

impl Chat {
    /// Everybody of one's site.
    pub async fn people(&self, who: &Signed) -> Result<PeoplePage, Denied> {
        may_run(&who.account)?;
        let (site, now) = (who.account.site, fresh::now());
        let found = self.read(move |record| record.everybody(site)).await?;
        Ok(PeoplePage { people: found.iter().map(|row| person_line(row, now)).collect() })
    }

    /// One of them, with what is written about them. Who they really are is shown while the reader's glass is open, and the log says so.
    pub async fn person(&self, who: &Signed, id: AccountId) -> Result<PersonPage, Denied> {
        may_run(&who.account)?;
        let reader = who.account.clone();
        let now = fresh::now();
        let found = self.read(move |record| {
            let Some(row) = record.person(id)?.filter(|row| row.account.site == reader.site) else { return Ok(None) };
            let glass = record.last_glass(id, reader.id)?.filter(|glass| glass.open_to(reader.id, now));
            let papers = record.papers_of(id, PAPERS)?;
            let has_identity = papers.iter().any(|paper| paper.kind == PaperKind::Identity);
            let shown = papers.into_iter().filter(|paper| paper.kind != PaperKind::Identity).collect();
            let relationships = record.relationships_of(id)?;
            Ok(Some(PersonPage {
                person: person_line(&row, now),
                username: if row.joined { record.username(id)? } else { None },
                relationships: relationships.iter().map(line_of).collect(),
                papers: views_of(record, shown, &reader, false)?,
                has_identity,
                glass_until: glass.map(|glass| glass.until),
                second_step: super::second_step::seen(record, id, reader.id, now)?,
            }))
        });
        found.await?.ok_or_else(|| Code::NotFound.into())
    }

    /// Somebody new, with a code that lets them in.
    pub async fn add_person(&self, who: &Signed, new: NewPerson) -> Result<Invited, Denied> {
        may_run(&who.account)?;
        admin::good_name(&new.name)?;
        if new.role == Role::Operator {
            return Err(Denied::saying(
                Code::Forbidden,
                "An operator is added on the machine: `handrail account add`.",
            ));
        }
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let id = add(tx, by.site, new.role, new.name.trim(), Some(by.id))?;
            invite(tx, id, &by)
        })
        .await
    }

    /// A code that lets somebody choose a password, for the first time or anew. One that was out before lets nobody in any more; who has
    /// a password keeps it until the code is used, and gets a new one only once somebody has checked and written down who asks.
    pub async fn invite(&self, who: &Signed, id: AccountId, checked: String) -> Result<Invited, Denied> {
        may_run(&who.account)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let account = theirs(tx, id, &by)?;
            if account.disabled {
                return Err(Denied::saying(Code::NotYet, "They are suspended. Let them back in first.").into());
            }
            if tx.person(id)?.is_some_and(|row| row.joined) {
                if checked.trim().is_empty() {
                    let advice = "Write down how you checked that it is they who ask for a new password.";
                    return Err(Denied::saying(Code::BadFrame, advice).into());
                }
                let words = [("words".to_owned(), format!("New password: {}", checked.trim()).into())].into();
                paper_about(tx, PaperKind::Note, id, words, &by)?;
            }
            invite(tx, id, &by)
        })
        .await
    }

    /// Suspends somebody, with a reason that stands among their papers, or lets them back in. Who is suspended is signed out at once.
    pub async fn suspend(&self, who: &Signed, id: AccountId, reason: Option<String>) -> Result<(), Denied> {
        may_run(&who.account)?;
        if id == who.account.id {
            return Err(Denied::saying(Code::Forbidden, "You cannot suspend yourself. Ask a colleague."));
        }
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let account = theirs(tx, id, &by)?;
            let disabled = reason.is_some();
            if account.disabled == disabled {
                return Ok(());
            }
            if let Some(reason) = reason {
                let words = [("words".to_owned(), reason.into())].into();
                paper_about(tx, PaperKind::Note, id, words, &by)?;
                tx.end_invites(id, fresh::now())?;
            }
            tx.set_disabled(id, disabled)?;
            tx.used(id, fresh::now())?;
            tx.end_sessions(id)?;
            let act = if disabled { AccountAct::Disable } else { AccountAct::Enable };
            Ok(tx.append(noted(by.site, by.id, What::Account { account: id, act }))?)
        })
        .await
    }

    /// Lets somebody in by a code: they choose a name to sign in with and a password. Whoever knew the account's password before does
    /// not any more.
    pub async fn join(&self, join: Join, own_phone: bool) -> Result<SignedUp, Denied> {
        let bad = || Denied::saying(Code::NotFound, "We do not know that code, or it has run out. Ask for a new one.");
        let key = token_hash(&typed(&join.code).ok_or_else(bad)?);
        let found = self.read(move |record| {
            let Some((id, invite)) = record.invite(&key)? else { return Ok(None) };
            Ok(record.account(id)?.filter(|account| invite.holds(fresh::now()) && !account.disabled))
        });
        let account = found.await?.ok_or_else(bad)?;
        admin::good_username(&join.username)?;
        admin::good_password(account.role, &join.password, &[&account.name, &join.username])?;
        let hash = self.hash_in_turn(join.password).await?;
        let username = join.username;
        let entered = self.scheme_act(move |tx| {
            let now = fresh::now();
            let (id, _) = tx.invite(&key)?.filter(|(_, invite)| invite.holds(now)).ok_or(Code::NotFound)?;
            let account = tx.account(id)?.filter(|account| !account.disabled).ok_or(Code::NotFound)?;
            if tx.credentials(&username)?.is_some_and(|other| other.account.id != id) {
                return Err(Denied::saying(Code::NotYet, "Somebody has that name already. Choose another.").into());
            }
            let again = tx.person(id)?.is_some_and(|row| row.joined);
            tx.enter(id, &username, &hash)?;
            tx.end_invites(id, now)?;
            tx.end_sessions(id)?;
            tx.append(noted(account.site, id, What::Invite { account: id, act: InviteAct::Use }))?;
            if again {
                tx.append(noted(account.site, id, What::Account { account: id, act: AccountAct::Reset }))?;
            }
            Ok(account)
        });
        let account = entered.await?;
        Ok(self.begin_session(account, Arriving { step: None, own_phone }).await?)
    }
}

pub(super) fn person_line(row: &PersonRow, now: Timestamp) -> PersonLine {
    PersonLine {
        account: row.account.id,
        name: row.account.name.clone(),
        role: row.account.role,
        standing: standing(row.account.disabled, row.joined, row.invite, now),
        relationships: row.relationships,
        since: row.since,
    }
}

/// An account without a password: nobody signs in to it before they are invited. Until then its id stands for its name.
pub(super) fn add(
    tx: &mut Tx<'_>,
    site: SiteId,
    role: Role,
    name: &str,
    by: Option<AccountId>,
) -> Result<AccountId, Stopped> {
    let id = AccountId::from_bits(fresh::bits());
    let account = Account { id, site, role, name: name.to_owned(), disabled: false };
    tx.add_account(&NewAccount { account, username: id.to_string(), password: String::new() }, fresh::now())?;
    let added = admin::event(site, What::Account { account: id, act: AccountAct::Add });
    tx.append(handrail_domain::event::Event { actor: by, ..added })?;
    Ok(id)
}

pub(super) fn invite(tx: &mut Tx<'_>, id: AccountId, by: &Account) -> Result<Invited, Stopped> {
    let (code, now) = (code(fresh::bits()), fresh::now());
    let until = now.plus_ms(INVITE_MS);
    tx.add_invite(&token_hash(&code), id, Some(by.id), now, until)?;
    tx.append(noted(by.site, by.id, What::Invite { account: id, act: InviteAct::Make }))?;
    let name = super::name_of(tx, id)?;
    Ok(Invited { account: id, name, code, until })
}

/// An account of the same site as somebody who runs it. Others are not there.
pub(super) fn theirs(record: &Reader<'_>, id: AccountId, by: &Account) -> Result<Account, Stopped> {
    let found = record.account(id)?.filter(|account| account.site == by.site);
    Ok(found.ok_or(Code::NotFound)?)
}
