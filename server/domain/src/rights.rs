//! Roles as data: one table says what each may do. The code asks it, a test holds every route against it, and the screens draw it.

use crate::people::Role;
use serde::{Deserialize, Serialize};

/// Something that only some may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// To take part in conversations.
    Converse,
    /// To have one's own devices told that something waits.
    BeTold,
    /// To watch the queue, decide on what is held, and be on duty.
    Supervise,
    /// To see how the queue of one's site does, and who is on duty.
    Oversee,
    /// To write in the library.
    WriteLibrary,
    /// To run the scheme: people, relationships, what is written about them, reports.
    RunScheme,
    /// To answer for what conditions forbid in a relationship.
    OwnRestrictions,
    /// To answer for an erasure, a legal hold, or an export.
    AnswerForRecord,
    /// To read what mentors write to the officer of a mentee, where a coordinator named one's account as theirs.
    ReadFeedback,
    /// To read a person's real name, for a reason, for a short time, with a second person told.
    BreakGlass,
}

use Role::{Coordinator, GuestOfficer, Mentee, Mentor, Supervisor};

/// The table: a right, and who has it.
pub const TABLE: [(Right, &[Role]); 10] = [
    (Right::Converse, &[Mentee, Mentor, GuestOfficer]),
    (Right::BeTold, &[Mentee, Mentor, GuestOfficer, Supervisor, Coordinator]),
    (Right::Supervise, &[Supervisor]),
    (Right::Oversee, &[Supervisor, Coordinator]),
    (Right::WriteLibrary, &[Supervisor, Coordinator]),
    (Right::RunScheme, &[Coordinator]),
    (Right::OwnRestrictions, &[GuestOfficer, Supervisor, Coordinator]),
    (Right::AnswerForRecord, &[Supervisor, Coordinator]),
    (Right::ReadFeedback, &[GuestOfficer]),
    (Right::BreakGlass, &[Supervisor, Coordinator]),
];

impl Role {
    /// Whether this role has a right.
    pub fn may(self, right: Right) -> bool {
        TABLE.iter().any(|(one, who)| *one == right && who.contains(&self))
    }

    /// All that this role may do, in the order of the table.
    pub fn rights(self) -> Vec<Right> {
        TABLE.iter().filter(|(_, who)| who.contains(&self)).map(|(right, _)| *right).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_nothing_and_runs_nothing() {
        assert_eq!(Role::Operator.rights(), []);
    }

    #[test]
    fn nobody_both_talks_and_decides() {
        for role in Role::ALL {
            assert!(!(role.may(Right::Converse) && role.may(Right::Supervise)), "{role:?}");
        }
    }

    #[test]
    fn each_right_stands_in_the_table_once_and_somebody_has_it() {
        for (right, who) in TABLE {
            assert_eq!(TABLE.iter().filter(|(one, _)| *one == right).count(), 1, "{right:?}");
            assert!(!who.is_empty(), "{right:?}");
        }
    }
}
