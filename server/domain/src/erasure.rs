//! Taking words out of the record, and keeping them in: erasure on request, erasure when a site's time is over, and the legal
//! hold that forbids both. What goes is what people said and wrote; what stays is that something was said, by whom, when, what
//! became of it, and the digests, so that the log can be checked as before.

use crate::finding::{Category, Finding};
use crate::ids::{AccountId, ConversationId, ErasureId, HoldId, MessageId};
use crate::people::Account;
use crate::policy::may;
use crate::quarantine::{Decision, Item, State};
use crate::refusal::Refusal;
use crate::rights::Right;
use crate::text::Text;
use crate::time::Timestamp;

/// The longest reason, in code points.
pub const REASON_CHARS_MAX: usize = 500;

/// Whose words, or which, are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// All that was said in a conversation, and the terms that were restricted there if it has ended.
    Conversation(ConversationId),
    /// All that an account said, anywhere; and its name, if it is disabled.
    Account(AccountId),
    /// One message.
    Message(MessageId),
}

/// Why words are erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Somebody of the staff asked for it.
    Asked {
        /// Who.
        by: AccountId,
        /// Why, in their words.
        reason: String,
    },
    /// The time that its site keeps words is over.
    Retention,
}

/// An erasure. It is done in small steps, and goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id; the log names it.
    pub id: ErasureId,
    /// Of what.
    pub extent: Extent,
    /// Why.
    pub why: Why,
    /// Since when.
    pub asked_at: Timestamp,
    /// When nothing was left to erase.
    pub done_at: Option<Timestamp>,
}

/// A legal hold: nothing of a conversation is erased while it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub by: AccountId,
    /// Who agreed.
    pub agreed: AccountId,
    /// Since when it holds.
    pub created_at: Timestamp,
    /// Until when, unless it ends before.
    pub until: Timestamp,
    /// When it ended before its time.
    pub ended_at: Option<Timestamp>,
}

/// Why it cannot be done, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureError(pub String);

/// A reason as it is kept: 1 to [`REASON_CHARS_MAX`] code points.
pub fn reason(text: &str) -> Result<String, ErasureError> {
    let text = text.trim();
    let good = (1..=REASON_CHARS_MAX).contains(&text.chars().count());
    let advice = || ErasureError(format!("a reason has 1 to {REASON_CHARS_MAX} characters: say why"));
    good.then(|| text.to_owned()).ok_or_else(advice)
}

/// Whether an account may answer for an erasure or a legal hold: those who run or supervise a scheme.
pub fn may_answer(account: &Account) -> Result<(), Refusal> {
    may(account, Right::AnswerForRecord)
}

/// Whether two people may begin or end a legal hold together: both may answer for it, and they are two.
pub fn may_hold(one: &Account, other: &Account) -> Result<(), ErasureError> {
    if one.id == other.id {
        return Err(ErasureError("a legal hold takes two people: name a second one".into()));
    }
    for account in [one, other] {
        may_answer(account).map_err(|_| {
            let role = account.role.as_str();
            ErasureError(format!("a {role} does not answer for legal holds, nor does a disabled account; name two coordinators or supervisors"))
        })?;
    }
    Ok(())
}

impl Hold {
    /// The hold if it can begin: with a reason, and an end that is still to come.
    pub fn check(self) -> Result<Self, ErasureError> {
        if self.until <= self.created_at {
            return Err(ErasureError("its end has passed already: give a later day".into()));
        }
        Ok(Self { reason: reason(&self.reason)?, ..self })
    }

    /// Whether it holds at a moment.
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.ended_at.is_none_or(|ended| now < ended) && now <= self.until
    }
}

/// The moment before which a relationship must have ended for its words to be erased now; nothing if they are kept for good.
pub fn ended_before(retention_days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    retention_days.map(|days| now.plus_ms(-i64::from(days) * DAY_MS))
}

fn quiet(finding: &Finding) -> Finding {
    let parts = finding.parts.iter().map(|part| crate::finding::Part { text: String::new(), ..*part });
    // What is said of a restricted term may name it; every other reason is the rule's own.
    let why = if finding.category == Category::Restricted { String::new() } else { finding.why.clone() };
    Finding { excerpt: String::new(), parts: parts.collect(), why, ..finding.clone() }
}

