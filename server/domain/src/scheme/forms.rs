//! The forms: one table says what a kind of paper is about, what it asks, who writes it, who reads it, who signs it, and which day it
//! reminds of.

use super::form::{Field, Input};
use super::paper::{About, Form, PaperKind};
use crate::people::Role::{self, Coordinator, GuestOfficer, Mentee, Mentor, Supervisor};

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
/// The lawful bases of UK GDPR, Article 6(1).
const ARTICLE_6: &[&str] =
    &["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"];
/// What allows data about offences: official authority (UK GDPR, Article 10), or one of the conditions of the Data Protection Act 2018,
/// Schedule 1, that a mentoring scheme may rest on: paragraphs 2, 6, 7, 10, 11, 17, 18, 29, 30, 31 and 33.
const OFFENCE_CONDITIONS: &[&str] = &[
    "official_authority",
    "health_or_social_care",
    "statutory_purposes",
    "administration_of_justice",
    "preventing_unlawful_acts",
    "protecting_the_public",
    "counselling",
    "safeguarding_at_risk",
    "consent",
    "vital_interests",
    "not_for_profit",
    "legal_claims",
];
const BASIS: &[Field] = &[
    needed("article_6", Input::Choice(ARTICLE_6)),
    needed("condition", Input::Choice(OFFENCE_CONDITIONS)),
    needed("policy", Input::Line(200)),
    needed("review", Input::Day),
];
const ASSESSMENT: &[Field] = &[
    needed("found", LONG),
    field("document", Input::Line(200)),
    needed("agreed_by", LINE),
    needed("review", Input::Day),
];

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
const fn about_site(kind: PaperKind, fields: &'static [Field]) -> Form {
    Form {
        kind,
        about: About::Site,
        of: &[],
        one: ONCE,
        fields,
        written_by: STAFF,
        read_by: STAFF,
        signed_by: &[],
        due: Some("review"),
    }
}

/// The table.
pub const FORMS: [Form; 23] = [
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
    about_site(PaperKind::Basis, BASIS),
    about_site(PaperKind::ChildrensAccess, ASSESSMENT),
    about_site(PaperKind::IllegalContent, ASSESSMENT),
    about_site(PaperKind::ChildrensRisk, ASSESSMENT),
    about_site(PaperKind::Measures, ASSESSMENT),
];
