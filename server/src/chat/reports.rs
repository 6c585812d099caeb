//! Telling the supervisors, reading what they were told, and ending the pause that may come of it.

use super::send::text_code;
use super::{Chat, Signed};
use crate::fresh;
use crate::store::{Failure, Reader, Scope, StoreError, Tx};
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::{AccountId, ConversationId, ReportId};
use handrail_domain::people::Account;
use handrail_domain::policy::{may_moderate, may_report, may_watch};
use handrail_domain::refusal::{Code, Refusal};
use handrail_domain::report::{Draft, Report, file};
use handrail_domain::text::{Text, TextError};
use handrail_domain::wire::{ReportPage, ReportView};

/// Reports on one page at most.
const PAGE_MAX: usize = 200;

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// Its id.
    pub report: ReportId,
    /// Whether it had been made before, under the same client id.
    pub duplicate: bool,
}

/// What somebody wrote in a report. The reason alone says enough, so there may be no words.
pub fn report_words(raw: &str) -> Result<Option<Text>, Refusal> {
    match Text::parse(raw) {
        Ok(text) => Ok(Some(text)),
        Err(TextError::Empty) => Ok(None),
        Err(error) => Err(text_code(error).into()),
    }
}

impl Chat {
    /// Tells the supervisors about a conversation that one is a party to, once per client id.
    pub async fn report(&self, who: &Signed, about: ConversationId, draft: Draft) -> Result<Reported, Refusal> {
        let from = who.account.id;
        self.write(Scope::Conversation(about), move |tx| take(tx, from, about, draft)).await
    }

    /// A page of the reports of one's own site, newest first, without those about a conversation that one is a party to.
    pub async fn reports(&self, who: &Signed, after: Option<ReportId>, limit: usize) -> Result<ReportPage, Refusal> {
        let (reader, limit) = (who.account.clone(), limit.clamp(1, PAGE_MAX));
        may_watch(&reader, reader.site, None).map_err(|_| Code::Forbidden)?;
        self.read(move |record| {
            let from = after.map(|id| record.report(id)).transpose()?.flatten().filter(|from| from.site == reader.site);
            let page = record.reports(reader.site, from.as_ref(), limit)?;
            let next = (page.len() == limit).then(|| page.last().map(|last| last.id.to_string())).flatten();
            let seen = page.iter().map(|report| report_for(record, report, &reader)).collect::<Result<Vec<_>, _>>()?;
            Ok(ReportPage { reports: seen.into_iter().flatten().collect(), next })
        })
        .await
    }

    /// Ends a pause. Says how the conversation is now.
    pub async fn lift(&self, who: &Signed, conversation: ConversationId) -> Result<ConversationState, Refusal> {
        let from = who.account.id;
        let state = self.write(Scope::Conversation(conversation), move |tx| lift(tx, from, conversation)).await?;
        // What waited for it may be delivered.
        self.alarm.notify_one();
        Ok(state)
    }
}

fn take(tx: &mut Tx<'_>, from: AccountId, about: ConversationId, draft: Draft) -> Result<Reported, Failure> {
    if let Some(before) = tx.report_by_cid(from, &draft.cid)? {
        before.again(about, &draft)?;
        return Ok(Reported { report: before.id, duplicate: true });
    }
    let account = tx.account(from)?.ok_or(Code::Unauthenticated)?;
    let conversation = tx.conversation(about)?.ok_or(Code::NotFound)?;
    let reporter = may_report(&account, &conversation)?;
    let filed = file(&conversation, reporter, ReportId::from_bits(fresh::bits()), draft, fresh::now());
    tx.add_report(&filed.report)?;
    if let Some(paused) = filed.paused {
        tx.set_conversation_state(paused.id, paused.state, fresh::now())?;
    }
    for event in filed.events {
        tx.append(event)?;
    }
    Ok(Reported { report: filed.report.id, duplicate: false })
}

fn lift(tx: &mut Tx<'_>, from: AccountId, conversation: ConversationId) -> Result<ConversationState, Failure> {
    let account = tx.account(from)?.ok_or(Code::Unauthenticated)?;
    let conversation = tx.conversation(conversation)?.ok_or(Code::NotFound)?;
    let who = may_moderate(&account, &conversation, None)?;
    if let Some((lifted, event)) = conversation.becomes(ConversationState::Open, Some(who.who()), fresh::now())? {
        tx.set_conversation_state(lifted.id, lifted.state, fresh::now())?;
        tx.append(event)?;
    }
    Ok(ConversationState::Open)
}

/// A report as this supervisor may see it; nothing if they are a party to what it is about.
pub fn report_for(record: &Reader<'_>, report: &Report, reader: &Account) -> Result<Option<ReportView>, StoreError> {
    let lost = || StoreError::new("show a report", "its conversation or its sender is not there");
    let conversation = record.conversation(report.conversation)?.ok_or_else(lost)?;
    if may_moderate(reader, &conversation, None).is_err() {
        return Ok(None);
    }
    let from = conversation.party(report.from).ok_or_else(lost)?;
    Ok(Some(ReportView {
        id: report.id,
        conversation: report.conversation,
        from: report.from,
        name: from.name.clone(),
        role: from.role,
        reason: report.draft.reason,
        text: report.draft.text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
        pause: report.draft.pause,
        at: report.at,
    }))
}
