//! Accounts, sites and their settings: who there is, and what a scheme has chosen. Records only; what a role may do is in
//! `policy`.

use crate::filter::Actions;
use crate::finding::Severity;
use crate::ids::{AccountId, SiteId};
use serde::{Deserialize, Serialize};

/// What an account is here to do. One account has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A young person or a person on probation.
    Mentee,
    /// A volunteer who talks with mentees.
    Mentor,
    /// A youth or probation officer in a transition circle: a mentor-like party.
    GuestOfficer,
    /// Watches the live queue and decides on held messages.
    Supervisor,
    /// Runs the scheme: accounts, relationships, library, reports.
    Coordinator,
    /// Installs and watches the system; reads nobody's words.
    Operator,
}

impl Role {
    /// Every role, for tables and tests.
    pub const ALL: [Role; 6] =
        [Role::Mentee, Role::Mentor, Role::GuestOfficer, Role::Supervisor, Role::Coordinator, Role::Operator];

    /// The word in the record, on the wire and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Mentee => "mentee",
            Role::Mentor => "mentor",
            Role::GuestOfficer => "guest_officer",
            Role::Supervisor => "supervisor",
            Role::Coordinator => "coordinator",
            Role::Operator => "operator",
        }
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether this role takes part in conversations.
    pub fn converses(self) -> bool {
        matches!(self, Role::Mentee | Role::Mentor | Role::GuestOfficer)
    }
}

/// A person's account as the rules see it. How it signs in is the store's and the session's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The scheme it belongs to.
    pub site: SiteId,
    /// What it is here to do.
    pub role: Role,
    /// The name that others see: chosen by staff, not by the person.
    pub name: String,
    /// A disabled account can do nothing and is signed out at once.
    pub disabled: bool,
}

/// What a scheme has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteSettings {
    /// How long a decision may be undone before it takes effect, in milliseconds: 0 to 30,000.
    pub undo_ms: i64,
    /// Whether an altered text asks its sender first.
    pub consent: bool,
    /// How long a sender has to answer that, in milliseconds.
    pub answer_ms: i64,
    /// How long an item may wait before it escalates, in milliseconds, by severity.
    pub target_ms: Targets,
    /// After how long a held message expires, in milliseconds. Never, unless the site sets it.
    pub expire_after_ms: Option<i64>,
    /// What is done about what the filter sees, by category.
    pub filter: Actions,
    /// How many days after the end of a relationship its words are erased. Never, if nothing.
    pub retention_days: Option<u32>,
    /// Sites that it shares its rota with, once they have chosen it too.
    pub shares_with: Vec<SiteId>,
    /// Whether a member of a mentee's family may be in a relationship.
    pub family: bool,
    /// When its team is there, in its own words for people who wait, such as "every day, 4pm to 10pm".
    pub hours: Option<String>,
}

/// The longest that a site's words about its hours may be, in characters.
pub const HOURS_CHARS_MAX: usize = 100;

/// How long words are kept after the end of a relationship unless a site says otherwise, in days: twelve months.
pub const RETENTION_DAYS: u32 = 365;
/// The longest a site may keep words after the end of a relationship, in days: ten years.
pub const RETENTION_DAYS_MAX: u32 = 3_660;

impl SiteSettings {
    /// How long a sender has to answer an altered text, in milliseconds; nothing if they are not asked.
    pub fn asks_for_ms(&self) -> Option<i64> {
        self.consent.then_some(self.answer_ms)
    }
}

/// Target times in milliseconds, by severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// For low severity.
    pub low: i64,
    /// For medium severity.
    pub medium: i64,
    /// For high severity.
    pub high: i64,
    /// For urgent items.
    pub urgent: i64,
}

impl Targets {
    /// The target time for one severity, in milliseconds.
    pub fn of(&self, severity: Severity) -> i64 {
        match severity {
            Severity::Low => self.low,
            Severity::Medium => self.medium,
            Severity::High => self.high,
            Severity::Urgent => self.urgent,
        }
    }
}

/// The longest target time a site may choose, in milliseconds: seven days.
pub const TARGET_MS_MAX: i64 = 7 * 24 * 3_600 * 1_000;
/// The longest undo window a site may choose, in milliseconds.
pub const UNDO_MS_MAX: i64 = 30_000;

impl Default for SiteSettings {
    fn default() -> Self {
        const MINUTE: i64 = 60_000;
        Self {
            undo_ms: 5_000,
            consent: false,
            answer_ms: 24 * 60 * MINUTE,
            target_ms: Targets { low: 15 * MINUTE, medium: 10 * MINUTE, high: 5 * MINUTE, urgent: 2 * MINUTE },
            expire_after_ms: None,
            filter: Actions::default(),
            retention_days: Some(RETENTION_DAYS),
            shares_with: Vec::new(),
            family: false,
            hours: None,
        }
    }
}

/// A scheme, with its own staff, hours and rules. Its id also names its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name, as people see it.
    pub name: String,
    /// What it has chosen.
    pub settings: SiteSettings,
}
