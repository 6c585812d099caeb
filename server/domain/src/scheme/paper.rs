//! Papers: what a scheme writes down about a person or a relationship, each on the form of its kind. One table says what a kind is about,
//! what it asks, who writes it, who reads it, who signs it, and which day it reminds of.

use super::form::{Answer, Answers, Field, FormError, Input};
use crate::ids::{AccountId, ConversationId, PaperId, SiteId};
use crate::people::{Account, Role};
use crate::time::Timestamp;
use Role::{Coordinator, GuestOfficer, Mentee, Mentor, Supervisor};
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
}

/// What holds for a kind of paper.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The kind.
    pub kind: PaperKind,
    /// What it is about.
    pub about: About,
    /// Of a person: whose roles it may be about. Of a relationship: nobody.
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

/// Areas of life in which things get better or worse: the seven pathways of resettlement work, and what ends in court.
pub const AREAS: &[&str] = &[
    "accommodation",
    "education_training",
    "work",
    "substance_misuse",
    "health",
    "family",
    "finance",
    "confidence",
    "reoffending",
];
const TOPICS: &[&str] =
    &["work", "learning", "housing", "money", "health", "family", "offending", "care", "confidence", "business"];
const LIVED: &[&str] = &["custody", "probation", "care", "addiction", "homelessness", "parenting", "migration"];
const LANGUAGES: &[&str] =
    &["english", "welsh", "bsl", "polish", "urdu", "punjabi", "romanian", "arabic", "somali", "other"];
const TIMES: &[&str] = &["weekday_day", "weekday_evening", "weekend_day", "weekend_evening", "night"];

const fn field(name: &'static str, input: Input) -> Field {
    Field { name, input, needed: false }
}
const fn needed(name: &'static str, input: Input) -> Field {
    Field { name, input, needed: true }
}

const LINE: Input = Input::Line(120);
const SHORT: Input = Input::Text(500);
const LONG: Input = Input::Text(2_000);

const IDENTITY: &[Field] = &[
    needed("real_name", LINE),
    field("born", Input::Day),
    field("phone", Input::Line(40)),
    field("address", SHORT),
    field("emergency_contact", SHORT),
];
const REFERRAL: &[Field] = &[
    needed("referrer", LINE),
    needed("why", LONG),
    needed("risks", LONG),
    needed("restrictions", LONG),
    field("tell", SHORT),
    field("case_reference", Input::Line(40)),
    field("safe_contact", SHORT),
];
const OFFICER: &[Field] =
    &[needed("name", LINE), field("agency", LINE), field("contact", LINE), field("sign_in", Input::People)];
const NEEDS: &[Field] = &[
    field("topics", Input::Choices(TOPICS)),
    field("lived", Input::Choices(LIVED)),
    field("languages", Input::Choices(LANGUAGES)),
    field("times", Input::Choices(TIMES)),
    field("women_only", Input::Yes),
    field("business", Input::Yes),
    field("area", Input::Line(80)),
    field("apart", Input::People),
];
const OFFER: &[Field] = &[
    field("topics", Input::Choices(TOPICS)),
    field("lived", Input::Choices(LIVED)),
    field("languages", Input::Choices(LANGUAGES)),
    field("times", Input::Choices(TIMES)),
    field("woman", Input::Yes),
    field("business", Input::Yes),
    field("capacity", Input::Number(0, 20)),
    field("area", Input::Line(80)),
    field("apart", Input::People),
];
const CHECK: &[Field] = &[
    needed("what", Input::Choice(&["vetting", "training", "safeguarding", "reference", "other"])),
    field("detail", LINE),
    field("done_on", Input::Day),
    needed("until", Input::Day),
];
const ALSO: &[Field] = &[needed("account", Input::People)];
const NOTE: &[Field] = &[needed("words", LONG)];
const PLAN: &[Field] = &[
    needed("form", Input::Choice(&["one_to_one", "circle", "peer", "business", "drop_in", "one_off", "family"])),
    needed("purpose", SHORT),
    field("begins", Input::Choice(&["community", "before_18", "custody"])),
    field("release_on", Input::Day),
    field("ends", Input::Day),
];
const CONDITION: &[Field] = &[
    needed("what", SHORT),
    needed("source", Input::Choice(&["licence", "order", "court", "scheme", "other"])),
    field("tell", SHORT),
    field("term", Input::Line(80)),
    needed("until", Input::Day),
];
const GOAL: &[Field] = &[
    needed("area", Input::Choice(AREAS)),
    needed("goal", Input::Line(200)),
    needed("progress", Input::Choice(&["not_started", "under_way", "reached", "left"])),
    field("by", Input::Day),
];
const CHECK_IN: &[Field] = &[
    needed("area", Input::Choice(AREAS)),
    needed("how", Input::Choice(&["better", "same", "worse"])),
    field("words", SHORT),
];
const MEETING: &[Field] = &[
    needed("at", Input::Moment),
    field("place", LINE),
    field("came", Input::Choice(&["both", "mentee_missed", "mentor_missed", "called_off"])),
    field("in_at", Input::Moment),
    field("out_at", Input::Moment),
];
const TIME: &[Field] = &[needed("on", Input::Day), needed("minutes", Input::Number(1, 1_440)), field("doing", LINE)];
const DEBRIEF: &[Field] = &[needed("words", LONG)];
const CONCERN: &[Field] = &[needed("words", LONG), field("soon", Input::Yes)];
const FEEDBACK: &[Field] = &[
    needed("contact", Input::Choice(&["regular", "some", "little", "none"])),
    needed("engagement", Input::Choice(&["good", "mixed", "poor"])),
    needed("going_well", SHORT),
    field("worry", SHORT),
];
const PULSE: &[Field] = &[needed("helping", Input::Number(1, 5)), field("words", SHORT)];

