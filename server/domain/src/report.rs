//! A report: what a party tells the supervisors, past the other party. It is taken in any state of the conversation, and may
//! pause it at once.

use crate::conversation::{Conversation, ConversationState};
use crate::event::{Event, What};
use crate::ids::{AccountId, Cid, ConversationId, ReportId, SiteId};
use crate::policy::Reporter;
use crate::refusal::{Code, Refusal};
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::ReportReason;

/// What somebody wants the supervisors to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The reporter's own id for it, kept for retries.
    pub cid: Cid,
    /// Why.
    pub reason: ReportReason,
    /// In their words, if they have any.
    pub text: Option<Text>,
    /// Whether nothing shall be delivered in the conversation until a supervisor lifts that.
    pub pause: bool,
}

/// A report as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Its scheme, which is also the queue.
    pub site: SiteId,
    /// What it is about.
    pub conversation: ConversationId,
    /// Who tells.
    pub from: AccountId,
    /// What they tell.
    pub draft: Draft,
    /// When.
    pub at: Timestamp,
}

/// What becomes of a report: one record, a paused conversation if that was asked, and what the log says.
#[derive(Debug)]
pub struct Filed {
    /// The report.
    pub report: Report,
    /// The conversation, if this paused it.
    pub paused: Option<Conversation>,
    /// What the log says, in order. No event of it tells another party that there is a report.
    pub events: Vec<Event>,
}

/// Takes a report. A pause that is asked for where nothing may be sent anyway changes nothing.
pub fn file(conversation: &Conversation, who: Reporter, id: ReportId, draft: Draft, now: Timestamp) -> Filed {
    let told = Event {
        at: now,
        site: conversation.site,
        conversation: Some(conversation.id),
        message: None,
        actor: Some(who.who()),
        accounts: Vec::new(),
        queue: true,
        what: What::Report { report: id, reason: draft.reason, pause: draft.pause },
    };
    let pause = draft.pause.then(|| conversation.becomes(ConversationState::Paused, Some(who.who()), now));
    let (paused, stopped) = pause.and_then(Result::ok).flatten().unzip();
    let report = Report { id, site: conversation.site, conversation: conversation.id, from: who.who(), draft, at: now };
    Filed { report, paused, events: [Some(told), stopped].into_iter().flatten().collect() }
}

impl Report {
    /// Whether the same client id stands for the same report; a conflict if it stands for another.
    pub fn again(&self, conversation: ConversationId, draft: &Draft) -> Result<(), Refusal> {
        let same = self.conversation == conversation && self.draft == *draft;
        if same { Ok(()) } else { Err(Code::CidConflict.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Kind, Party};
    use crate::people::{Account, Role};
    use crate::policy::may_report;

    fn conversation(state: ConversationState) -> Conversation {
        let party = |bits| Party {
            account: AccountId::from_bits(bits),
            name: String::new(),
            role: Role::Mentor,
            read_seq: 0,
            to_read: false,
        };
        Conversation {
            id: ConversationId::from_bits(1),
            site: SiteId::from_bits(1),
            kind: Kind::Pair,
            state,
            parties: vec![party(1), party(2)],
            last_seq: 0,
            sealed: None,
        }
    }

    fn filed(state: ConversationState, pause: bool) -> Filed {
        let (id, site) = (AccountId::from_bits(2), SiteId::from_bits(1));
        let account = Account { id, site, role: Role::Mentee, name: String::new(), disabled: false };
        let who = may_report(&account, &conversation(state)).unwrap();
        let cid = Cid::parse("r1").unwrap();
        let draft = Draft { cid, reason: ReportReason::Unsafe, text: Text::parse("help").ok(), pause };
        file(&conversation(state), who, ReportId::from_bits(1), draft, Timestamp(5))
    }

    #[test]
    fn no_account_is_told_of_a_report_and_the_queue_is() {
        for state in [ConversationState::Open, ConversationState::Paused, ConversationState::Ended] {
            let told = &filed(state, true).events[0];
            assert!(told.queue && told.accounts.is_empty() && matches!(told.what, What::Report { .. }));
        }
    }

    #[test]
    fn a_pause_that_is_asked_for_is_there_at_once_and_only_where_something_could_be_sent() {
        let paused = filed(ConversationState::Open, true);
        assert_eq!(paused.paused.map(|one| one.state), Some(ConversationState::Paused));
        assert_eq!(paused.events[1].accounts, conversation(ConversationState::Open).accounts());
        for filed in [
            filed(ConversationState::Open, false),
            filed(ConversationState::Paused, true),
            filed(ConversationState::Ended, true),
        ] {
            assert!(filed.paused.is_none() && filed.events.len() == 1);
        }
    }

    #[test]
    fn the_same_report_twice_is_one_and_another_under_its_client_id_is_a_conflict() {
        let report = filed(ConversationState::Open, false).report;
        let draft = report.draft.clone();
        assert!(report.again(report.conversation, &draft).is_ok());
        let conflict = |conversation, draft: &Draft| report.again(conversation, draft).map_err(|refusal| refusal.code);
        assert_eq!(conflict(ConversationId::from_bits(2), &draft), Err(Code::CidConflict));
        assert_eq!(conflict(report.conversation, &Draft { pause: true, ..draft }), Err(Code::CidConflict));
    }
}
