//! Who fits whom: what a mentee looks for beside what a mentor offers. It suggests, with reasons; a coordinator decides. What stands
//! against a pair is told apart: a stop cannot be passed over, a caution can.

use super::form::Answers;
use crate::ids::AccountId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A mentee, as far as a match asks.
#[derive(Debug, Clone)]
pub struct Seeker {
    /// Who.
    pub account: AccountId,
    /// Whether the referrer has said why, which risks, and which restrictions.
    pub referred: bool,
    /// What they look for.
    pub needs: Answers,
}

/// A mentor, as far as a match asks.
#[derive(Debug, Clone)]
pub struct Giver {
    /// Who.
    pub account: AccountId,
    /// What they offer.
    pub offer: Answers,
    /// Relationships that are open or paused.
    pub has: usize,
    /// Whether one of those is with this mentee.
    pub paired: bool,
    /// When their vetting lapses, if it is known.
    pub vetted_until: Option<Timestamp>,
}

/// Something that speaks for a pair. The word is one of the form's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Shared {
    /// In which field they meet.
    pub field: String,
    /// What they share.
    pub word: String,
}

/// What stands against a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The referral is not answered.
    NoReferral,
    /// One is to be kept apart from the other: a co-defendant, or an order of no contact.
    Apart,
    /// The mentee asks for a woman.
    WomenOnly,
    /// They are a pair already.
    Paired,
    /// The mentor's vetting is not on record, or has lapsed.
    NotVetted,
    /// The mentor has as many relationships as they can carry.
    Full,
    /// They live in the same area.
    SameArea,
    /// They share no language.
    NoLanguage,
    /// They share no time.
    NoTime,
}

impl Against {
    /// Whether nobody may pass over it.
    pub fn stops(self) -> bool {
        match self {
            Against::NoReferral | Against::Apart | Against::WomenOnly | Against::Paired | Against::NotVetted => true,
            Against::Full | Against::SameArea | Against::NoLanguage | Against::NoTime => false,
        }
    }
}

/// How a mentor fits a mentee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// What speaks for it.
    pub reasons: Vec<Shared>,
    /// What stands against it.
    pub against: Vec<Against>,
    /// How much speaks for it: a shared topic counts three, lived experience four, a time two, a language one.
    pub score: u32,
}

impl Fit {
    /// Whether something stands against it that nobody may pass over.
    pub fn stopped(&self) -> bool {
        self.against.iter().any(|one| one.stops())
    }
}

/// The fields in which they may meet, and what each shared word counts.
const SHARED: [(&str, u32); 4] = [("topics", 3), ("lived", 4), ("times", 2), ("languages", 1)];
/// What it counts that a business is wanted and offered.
const BUSINESS: u32 = 4;
/// How many relationships a mentor carries who has not said.
pub const CAPACITY: i64 = 2;

/// How `giver` fits `seeker`.
pub fn fit(seeker: &Seeker, giver: &Giver, now: Timestamp) -> Fit {
    let (needs, offer) = (&seeker.needs, &giver.offer);
    let shared = |field: &str| -> Vec<Shared> {
        let both = needs.many(field).iter().filter(|word| offer.many(field).contains(word));
        both.map(|word| Shared { field: field.to_owned(), word: word.clone() }).collect()
    };
    let (mut reasons, mut score) = (Vec::new(), 0);
    for (field, counts) in SHARED {
        let here = shared(field);
        score += counts * u32::try_from(here.len()).unwrap_or(0);
        reasons.extend(here);
    }
    if needs.yes("business") && offer.yes("business") {
        score += BUSINESS;
        reasons.push(Shared { field: "business".into(), word: "yes".into() });
    }
    let asked_in_vain = |field: &str| {
        let (asked, given) = (needs.many(field), offer.many(field));
        !asked.is_empty() && !given.is_empty() && shared(field).is_empty()
    };
    let apart = needs.people("apart").contains(&giver.account) || offer.people("apart").contains(&seeker.account);
    let near = !needs.text("area").is_empty() && needs.text("area").to_lowercase() == offer.text("area").to_lowercase();
    let carries = usize::try_from(offer.number("capacity").unwrap_or(CAPACITY)).unwrap_or(0);
    let against = [
        (Against::NoReferral, !seeker.referred),
        (Against::Apart, apart),
        (Against::WomenOnly, needs.yes("women_only") && !offer.yes("woman")),
        (Against::Paired, giver.paired),
        (Against::NotVetted, giver.vetted_until.is_none_or(|until| until < now)),
        (Against::Full, giver.has >= carries),
        (Against::SameArea, near),
        (Against::NoLanguage, asked_in_vain("languages")),
        (Against::NoTime, asked_in_vain("times")),
    ];
    Fit { reasons, score, against: against.into_iter().filter(|(_, is)| *is).map(|(one, _)| one).collect() }
}

