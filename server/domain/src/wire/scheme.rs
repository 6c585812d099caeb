//! What coordinators see of the scheme: people, relationships, tasks, numbers.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::paper::PaperView;
use crate::conversation::{ConversationState, Kind};
use crate::finding::{Category, Severity};
use crate::ids::{AccountId, ConversationId, GlassId, PaperId, SiteId};
use crate::people::Role;
use crate::rights::Right;
use crate::scheme::form::Answer;
use crate::scheme::invite::Standing;
use crate::scheme::matching::{Against, Shared};
use crate::scheme::numbers::{AreaLine, Told};
use crate::scheme::task::{Task, TaskKind};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `GET /api/roles`: who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RolesPage {
    pub rights: Vec<RightLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RightLine {
    pub right: Right,
    pub roles: Vec<Role>,
}

/// `GET /api/people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PeoplePage {
    pub people: Vec<PersonLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PersonLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub standing: Standing,
    /// Relationships that are open or paused.
    pub relationships: usize,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub since: Timestamp,
}

/// `POST /api/people`: somebody new, who is invited at once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    pub name: String,
    pub role: Role,
}

/// An invitation, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Invited {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub code: String,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub until: Timestamp,
}

/// `POST /api/people/{id}/invite`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteAgain {
    /// How it was checked who asks for a new password. Needed for somebody who has one.
    #[serde(default)]
    pub checked: String,
}

/// `POST /api/join`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    pub code: String,
    pub username: String,
    pub password: String,
}

/// `GET /api/people/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PersonPage {
    pub person: PersonLine,
    /// The name to sign in with, once they have one.
    pub username: Option<String>,
    pub relationships: Vec<RelationshipLine>,
    pub papers: Vec<PaperView>,
    /// Whether there is a paper that says who they really are.
    pub has_identity: bool,
    /// Until when the reader may read it.
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub glass_until: Option<Timestamp>,
    /// Their second step, if they have set one. (Feature `second_step`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub second_step: Option<SecondStepSeen>,
}

/// Somebody's second step, as those see it who may take it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SecondStepSeen {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub since: Timestamp,
    /// Which colleague asked, in the last day, for it to be taken away.
    pub asked_by: Option<String>,
    /// Whether it is the reader's word that is still missing.
    pub waits_for_you: bool,
}

/// `POST /api/people/{id}/glass`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    pub reason: String,
}

/// `POST /api/people/{id}/suspend`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WithReason {
    pub reason: String,
}

/// `GET /api/relationships`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelationshipsPage {
    pub relationships: Vec<RelationshipLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelationshipLine {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: ConversationId,
    pub kind: Kind,
    pub state: ConversationState,
    pub parties: Vec<Member>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub began: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub ended: Option<Timestamp>,
    /// When somebody last said something there.
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub said: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Member {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    /// Whether they still have to confirm what they must know.
    pub to_read: bool,
}

/// `GET /api/relationships/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelationshipPage {
    pub relationship: RelationshipLine,
    /// What both are told while it is paused, or because it has ended.
    pub words: Option<String>,
    pub papers: Vec<PaperView>,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub minutes: i64,
}

/// `POST /api/relationships`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRelationship {
    #[cfg_attr(test, ts(type = "Array<string>"), schemars(with = "Vec<String>"))]
    pub parties: Vec<AccountId>,
    /// What the plan says; see the form.
    pub plan: BTreeMap<String, Answer>,
}

/// `POST /api/relationships/{id}/{act}`: pause, resume, end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RelationshipAct {
    /// What both are told.
    #[serde(default)]
    pub words: String,
    /// Of `hand_over`: the next mentor.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub to: Option<AccountId>,
}

/// `GET /api/matches/{account}`: mentors for a mentee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MatchPage {
    pub mentee: PersonLine,
    pub needs: BTreeMap<String, Answer>,
    pub mentors: Vec<MatchLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MatchLine {
    pub mentor: PersonLine,
    pub offer: BTreeMap<String, Answer>,
    pub reasons: Vec<Shared>,
    pub against: Vec<Against>,
    /// Whether something stands against it that nobody may pass over.
    pub stopped: bool,
}

