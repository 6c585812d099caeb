//! Who has lost their second step is let in again by two colleagues, each of whom writes down how they checked that it is they.

use super::papers::paper_about;
use super::people::theirs;
use super::{Denied, noted};
use crate::chat::{Chat, Signed};
use crate::fresh;
use crate::store::{Reader, StoreError};
use handrail_domain::event::{AccountAct, What};
use handrail_domain::ids::AccountId;
use handrail_domain::policy::may_run;
use handrail_domain::refusal::Code;
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::second_step::{Asked, TakeAway, take_away};
use handrail_domain::time::Timestamp;
use handrail_domain::wire::SecondStepSeen;

/// Somebody's second step, as a colleague sees it.
pub(super) fn seen(
    record: &Reader<'_>,
    of: AccountId,
    reader: AccountId,
    now: Timestamp,
) -> Result<Option<SecondStepSeen>, StoreError> {
    let Some(row) = record.second_step(of)? else { return Ok(None) };
    let Some(since) = row.since() else { return Ok(None) };
    let asked = row.asked.filter(|asked| asked.holds(now));
    let asked_by = asked.map(|asked| super::name_of(record, asked.by)).transpose()?;
    let waits_for_you = take_away(asked, reader, of, now) == Ok(TakeAway::Done);
    Ok(Some(SecondStepSeen { since, asked_by, waits_for_you }))
}

impl Chat {
    /// Asks for somebody's second step to be taken away, or, after a colleague has, takes it: then every session of theirs ends.
    pub async fn take_second_step_away(&self, who: &Signed, of: AccountId, checked: String) -> Result<(), Denied> {
        may_run(&who.account)?;
        let by = who.account.clone();
        self.scheme_act(move |tx| {
            let (account, now) = (theirs(tx, of, &by)?, fresh::now());
            let set = tx.second_step(of)?.filter(|row| row.since().is_some());
            let row = set.ok_or_else(|| Denied::saying(Code::NotYet, "They have no second step."))?;
            let done = take_away(row.asked, by.id, of, now)
                .map_err(|code| Denied::saying(code, "You cannot take your own away. Ask two colleagues."))?;
            let words = [("words".to_owned(), format!("Second step taken away: {}", checked.trim()).into())].into();
            paper_about(tx, PaperKind::Note, of, words, &by)?;
            let act = match done {
                TakeAway::Ask => {
                    tx.ask_second_step_away(of, Asked { by: by.id, at: now })?;
                    AccountAct::AskSecondStepAway
                }
                TakeAway::Done => {
                    tx.drop_second_step(of)?;
                    tx.end_sessions(of)?;
                    AccountAct::TakeSecondStepAway
                }
            };
            Ok(tx.append(noted(account.site, by.id, What::Account { account: of, act }))?)
        })
        .await
    }
}
