//! Drift: small signs that pass by themselves and add up when one person goes on giving them in one relationship. Signs lose
//! half their weight in a week, so that an odd word long ago does not count against anybody.

use crate::finding::{Category, Finding, Severity};
use crate::time::Timestamp;

/// In what time a sign loses half its weight, in milliseconds: a week.
pub const DRIFT_HALF_LIFE_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// How old a sign may be and still count, in milliseconds: eight weeks, when little is left of it.
pub const DRIFT_MS_MAX: i64 = 8 * DRIFT_HALF_LIFE_MS;
/// From how many points on a person should look.
pub const DRIFT_POINTS: f64 = 10.0;
/// Of how many categories the signs must be: a person who repeats one thing does not drift.
pub const DRIFT_CATEGORIES_MIN: usize = 2;
/// How many signs are kept of one person in one relationship, the newest.
pub const SIGNS_MAX: usize = 64;

/// A sign that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// What it points to.
    pub category: Category,
    /// What it weighs when it is new: 1 to 10.
    pub points: u8,
    /// When it was given.
    pub at: Timestamp,
}

impl Sign {
    /// What it weighs now.
    fn weight(&self, now: Timestamp) -> f64 {
        let age = now.since_ms(self.at).max(0);
        f64::from(self.points) * 0.5_f64.powf(age as f64 / DRIFT_HALF_LIFE_MS as f64)
    }
}

/// The signs of one person in one relationship, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Drift(Vec<Sign>);

impl Drift {
    /// Adds signs, and forgets what is too old or too much.
    pub fn add(&mut self, signs: &[Sign], now: Timestamp) {
        self.0.extend_from_slice(signs);
        self.0.retain(|sign| now.since_ms(sign.at) <= DRIFT_MS_MAX);
        let over = self.0.len().saturating_sub(SIGNS_MAX);
        self.0.drain(..over);
    }

    /// A person was told of them: from here on they start anew.
    pub fn spend(&mut self) {
        self.0.clear();
    }

    /// What new signs come to together with the earlier ones; nothing without a new one, or while it is little.
    pub(super) fn finding(&self, new: &[Sign], adult: bool, now: Timestamp) -> Option<Finding> {
        let mut points = 0.0;
        let mut seen: Vec<Category> = Vec::new();
        for sign in self.0.iter().chain(new) {
            points += sign.weight(now) * if adult { 1.0 } else { 0.5 };
            if !seen.contains(&sign.category) {
                seen.push(sign.category);
            }
        }
        if new.is_empty() || points < DRIFT_POINTS || seen.len() < DRIFT_CATEGORIES_MIN {
            return None;
        }
        let words: Vec<&str> = seen.into_iter().map(in_words).collect();
        Some(Finding {
            rule: "drift.pattern".into(),
            category: Category::Drift,
            severity: if adult { Severity::High } else { Severity::Medium },
            span: None,
            parts: Vec::new(),
            excerpt: String::new(),
            why: format!(
                "Small signs that pass by themselves have added up in this relationship: {}. Read the conversation as a whole.",
                words.join(", ")
            ),
            evasion: Vec::new(),
        })
    }
}

/// A category as a supervisor reads it in a sentence.
fn in_words(category: Category) -> &'static str {
    match category {
        Category::Abuse => "wearing somebody down",
        Category::Hate => "contempt for a group",
        Category::Threat => "pressure",
        Category::SelfHarm => "low mood",
        Category::Sexual => "closeness that is not asked for",
        Category::Drugs => "drugs",
        Category::Offending => "offending",
        Category::ContactPhone
        | Category::ContactEmail
        | Category::ContactHandle
        | Category::ContactAddress
        | Category::ContactUrl => "moving away from this service",
        Category::Meet => "meeting outside the scheme",
        Category::Money => "money and gifts",
        Category::Secrecy => "secrecy",
        Category::Restricted | Category::Drift | Category::Filter => "other signs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 3_600 * 1_000;

    fn sign(category: Category, points: u8, day: i64) -> Sign {
        Sign { category, points, at: Timestamp(day * DAY_MS) }
    }

    fn after(signs: &[Sign], adult: bool) -> bool {
        let (new, before) = signs.split_last().unwrap();
        let mut drift = Drift::default();
        before.iter().for_each(|sign| drift.add(&[*sign], sign.at));
        drift.finding(&[*new], adult, new.at).is_some()
    }

    #[test]
    fn small_signs_of_different_kinds_add_up() {
        let signs = [sign(Category::Sexual, 4, 0), sign(Category::Secrecy, 4, 1), sign(Category::Money, 4, 2)];
        assert!(!after(&signs[..2], true) && after(&signs, true));
        assert!(!after(&signs, false), "what a mentee says weighs half");
    }

    #[test]
    fn signs_of_one_kind_alone_do_not_add_up() {
        let signs: Vec<Sign> = (0..8).map(|day| sign(Category::Money, 4, day)).collect();
        assert!(!after(&signs, true));
    }

    #[test]
    fn old_signs_fade() {
        let signs = [sign(Category::Sexual, 6, 0), sign(Category::Secrecy, 6, 28)];
        assert!(!after(&signs, true));
        assert!(after(&[signs[0], sign(Category::Secrecy, 6, 1)], true));
    }

    #[test]
    fn what_a_person_was_told_of_starts_anew() {
        let mut drift = Drift::default();
        drift.add(&[sign(Category::Sexual, 9, 0), sign(Category::Secrecy, 9, 0)], Timestamp(0));
        drift.spend();
        assert!(drift.finding(&[sign(Category::Money, 4, 0)], true, Timestamp(0)).is_none());
    }

    #[test]
    fn no_more_signs_are_kept_than_the_bound_and_none_that_are_too_old() {
        let mut drift = Drift::default();
        for _ in 0..2 * SIGNS_MAX {
            drift.add(&[sign(Category::Money, 1, 0)], Timestamp(0));
        }
        assert_eq!(drift.0.len(), SIGNS_MAX);
        drift.add(&[], Timestamp(DRIFT_MS_MAX + 1));
        assert!(drift.0.is_empty());
    }
}