/// `GET /api/home`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HomePage {
    pub tasks: Vec<TaskView>,
    /// Whether there are more than are shown.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TaskView {
    pub kind: TaskKind,
    pub about: String,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub account: Option<AccountId>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub conversation: Option<ConversationId>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub paper: Option<PaperId>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub glass: Option<GlassId>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub at: Option<Timestamp>,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let Task { kind, about, account, conversation, paper, glass, at } = task;
        Self { kind, about, account, conversation, paper, glass, at }
    }
}

/// `GET /api/scheme`: what a funder is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SchemePage {
    pub site: String,
    pub from: String,
    pub until: String,
    pub lines: Vec<SchemeLine>,
    pub areas: Vec<AreaLine>,
}

/// One number of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SchemeLine {
    pub what: SchemeNumber,
    pub told: Told,
}

/// What a number of a scheme is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SchemeNumber {
    PeopleEngaged,
    PeopleSupported,
    Volunteers,
    RelationshipsBegun,
    RelationshipsEnded,
    Messages,
    Held,
    HoursGiven,
    Meetings,
    MeetingsMissed,
    Concerns,
    ConcernsClosed,
    Feedback,
    Answers,
    HelpingTenths,
    Appeals,
}

impl SchemeNumber {
    /// The word in a table.
    pub fn as_str(self) -> &'static str {
        match self {
            SchemeNumber::PeopleEngaged => "people_engaged",
            SchemeNumber::PeopleSupported => "people_supported",
            SchemeNumber::Volunteers => "volunteers",
            SchemeNumber::RelationshipsBegun => "relationships_begun",
            SchemeNumber::RelationshipsEnded => "relationships_ended",
            SchemeNumber::Messages => "messages",
            SchemeNumber::Held => "held",
            SchemeNumber::HoursGiven => "hours_given",
            SchemeNumber::Meetings => "meetings",
            SchemeNumber::MeetingsMissed => "meetings_missed",
            SchemeNumber::Concerns => "concerns",
            SchemeNumber::ConcernsClosed => "concerns_closed",
            SchemeNumber::Feedback => "feedback",
            SchemeNumber::Answers => "answers",
            SchemeNumber::HelpingTenths => "helping_tenths",
            SchemeNumber::Appeals => "appeals",
        }
    }
}

/// `GET` and `PUT /api/site`: what a site has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SiteChoices {
    /// Read, never written.
    #[serde(default)]
    pub name: String,
    pub hours: Option<String>,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub low_minutes: i64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub medium_minutes: i64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub high_minutes: i64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub urgent_minutes: i64,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub undo_seconds: i64,
    pub consent: bool,
    /// Whether a member of a mentee's family may be in a relationship.
    pub family: bool,
    /// For ever, if nothing.
    pub retention_days: Option<u32>,
    pub categories: Vec<CategoryChoice>,
    /// Sites that this one would share its rota with.
    #[cfg_attr(test, ts(type = "Array<string>"), schemars(with = "Vec<String>"))]
    pub shares_with: Vec<SiteId>,
    /// The other sites of the system. Read, never written.
    #[serde(default)]
    pub others: Vec<OtherSite>,
}

/// Another site of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OtherSite {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub site: SiteId,
    pub name: String,
    /// Whether it has chosen to share its rota with this one.
    pub agrees: bool,
}

/// What a site does about one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CategoryChoice {
    pub category: Category,
    pub hold_from: Severity,
    pub second_from: Option<Severity>,
}

/// `POST /api/people/import`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Lines of a table (RFC 4180): `role,name,with`.
    pub csv: String,
    /// Nothing is done: what would be is said.
    pub dry: bool,
}

/// What an import did, or would do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Imported {
    pub people: usize,
    pub relationships: usize,
    pub problems: Vec<BadLine>,
    /// The codes of those who were added, shown once.
    pub invited: Vec<Invited>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct BadLine {
    pub line: usize,
    pub advice: String,
}
