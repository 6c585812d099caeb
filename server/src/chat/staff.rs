//! Who may see what others wrote, looked over as a whole: every account of staff, when it was last used, and whether it has a second
//! step. One that nobody uses is disabled.

use super::{AdminError, Chat, admin};
use crate::fresh;
use crate::store::{Scope, StaffRow};
use handrail_domain::event::{AccountAct, What};
use handrail_domain::refusal::Refusal;

impl Chat {
    /// Every account of staff, site by site.
    pub async fn admin_staff(&self) -> Result<Vec<StaffRow>, AdminError> {
        Ok(self.read(|record| record.all_staff()).await?)
    }

    /// Takes the second step away from who has lost it, where no two colleagues are there to do it; every session of theirs ends.
    pub async fn admin_take_second_step_away(&self, username: &str) -> Result<(), AdminError> {
        let account = self.admin_account(username).await?;
        let taken = self.write(Scope::Everything, move |tx| {
            let taken = tx.drop_second_step(account.id)?;
            if taken {
                tx.end_sessions(account.id)?;
                let what = What::Account { account: account.id, act: AccountAct::TakeSecondStepAway };
                tx.append(admin::event(account.site, what))?;
            }
            Ok(taken)
        });
        if taken.await? {
            Ok(())
        } else {
            Err(AdminError(format!("{username:?} has no second step; nothing was changed")))
        }
    }

    /// Disables staff who have not signed in for as long as the configuration says. Gives how many.
    pub async fn disable_unused(&self) -> Result<usize, Refusal> {
        let Some(unused) = self.lengths.unused else { return Ok(0) };
        let before = fresh::now().plus_ms(-i64::try_from(unused.as_millis()).unwrap_or(i64::MAX));
        let idle = move |row: &StaffRow| !row.account.disabled && row.used_at < before;
        if !self.read(|record| record.all_staff()).await?.iter().any(idle) {
            return Ok(0);
        }
        self.write(Scope::Everything, move |tx| {
            let found: Vec<StaffRow> = tx.all_staff()?.into_iter().filter(idle).collect();
            for row in &found {
                tx.set_disabled(row.account.id, true)?;
                tx.end_sessions(row.account.id)?;
                let what = What::Account { account: row.account.id, act: AccountAct::Disable };
                tx.append(admin::event(row.account.site, what))?;
            }
            Ok(found.len())
        })
        .await
    }
}
