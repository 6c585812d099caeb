//! Papers: what a scheme writes down about a person, a relationship or itself, each on the form of its kind (`forms.rs`).

use super::form::{Answer, Answers, Field, FormError};
use super::forms::FORMS;
use crate::ids::{AccountId, ConversationId, PaperId, SiteId};
use crate::people::{Account, Role};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What kind of paper it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// Who somebody really is. Read behind glass alone.
    Identity,
    /// Who sent a mentee, why, and what must be known before a match.
    Referral,
    /// The officer who is responsible for a mentee.
    Officer,
    /// What a mentee looks for.
    Needs,
    /// What a mentor offers.
    Offer,
    /// A vetting check or a training, with the day on which it lapses.
    Check,
    /// The same person under another role: one history, with the roles apart.
    Also,
    /// Something else about a person, such as why they were suspended.
    Note,
    /// What a relationship is for and how long it lasts; the agreement that both sign.
    Plan,
    /// A condition of a licence or an order: what the mentor must know, and what the filter keeps back.
    Condition,
    /// A goal, agreed with the mentee.
    Goal,
    /// How something has gone, by area of life.
    CheckIn,
    /// A meeting: arranged, checked in and out, or missed.
    Meeting,
    /// Time given otherwise.
    Time,
    /// A mentor's notes to the coordinator.
    Debrief,
    /// "I am worried about…", to those who answer for safety.
    Concern,
    /// To the responsible officer, on a fixed short form.
    Feedback,
    /// "Is this helping?"
    Pulse,
    /// On what basis the scheme keeps data about offences.
    Basis,
    /// Whether children are likely to use it.
    ChildrensAccess,
    /// The risk that it is used for what is against the law.
    IllegalContent,
    /// The risk that it harms children.
    ChildrensRisk,
    /// What is done about both, and how that is looked at again.
    Measures,
}

/// What a paper is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A person.
    Person,
    /// A relationship.
    Relationship,
    /// The scheme itself: what it must have written down before the law, each version kept beside the next.
    Site,
}

/// What holds for a kind of paper.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The kind.
    pub kind: PaperKind,
    /// What it is about.
    pub about: About,
    /// Of a person: whose roles it may be about. Of anything else: nobody.
    pub of: &'static [Role],
    /// Whether there is one of it at a time.
    pub one: bool,
    /// What it asks.
    pub fields: &'static [Field],
    /// Who writes it; those who are no staff, about their own relationships alone.
    pub written_by: &'static [Role],
    /// Who reads it; those who are no staff, of their own relationships alone.
    pub read_by: &'static [Role],
    /// Which parties sign it.
    pub signed_by: &'static [Role],
    /// The field that holds the day it reminds of.
    pub due: Option<&'static str>,
}

impl PaperKind {
    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            PaperKind::Identity => "identity",
            PaperKind::Referral => "referral",
            PaperKind::Officer => "officer",
            PaperKind::Needs => "needs",
            PaperKind::Offer => "offer",
            PaperKind::Check => "check",
            PaperKind::Also => "also",
            PaperKind::Note => "note",
            PaperKind::Plan => "plan",
            PaperKind::Condition => "condition",
            PaperKind::Goal => "goal",
            PaperKind::CheckIn => "check_in",
            PaperKind::Meeting => "meeting",
            PaperKind::Time => "time",
            PaperKind::Debrief => "debrief",
            PaperKind::Concern => "concern",
            PaperKind::Feedback => "feedback",
            PaperKind::Pulse => "pulse",
            PaperKind::Basis => "basis",
            PaperKind::ChildrensAccess => "childrens_access",
            PaperKind::IllegalContent => "illegal_content",
            PaperKind::ChildrensRisk => "childrens_risk",
            PaperKind::Measures => "measures",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        FORMS.iter().map(|form| form.kind).find(|kind| kind.as_str() == word)
    }

    /// What holds for it.
    pub fn form(self) -> &'static Form {
        // The table has every kind; a test says so.
        FORMS.iter().find(|form| form.kind == self).unwrap_or(&FORMS[0])
    }

    /// Answers that fit its form, with what no single field can say.
    pub fn answers(self, raw: BTreeMap<String, Answer>) -> Result<Answers, FormError> {
        let answers = Answers::of(self.form().fields, raw)?;
        let error = |field: &str, advice: &str| FormError { field: field.to_owned(), advice: advice.to_owned() };
        let custody = answers.text("begins") == "custody" && answers.time("release_on").is_none();
        if self == PaperKind::Plan && custody {
            return Err(error("release_on", "give the day of the release"));
        }
        if self == PaperKind::Meeting && answers.time("out_at").is_some_and(|out| Some(out) < answers.time("in_at")) {
            return Err(error("out_at", "this is before the meeting began"));
        }
        if self == PaperKind::Condition && answers.text("tell").is_empty() && answers.text("term").is_empty() {
            return Err(error("tell", "say what the mentor is told, or what the filter keeps back"));
        }
        Ok(answers)
    }
}

