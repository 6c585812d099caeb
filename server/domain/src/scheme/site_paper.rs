//! What a scheme has written down about itself before the law: on what basis it keeps data about offences (UK GDPR, Article 10; Data Protection
//! Act 2018, section 10 and Schedule 1), and the assessments of the Online Safety Act 2023 (sections 9 to 12, 21 and 23). A version is never
//! written over: the next stands beside it.

use super::form::Answers;
use super::forms::FORMS;
use super::paper::{About, PaperKind, digest};
use super::task::{CHECK_MS, near};
use crate::ids::{AccountId, PaperId, SiteId};
use crate::refusal::Code;
use crate::time::Timestamp;

/// A version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePaper {
    /// Its id.
    pub id: PaperId,
    /// The scheme.
    pub site: SiteId,
    /// Its kind, whose form is about a site.
    pub kind: PaperKind,
    /// From 1 on, of each kind by itself.
    pub version: u64,
    /// What it says.
    pub answers: Answers,
    /// Who wrote it; nothing: whoever runs the server.
    pub by: Option<AccountId>,
    /// When.
    pub at: Timestamp,
    /// The day on which it must be looked at again.
    pub due_at: Option<Timestamp>,
}

impl SitePaper {
    /// As [`Paper::digest`](super::paper::Paper::digest).
    pub fn digest(&self, salt: &[u8]) -> String {
        digest(Some(&self.answers), salt)
    }
}

/// The kinds of it.
pub fn kinds() -> impl Iterator<Item = PaperKind> {
    FORMS.iter().filter(|form| form.about == About::Site).map(|form| form.kind)
}

/// The number of the next version, if its writer read the newest one.
pub fn next_version(newest: Option<&SitePaper>, read: u64) -> Result<u64, Code> {
    let newest = newest.map_or(0, |paper| paper.version);
    if read == newest { Ok(newest + 1) } else { Err(Code::StaleVersion) }
}

/// What is to be done about one kind of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It was never written.
    Missing,
    /// It must be looked at again within thirty days, or should have been.
    Review(Timestamp),
}

/// What is to be done, by the newest version.
pub fn due(newest: Option<&SitePaper>, now: Timestamp) -> Option<Due> {
    let Some(paper) = newest else { return Some(Due::Missing) };
    paper.due_at.filter(|due| near(Some(*due), CHECK_MS, now)).map(Due::Review)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 3_600 * 1_000;

    fn paper(version: u64, due_at: Option<Timestamp>) -> SitePaper {
        SitePaper {
            id: PaperId::from_bits(1),
            site: SiteId::from_bits(1),
            kind: PaperKind::Basis,
            version,
            answers: Answers::default(),
            by: None,
            at: Timestamp(0),
            due_at,
        }
    }

    #[test]
    fn each_kind_asks_for_a_day_on_which_it_is_looked_at_again() {
        assert_eq!(kinds().count(), 5);
        for kind in kinds() {
            let form = kind.form();
            let due = form.fields.iter().find(|field| Some(field.name) == form.due);
            assert!(form.one && due.is_some_and(|field| field.needed), "{kind:?}");
        }
    }

    #[test]
    fn whoever_has_not_read_the_newest_version_writes_none() {
        assert_eq!(next_version(None, 0), Ok(1));
        assert_eq!(next_version(Some(&paper(3, None)), 3), Ok(4));
        for read in [0, 2, 4] {
            assert_eq!(next_version(Some(&paper(3, None)), read), Err(Code::StaleVersion), "{read}");
        }
        assert_eq!(next_version(None, 1), Err(Code::StaleVersion));
    }

    #[test]
    fn what_is_missing_or_due_within_thirty_days_is_to_be_done() {
        let now = Timestamp(100 * DAY_MS);
        let at = |days: i64| Some(Timestamp(days * DAY_MS));
        assert_eq!(due(None, now), Some(Due::Missing));
        assert_eq!(due(Some(&paper(1, at(131))), now), None);
        for days in [130, 100, 1] {
            assert_eq!(due(Some(&paper(1, at(days))), now), at(days).map(Due::Review), "{days}");
        }
    }
}
