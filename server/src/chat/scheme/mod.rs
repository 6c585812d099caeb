//! Running a scheme: who is in it, who fits whom, what is written down, and what a coordinator should do next.

mod glass;
mod home;
mod import;
mod matching;
mod numbers;
mod papers;
mod people;
mod relationships;
mod second_step;
mod site;
mod site_papers;
mod terms;

pub use people::roles_page;
pub use relationships::Change;
pub(crate) use site_papers::{basis_needed, put as put_site_paper};

use super::{Chat, admin};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use handrail_domain::event::{Event, What};
use handrail_domain::ids::{AccountId, ConversationId, SiteId};
use handrail_domain::people::Account;
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::scheme::form::{Answer, FormError};
use handrail_domain::scheme::paper::{Paper, PaperKind};
use std::collections::BTreeMap;

/// An expected "no", with what exactly to do where more is known than its code says.
#[derive(Debug)]
pub struct Denied {
    /// The refusal.
    pub refusal: Refusal,
    /// What to do.
    pub advice: Option<String>,
}

impl Denied {
    fn saying(code: Code, advice: impl Into<String>) -> Self {
        let mut advice: String = advice.into();
        if !advice.ends_with('.') {
            advice.push('.');
        }
        Self { refusal: code.into(), advice: Some(advice) }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, advice: None }
    }
}

impl From<Code> for Denied {
    fn from(code: Code) -> Self {
        Refusal::from(code).into()
    }
}

impl From<FormError> for Denied {
    fn from(error: FormError) -> Self {
        Self::saying(Code::BadFrame, error.to_string())
    }
}

impl From<admin::AdminError> for Denied {
    fn from(error: admin::AdminError) -> Self {
        Self::saying(Code::BadFrame, error.0)
    }
}

/// Why an act of the scheme was not done: an expected "no", or the world.
enum Stopped {
    Denied(Box<Denied>),
    Failed(Failure),
}

impl<T: Into<Failure>> From<T> for Stopped {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<Denied> for Stopped {
    fn from(denied: Denied) -> Self {
        Self::Denied(Box::new(denied))
    }
}

impl Stopped {
    fn failure(self) -> Failure {
        match self {
            Stopped::Failed(failure) => failure,
            Stopped::Denied(denied) => denied.refusal.code.into(),
        }
    }
}

/// Writes a paper about a person inside an act.
pub(crate) fn write_about(
    tx: &mut Tx<'_>,
    kind: PaperKind,
    account: AccountId,
    answers: BTreeMap<String, Answer>,
    by: &Account,
) -> Result<Paper, Failure> {
    papers::paper_about(tx, kind, account, answers, by).map_err(Stopped::failure)
}

/// The same about a relationship.
pub(crate) fn write_between(
    tx: &mut Tx<'_>,
    kind: PaperKind,
    conversation: ConversationId,
    answers: BTreeMap<String, Answer>,
    by: &Account,
) -> Result<Paper, Failure> {
    papers::paper_between(tx, kind, conversation, answers, by).map_err(Stopped::failure)
}

impl Chat {
    /// Does something to the scheme in one act. Who is denied something is told what to do; nothing of the act stays then.
    async fn scheme_act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Stopped> + Send + 'static,
    ) -> Result<T, Denied> {
        let (tell, told) = std::sync::mpsc::channel();
        let done = self.write(Scope::Everything, move |tx| {
            act(tx).map_err(|stopped| match stopped {
                Stopped::Failed(failure) => failure,
                Stopped::Denied(denied) => {
                    let code = denied.refusal.code;
                    // Whoever asked may be gone; then nobody is told.
                    let _ = tell.send(denied);
                    code.into()
                }
            })
        });
        match done.await {
            Ok(done) => Ok(done),
            Err(refusal) => Err(told.try_recv().map_or_else(|_| refusal.into(), |denied| *denied)),
        }
    }
}

/// A line of the log about what somebody did.
fn noted(site: SiteId, by: AccountId, what: What) -> Event {
    Event { actor: Some(by), ..admin::event(site, what) }
}

/// Somebody's name, or nothing for who is not there any more.
fn name_of(record: &Reader<'_>, of: AccountId) -> Result<String, StoreError> {
    Ok(record.account(of)?.map(|account| account.name).unwrap_or_default())
}

/// The devices of those who answer for a site, but for one of them, are told that something waits: past their quiet hours, if it is urgent.
fn tell_staff(tx: &mut Tx<'_>, site: SiteId, but: AccountId, urgent: bool) -> Result<(), Stopped> {
    let now = fresh::now();
    for account in tx.staff(site)?.into_iter().filter(|account| account.id != but) {
        for device in tx.devices(account.id)? {
            if urgent {
                tx.set_device_urgent(&device.session, now)?;
            } else {
                tx.set_device_due(&device.session, device.may_be_told(now))?;
            }
        }
    }
    Ok(())
}