impl Form {
    /// Whether somebody may write it; `party`: it is about a relationship of their own.
    pub fn may_write(&self, who: &Account, party: bool) -> bool {
        may(self.written_by, who, party)
    }

    /// Whether somebody may read it; `party` as above.
    pub fn may_read(&self, who: &Account, party: bool) -> bool {
        may(self.read_by, who, party)
    }
}

fn may(roles: &[Role], who: &Account, party: bool) -> bool {
    !who.disabled && roles.contains(&who.role) && (party || !who.role.converses())
}

/// A paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its id.
    pub id: PaperId,
    /// Its scheme.
    pub site: SiteId,
    /// Its kind.
    pub kind: PaperKind,
    /// Whom it is about.
    pub account: Option<AccountId>,
    /// Which relationship it is about.
    pub conversation: Option<ConversationId>,
    /// What it says; nothing, once that was erased.
    pub answers: Option<Answers>,
    /// How often it was written; who writes says which they read.
    pub version: u64,
    /// Who wrote it first.
    pub by: AccountId,
    /// When.
    pub made_at: Timestamp,
    /// When it was written last.
    pub changed_at: Timestamp,
    /// The day it reminds of.
    pub due_at: Option<Timestamp>,
    /// When it was put away.
    pub closed_at: Option<Timestamp>,
}

impl Paper {
    /// What it says, or nothing.
    pub fn answers(&self) -> Answers {
        self.answers.clone().unwrap_or_default()
    }

    /// The SHA-256 of what it says with a salt, in hexadecimal: what the log has of it.
    pub fn digest(&self, salt: &[u8]) -> String {
        digest(self.answers.as_ref(), salt)
    }

    /// The minutes that it says were given, if it says any: of a meeting from in to out.
    pub fn minutes(&self) -> i64 {
        let answers = self.answers();
        if self.kind == PaperKind::Meeting {
            let spent = answers.time("out_at").zip(answers.time("in_at")).map(|(out, begun)| out.since_ms(begun));
            spent.unwrap_or(0) / 60_000
        } else if self.kind == PaperKind::Time {
            answers.number("minutes").unwrap_or(0)
        } else {
            0
        }
    }
}