/// The order in which mentors are suggested: by how much stops them, then by how much must be thought of, then by what speaks for them.
pub fn rank(fit: &Fit) -> (usize, usize, std::cmp::Reverse<u32>) {
    (fit.against.iter().filter(|one| one.stops()).count(), fit.against.len(), std::cmp::Reverse(fit.score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::paper::PaperKind;

    fn answers(kind: PaperKind, json: &str) -> Answers {
        kind.answers(serde_json::from_str(json).unwrap()).unwrap()
    }

    fn pair(needs: &str, offer: &str) -> (Seeker, Giver) {
        let seeker =
            Seeker { account: AccountId::from_bits(1), referred: true, needs: answers(PaperKind::Needs, needs) };
        let giver = Giver {
            account: AccountId::from_bits(2),
            offer: answers(PaperKind::Offer, offer),
            has: 0,
            paired: false,
            vetted_until: Some(Timestamp(1_000)),
        };
        (seeker, giver)
    }

    #[test]
    fn what_both_share_speaks_for_them() {
        let (seeker, giver) = pair(
            r#"{"topics": ["work", "housing"], "lived": ["custody"], "languages": ["welsh"], "business": true}"#,
            r#"{"topics": ["work"], "lived": ["custody", "care"], "languages": ["welsh", "english"], "business": true}"#,
        );
        let fit = fit(&seeker, &giver, Timestamp(0));
        assert_eq!((fit.score, fit.reasons.len(), fit.against.len()), (3 + 4 + 1 + 4, 4, 0));
    }

    #[test]
    fn each_thing_against_a_pair_is_named() {
        let against = |needs: &str, offer: &str, change: fn(&mut Seeker, &mut Giver)| {
            let (mut seeker, mut giver) = pair(needs, offer);
            change(&mut seeker, &mut giver);
            fit(&seeker, &giver, Timestamp(0)).against
        };
        let id = AccountId::from_bits(2);
        let other = AccountId::from_bits(1);
        assert_eq!(against("{}", "{}", |s, _| s.referred = false), [Against::NoReferral]);
        assert_eq!(against(&format!(r#"{{"apart": ["{id}"]}}"#), "{}", |_, _| ()), [Against::Apart]);
        assert_eq!(against("{}", &format!(r#"{{"apart": ["{other}"]}}"#), |_, _| ()), [Against::Apart]);
        assert_eq!(against(r#"{"women_only": true}"#, "{}", |_, _| ()), [Against::WomenOnly]);
        assert_eq!(against(r#"{"women_only": true}"#, r#"{"woman": true}"#, |_, _| ()), []);
        assert_eq!(against("{}", "{}", |_, g| g.paired = true), [Against::Paired]);
        assert_eq!(against("{}", "{}", |_, g| g.vetted_until = None), [Against::NotVetted]);
        assert_eq!(against("{}", "{}", |_, g| g.vetted_until = Some(Timestamp(-1))), [Against::NotVetted]);
        assert_eq!(against("{}", r#"{"capacity": 1}"#, |_, g| g.has = 1), [Against::Full]);
        assert_eq!(against("{}", "{}", |_, g| g.has = 2), [Against::Full]);
        let area = (r#"{"area": "Park Estate"}"#, r#"{"area": "park estate"}"#);
        assert_eq!(against(area.0, area.1, |_, _| ()), [Against::SameArea]);
        assert_eq!(
            against(r#"{"languages": ["welsh"]}"#, r#"{"languages": ["urdu"]}"#, |_, _| ()),
            [Against::NoLanguage]
        );
        assert_eq!(against(r#"{"times": ["night"]}"#, r#"{"times": ["weekend_day"]}"#, |_, _| ()), [Against::NoTime]);
        assert_eq!(
            against(r#"{"times": ["night"]}"#, "{}", |_, _| ()),
            [],
            "who has not said is asked, not passed over"
        );
    }

    #[test]
    fn a_mentor_whom_nothing_stops_is_suggested_before_one_who_fits_better_and_may_not() {
        let (seeker, plain) = pair(r#"{"topics": ["work"]}"#, "{}");
        let (_, mut good) = pair("{}", r#"{"topics": ["work"]}"#);
        good.vetted_until = None;
        let (plain, good) = (fit(&seeker, &plain, Timestamp(0)), fit(&seeker, &good, Timestamp(0)));
        assert!(good.score > plain.score && rank(&plain) < rank(&good));
    }
}