fn silent(decision: &Decision) -> Decision {
    let empty = || Text::from_record(String::new());
    match decision {
        Decision::Release => Decision::Release,
        Decision::Alter { reason, .. } => Decision::Alter { text: empty(), reason: *reason, note: None, log: None },
        Decision::Reject { reason, .. } => Decision::Reject { reason: *reason, note: String::new(), log: None },
        Decision::Rephrase { .. } => Decision::Rephrase { note: String::new() },
        Decision::Escalate { .. } => Decision::Escalate { log: String::new() },
        Decision::Note { .. } => Decision::Note { log: String::new() },
    }
}

/// A closed item without anybody's words: which rules held it, who decided what and when, stay. Nothing for an item that is
/// open: somebody still has to read it.
pub fn without_words(item: &Item) -> Option<Item> {
    let State::Closed { outcome, decided, at } = &item.state else { return None };
    let decided = decided.as_ref().map(|(by, decision)| (*by, silent(decision)));
    Some(Item {
        text: Text::from_record(String::new()),
        findings: item.findings.iter().map(quiet).collect(),
        proposed: item.proposed.as_ref().map(|(by, decision)| (*by, silent(decision))),
        state: State::Closed { outcome: *outcome, decided, at: *at },
        ..item.clone()
    })
}

/// An item without the words of another message that its findings repeat; nothing if they repeat none.
pub fn without_part(item: &Item, gone: MessageId) -> Option<Item> {
    let repeats = |finding: &Finding| finding.parts.iter().any(|part| part.message == gone && !part.text.is_empty());
    let findings = item.findings.iter().map(|one| if repeats(one) { quiet(one) } else { one.clone() });
    item.findings.iter().any(repeats).then(|| Item { findings: findings.collect(), ..item.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Part, Severity, Span};
    use crate::ids::{ItemId, SiteId};
    use crate::people::Role;
    use crate::quarantine::OutcomeName;
    use crate::wire::Reason;

    const SECRET: &str = "wzxq";

    fn finding(category: Category) -> Finding {
        Finding {
            rule: "a.rule".into(),
            category,
            severity: Severity::High,
            span: Some(Span(0, 4)),
            parts: vec![Part { message: MessageId::from_bits(9), text: SECRET.into(), span: Span(0, 4) }],
            excerpt: SECRET.into(),
            why: if category == Category::Restricted { SECRET.into() } else { "The rule's own words.".into() },
            evasion: Vec::new(),
        }
    }

    fn item(state: State) -> Item {
        Item {
            id: ItemId::from_bits(1),
            version: 4,
            site: SiteId::from_bits(1),
            conversation: ConversationId::from_bits(1),
            message: MessageId::from_bits(1),
            from: AccountId::from_bits(1),
            text: Text::from_record(SECRET.into()),
            held_at: Timestamp(1),
            due_at: Timestamp(2),
            escalate_at: None,
            expire_at: None,
            severity: Severity::High,
            rules: "r".into(),
            findings: vec![finding(Category::Meet), finding(Category::Restricted)],
            tier: 1,
            ringing: false,
            withdrawn: false,
            second: false,
            proposed: None,
            answer_by: None,
            state,
        }
    }

    fn closed(decision: Decision) -> State {
        let decided = Some((AccountId::from_bits(2), decision));
        State::Closed { outcome: OutcomeName::Rejected, decided, at: Timestamp(3) }
    }

    fn words(item: &Item) -> bool {
        let said = |decision: Option<&Decision>| match decision {
            Some(Decision::Alter { text, note, log, .. }) => format!("{} {note:?} {log:?}", text.as_str()),
            other => format!("{other:?}"),
        };
        let decided = said(item.decision().map(|(_, decision)| decision));
        let proposed = said(item.proposed.as_ref().map(|(_, decision)| decision));
        let findings = serde_json::to_string(&item.findings).unwrap();
        [item.text.as_str(), &decided, &proposed, &findings].iter().any(|text| text.contains(SECRET))
    }

    #[test]
    fn no_words_are_left_in_an_item_whatever_was_decided_and_all_else_stays() {
        let (note, log) = (Some(SECRET.to_owned()), Some(SECRET.to_owned()));
        for decision in [
            Decision::Release,
            Decision::Alter {
                text: Text::from_record(SECRET.into()),
                reason: Reason::Other,
                note: note.clone(),
                log: log.clone(),
            },
            Decision::Reject { reason: Reason::Other, note: SECRET.into(), log },
            Decision::Rephrase { note: SECRET.into() },
            Decision::Escalate { log: SECRET.into() },
            Decision::Note { log: SECRET.into() },
        ] {
            let proposed = Some((AccountId::from_bits(3), decision.clone()));
            let before = Item { proposed, ..item(closed(decision)) };
            let after = without_words(&before).unwrap();
            assert!(words(&before) && !words(&after), "{after:?}");
            assert_eq!((after.version, after.findings.len(), &after.rules), (4, 2, &before.rules));
            assert_eq!(after.findings[0].why, "The rule's own words.");
            assert_eq!(after.decision().map(|(by, _)| by), Some(AccountId::from_bits(2)));
            assert_eq!(without_words(&after).as_ref(), Some(&after), "doing it again changes nothing");
        }
    }

    #[test]
    fn an_open_item_keeps_its_words() {
        for state in [
            State::Waiting,
            State::Claimed { by: AccountId::from_bits(1), until: Timestamp(9) },
            State::Decided { by: AccountId::from_bits(1), decision: Decision::Release, effective_at: Timestamp(9) },
        ] {
            assert_eq!(without_words(&item(state)), None);
        }
    }

    #[test]
    fn a_part_of_another_message_goes_with_that_message() {
        let before = item(closed(Decision::Release));
        assert_eq!(without_part(&before, MessageId::from_bits(8)), None);
        let after = without_part(&before, MessageId::from_bits(9)).unwrap();
        assert!(!serde_json::to_string(&after.findings).unwrap().contains(SECRET));
        assert_eq!(without_part(&after, MessageId::from_bits(9)), None, "doing it again changes nothing");
    }

    #[test]
    fn a_legal_hold_takes_two_people_who_answer_for_it_a_reason_and_an_end_to_come() {
        let account = |bits, role, disabled| Account {
            id: AccountId::from_bits(bits),
            site: SiteId::from_bits(1),
            role,
            name: String::new(),
            disabled,
        };
        let lead = account(1, Role::Coordinator, false);
        for role in Role::ALL {
            let may = matches!(role, Role::Coordinator | Role::Supervisor);
            assert_eq!(may_hold(&lead, &account(2, role, false)).is_ok(), may, "{role:?}");
            assert!(may_hold(&account(2, role, true), &lead).is_err());
            assert!(may_hold(&lead, &account(1, role, false)).is_err(), "one person is not two");
        }
        let hold = |reason: &str, until| Hold {
            id: HoldId::from_bits(1),
            conversation: ConversationId::from_bits(1),
            reason: reason.into(),
            by: AccountId::from_bits(1),
            agreed: AccountId::from_bits(2),
            created_at: Timestamp(10),
            until: Timestamp(until),
            ended_at: None,
        };
        assert!(hold(" ", 20).check().is_err() && hold("x", 10).check().is_err());
        let held = hold(" Inquest ", 20).check().unwrap();
        assert_eq!(held.reason, "Inquest");
        assert!(held.in_force(Timestamp(20)) && !held.in_force(Timestamp(21)));
        let ended = Hold { ended_at: Some(Timestamp(15)), ..held };
        assert!(ended.in_force(Timestamp(14)) && !ended.in_force(Timestamp(15)));
    }

    #[test]
    fn words_go_so_many_days_after_the_end_or_never() {
        const DAY: i64 = 86_400_000;
        assert_eq!(ended_before(Some(30), Timestamp(40 * DAY)), Some(Timestamp(10 * DAY)));
        assert_eq!(ended_before(None, Timestamp(40 * DAY)), None);
    }
}