/// The SHA-256 of answers with a salt, in hexadecimal.
pub(super) fn digest(answers: Option<&Answers>, salt: &[u8]) -> String {
    let words = serde_json::to_vec(&answers).unwrap_or_default();
    let hash = Sha256::new().chain_update(salt).chain_update(words).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What happened to a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaperAct {
    /// It was written.
    Write,
    /// A party signed it.
    Sign,
    /// It was put away.
    Close,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Coordinator, GuestOfficer, Mentee, Mentor};

    fn account(role: Role) -> Account {
        Account { id: AccountId::from_bits(1), site: SiteId::from_bits(1), role, name: String::new(), disabled: false }
    }

    #[test]
    fn the_table_has_each_kind_once_with_fields_that_are_told_apart() {
        for form in &FORMS {
            assert_eq!(PaperKind::parse(form.kind.as_str()), Some(form.kind));
            assert_eq!(form.kind.form().fields, form.fields);
            for (at, field) in form.fields.iter().enumerate() {
                assert!(
                    form.fields[..at].iter().all(|other| other.name != field.name),
                    "{:?} {}",
                    form.kind,
                    field.name
                );
            }
            assert!(form.due.is_none_or(|due| form.fields.iter().any(|field| field.name == due)), "{:?}", form.kind);
            assert_eq!(form.of.is_empty(), form.about != About::Person, "{:?}", form.kind);
        }
    }

    #[test]
    fn who_is_no_party_and_no_staff_writes_and_reads_nothing() {
        for form in &FORMS {
            for role in [Mentee, Mentor, GuestOfficer, Role::Operator] {
                assert!(
                    !form.may_write(&account(role), false) && !form.may_read(&account(role), false),
                    "{:?}",
                    form.kind
                );
            }
            let gone = Account { disabled: true, ..account(Coordinator) };
            assert!(!form.may_write(&gone, true) && !form.may_read(&gone, true));
        }
    }

    #[test]
    fn a_mentee_never_reads_what_is_written_for_staff() {
        let reads: Vec<_> = FORMS.iter().filter(|form| form.may_read(&account(Mentee), true)).map(|f| f.kind).collect();
        assert_eq!(reads, [PaperKind::Plan, PaperKind::Goal, PaperKind::Meeting]);
    }

    #[test]
    fn what_no_single_field_can_say_is_checked_too() {
        let answers = |kind: PaperKind, json: &str| kind.answers(serde_json::from_str(json).unwrap());
        let plan = r#"{"form": "one_to_one", "purpose": "Find work", "begins": "custody""#;
        assert_eq!(answers(PaperKind::Plan, &format!("{plan}}}")).unwrap_err().field, "release_on");
        assert!(answers(PaperKind::Plan, &format!(r#"{plan}, "release_on": "2026-12-01"}}"#)).is_ok());
        let condition = r#"{"what": "No contact", "source": "order", "until": "2027-01-01""#;
        assert_eq!(answers(PaperKind::Condition, &format!("{condition}}}")).unwrap_err().field, "tell");
        let meeting = r#"{"at": "2026-12-01T18:00:00.000Z", "in_at": "2026-12-01T18:00:00.000Z", "out_at": "2026-12-01T17:00:00.000Z"}"#;
        assert_eq!(answers(PaperKind::Meeting, meeting).unwrap_err().field, "out_at");
    }

    #[test]
    fn hours_are_counted_from_check_in_to_check_out_and_from_what_was_given_otherwise() {
        let paper = |kind: PaperKind, json: &str| Paper {
            id: PaperId::from_bits(1),
            site: SiteId::from_bits(1),
            kind,
            account: None,
            conversation: None,
            answers: Some(kind.answers(serde_json::from_str(json).unwrap()).unwrap()),
            version: 1,
            by: AccountId::from_bits(1),
            made_at: Timestamp(0),
            changed_at: Timestamp(0),
            due_at: None,
            closed_at: None,
        };
        let met = r#"{"at": "2026-12-01T18:00:00.000Z", "in_at": "2026-12-01T18:05:00.000Z", "out_at": "2026-12-01T18:50:30.000Z"}"#;
        assert_eq!(paper(PaperKind::Meeting, met).minutes(), 45);
        assert_eq!(paper(PaperKind::Meeting, r#"{"at": "2026-12-01T18:00:00.000Z"}"#).minutes(), 0);
        assert_eq!(paper(PaperKind::Time, r#"{"on": "2026-12-01", "minutes": 30}"#).minutes(), 30);
        assert_ne!(paper(PaperKind::Time, r#"{"on": "2026-12-01", "minutes": 30}"#).digest(b"a").len(), 0);
    }
}
