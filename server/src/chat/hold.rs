//! Legal holds: two people together keep the words of a relationship from being erased, until a day.

use super::{AdminError, Chat};
use crate::fresh;
use crate::store::{Scope, StoreError};
use handrail_domain::erasure::{Hold, may_hold};
use handrail_domain::event::{Event, HoldAct, What};
use handrail_domain::ids::{AccountId, ConversationId, HoldId, SiteId};
use handrail_domain::people::Account;
use handrail_domain::time::Timestamp;

/// Legal holds that are listed at once.
const LISTED_MAX: usize = 1_000;

/// A legal hold that is to begin.
#[derive(Debug, Clone)]
pub struct HoldSpec {
    /// On which conversation.
    pub conversation: ConversationId,
    /// Why.
    pub reason: String,
    /// The sign-in name of who asks for it.
    pub by: String,
    /// The sign-in name of who agrees.
    pub agreed: String,
    /// Its last moment.
    pub until: Timestamp,
}

impl Chat {
    /// Begins a legal hold.
    pub async fn admin_add_hold(&self, spec: HoldSpec) -> Result<HoldId, AdminError> {
        let (hold, site) = self.hold_of(spec).await?;
        let id = hold.id;
        self.write(Scope::Everything, move |tx| {
            tx.add_hold(&hold)?;
            Ok(tx.append(noted(site, &hold, HoldAct::Begin, hold.by))?)
        })
        .await?;
        Ok(id)
    }

    /// Ends a legal hold before its time, which takes two people again.
    pub async fn admin_end_hold(&self, id: HoldId, by: &str, agreed: &str) -> Result<(), AdminError> {
        let (by, agreed) = self.two(by, agreed).await?;
        let found = self.read(move |record| record.hold(id)).await?;
        let hold =
            found.ok_or_else(|| AdminError(format!("there is no legal hold {id}; `handrail hold list` names them")))?;
        if !hold.in_force(fresh::now()) {
            return Err(AdminError("this legal hold is over already".into()));
        }
        let site = self.site_for(hold.conversation, &by, &agreed).await?;
        self.write(Scope::Everything, move |tx| {
            tx.end_hold(id, fresh::now())?;
            Ok(tx.append(noted(site, &hold, HoldAct::End, by.id))?)
        })
        .await?;
        Ok(())
    }

    /// Legal holds, over or not, of one conversation or of all, each with the sign-in names of the two who asked for it.
    pub async fn admin_holds(&self, of: Option<ConversationId>) -> Result<Vec<(Hold, [String; 2])>, AdminError> {
        let holds = self.read(move |record| {
            let holds = match of {
                Some(conversation) => record.holds(conversation)?,
                None => record.all_holds(LISTED_MAX)?,
            };
            let named = holds.into_iter().map(|hold| {
                let name = |id| Ok::<_, StoreError>(record.username(id)?.unwrap_or_default());
                let names = [name(hold.by)?, name(hold.agreed)?];
                Ok((hold, names))
            });
            named.collect()
        });
        Ok(holds.await?)
    }

    /// The hold that is to begin, once both may answer for it, and its site.
    pub(super) async fn hold_of(&self, spec: HoldSpec) -> Result<(Hold, SiteId), AdminError> {
        let (by, agreed) = self.two(&spec.by, &spec.agreed).await?;
        let hold = Hold {
            id: HoldId::from_bits(fresh::bits()),
            conversation: spec.conversation,
            reason: spec.reason,
            by: by.id,
            agreed: agreed.id,
            created_at: fresh::now(),
            until: spec.until,
            ended_at: None,
        };
        let hold = hold.check()?;
        let site = self.site_for(hold.conversation, &by, &agreed).await?;
        Ok((hold, site))
    }

    pub(super) async fn two(&self, by: &str, agreed: &str) -> Result<(Account, Account), AdminError> {
        let two = (self.admin_account(by).await?, self.admin_account(agreed).await?);
        may_hold(&two.0, &two.1)?;
        Ok(two)
    }

    /// The conversation's site, which must be that of both.
    pub(super) async fn site_for(
        &self,
        of: ConversationId,
        by: &Account,
        agreed: &Account,
    ) -> Result<SiteId, AdminError> {
        let found = self.read(move |record| record.conversation(of)).await?;
        let site = found
            .ok_or_else(|| AdminError(format!("there is no relationship {of}; copy its id as it was given")))?
            .site;
        if [by.site, agreed.site].iter().any(|own| *own != site) {
            return Err(AdminError("the relationship belongs to another site; name two people of that site".into()));
        }
        Ok(site)
    }
}

pub(super) fn noted(site: SiteId, hold: &Hold, act: HoldAct, actor: AccountId) -> Event {
    let what = What::LegalHold { hold: hold.id, act };
    Event { conversation: Some(hold.conversation), actor: Some(actor), ..super::admin::event(site, what) }
}