const STAFF: &[Role] = &[Coordinator];
const BESIDE: &[Role] = &[Coordinator, Mentor, GuestOfficer];
const ALL: &[Role] = &[Coordinator, Mentor, GuestOfficer, Mentee];
const ONCE: bool = true;
const MANY: bool = false;

const fn about_people(kind: PaperKind, of: &'static [Role], one: bool, fields: &'static [Field]) -> Form {
    Form { kind, about: About::Person, of, one, fields, written_by: STAFF, read_by: STAFF, signed_by: &[], due: None }
}
const fn between(
    kind: PaperKind,
    fields: &'static [Field],
    written_by: &'static [Role],
    read_by: &'static [Role],
) -> Form {
    Form {
        kind,
        about: About::Relationship,
        of: &[],
        one: MANY,
        fields,
        written_by,
        read_by,
        signed_by: &[],
        due: None,
    }
}

/// The table.
pub const FORMS: [Form; 18] = [
    about_people(PaperKind::Identity, &Role::ALL, ONCE, IDENTITY),
    about_people(PaperKind::Referral, &[Mentee], ONCE, REFERRAL),
    about_people(PaperKind::Officer, &[Mentee], ONCE, OFFICER),
    Form {
        due: Some("until"),
        read_by: &[Coordinator, Supervisor],
        ..about_people(PaperKind::Condition, &[Mentee], MANY, CONDITION)
    },
    about_people(PaperKind::Needs, &[Mentee], ONCE, NEEDS),
    about_people(PaperKind::Offer, &[Mentor], ONCE, OFFER),
    Form { due: Some("until"), ..about_people(PaperKind::Check, &[Mentor, GuestOfficer, Supervisor], MANY, CHECK) },
    about_people(PaperKind::Also, &Role::ALL, MANY, ALSO),
    about_people(PaperKind::Note, &Role::ALL, MANY, NOTE),
    Form {
        one: ONCE,
        due: Some("ends"),
        signed_by: &[Mentee, Mentor, GuestOfficer],
        ..between(PaperKind::Plan, PLAN, STAFF, ALL)
    },
    Form { due: Some("by"), ..between(PaperKind::Goal, GOAL, ALL, ALL) },
    between(PaperKind::CheckIn, CHECK_IN, BESIDE, BESIDE),
    Form { due: Some("at"), ..between(PaperKind::Meeting, MEETING, BESIDE, ALL) },
    between(PaperKind::Time, TIME, &[Mentor, GuestOfficer], BESIDE),
    between(PaperKind::Debrief, DEBRIEF, &[Mentor, GuestOfficer], BESIDE),
    between(PaperKind::Concern, CONCERN, &[Mentor, GuestOfficer, Supervisor], &[Coordinator, Supervisor]),
    between(PaperKind::Feedback, FEEDBACK, &[Mentor], BESIDE),
    between(PaperKind::Pulse, PULSE, &[Mentee, Mentor], STAFF),
];

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
        let words = serde_json::to_vec(&self.answers).unwrap_or_default();
        let hash = Sha256::new().chain_update(salt).chain_update(words).finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
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
            assert_eq!(form.of.is_empty(), form.about == About::Relationship, "{:?}", form.kind);
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
