//! Reading who somebody really is: for a reason, for half an hour, with every reading in the log and a second person told.

use super::papers::view_of;
use super::{Denied, Stopped, noted};
use crate::chat::{Chat, Signed};
use crate::fresh;
use handrail_domain::event::What;
use handrail_domain::ids::{AccountId, GlassId};
use handrail_domain::policy::may;
use handrail_domain::refusal::Code;
use handrail_domain::rights::Right;
use handrail_domain::scheme::glass::{GLASS_MS, GLASS_REASON_CHARS, Glass, GlassAct};
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::wire::PaperView;

impl Chat {
    /// Breaks the glass in front of somebody's real name. The others who may do so find it among their tasks.
    pub async fn break_glass(&self, who: &Signed, id: AccountId, reason: &str) -> Result<(), Denied> {
        may(&who.account, Right::BreakGlass)?;
        let reason = reason.trim().to_owned();
        if !GLASS_REASON_CHARS.contains(&reason.chars().count()) {
            let (least, most) = (GLASS_REASON_CHARS.start(), GLASS_REASON_CHARS.end());
            return Err(Denied::saying(Code::BadFrame, format!("Say why, in {least} to {most} characters.")));
        }
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let account = super::people::theirs(tx, id, &by)?;
            let now = fresh::now();
            let glass = Glass {
                id: GlassId::from_bits(fresh::bits()),
                site: by.site,
                account: account.id,
                by: by.id,
                reason,
                at: now,
                until: now.plus_ms(GLASS_MS),
                seen_by: None,
            };
            tx.add_glass(&glass)?;
            let what = What::Glass { glass: glass.id, account: id, act: GlassAct::Break };
            tx.append(noted(by.site, by.id, what))?;
            super::tell_staff(tx, by.site, by.id, false)
        })
        .await?;
        self.absent.wake();
        Ok(())
    }

    /// Who somebody really is, if the reader's glass is open. That it was read is in the log before it is shown.
    pub async fn identity(&self, who: &Signed, id: AccountId) -> Result<PaperView, Denied> {
        may(&who.account, Right::BreakGlass)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            super::people::theirs(tx, id, &by)?;
            let now = fresh::now();
            let glass = tx.last_glass(id, by.id)?.filter(|glass| glass.open_to(by.id, now));
            let closed = || Denied::saying(Code::Forbidden, "Say first why you need to know who this is.");
            let glass = glass.ok_or_else(closed)?;
            let paper =
                tx.papers_of(id, super::people::PAPERS)?.into_iter().find(|paper| paper.kind == PaperKind::Identity);
            let paper = paper.ok_or(Code::NotFound)?;
            let what = What::Glass { glass: glass.id, account: id, act: GlassAct::Read };
            tx.append(noted(by.site, by.id, what))?;
            Ok(view_of(tx, paper, &by, false)?)
        })
        .await
    }

    /// A second person has read that somebody broke a glass.
    pub async fn see_glass(&self, who: &Signed, id: GlassId) -> Result<(), Denied> {
        may(&who.account, Right::BreakGlass)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let glass = tx.glass(id)?.filter(|glass| glass.site == by.site).ok_or(Code::NotFound)?;
            if glass.by == by.id {
                let own = Denied::saying(Code::Forbidden, "You did this yourself, so a colleague must read of it.");
                return Err(Stopped::from(own));
            }
            if glass.may_be_seen_by(by.id) {
                tx.see_glass(id, by.id, fresh::now())?;
                let what = What::Glass { glass: id, account: glass.account, act: GlassAct::See };
                tx.append(noted(by.site, by.id, what))?;
            }
            Ok(())
        })
        .await
    }
}
