//! What a funder is told of a scheme: people, hours, meetings, outcomes, feedback. Sums of what was written down and said, of one period,
//! with small numbers kept back, since a number of few people may tell who they are.

use super::paper::{Paper, PaperKind};
use crate::ids::ConversationId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of people from 1 to below this one are not told (the rule of thumb of health and care statistics in England).
pub const SMALL_BELOW: u64 = 5;

/// A number of people, or that they are too few to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Told {
    /// The number; nothing, if it is kept back.
    #[cfg_attr(test, ts(type = "number | null"), schemars(with = "Option<i64>"))]
    pub number: Option<u64>,
}

/// The number as it is told.
pub fn told(number: u64) -> Told {
    Told { number: (number == 0 || number >= SMALL_BELOW).then_some(number) }
}

/// What was said of one area of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AreaLine {
    /// The area.
    pub area: String,
    /// People whose last word on it was better.
    pub better: Told,
    /// The same.
    pub same: Told,
    /// Worse.
    pub worse: Told,
    /// Goals that were reached.
    pub reached: Told,
}

/// What relationships have written down in a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Minutes that were given, in meetings and otherwise.
    pub minutes: i64,
    /// Meetings that both came to.
    pub met: u64,
    /// Meetings that somebody missed.
    pub missed: u64,
    /// How often "is this helping?" was answered, and the sum of the answers.
    pub pulses: (u64, i64),
    /// Concerns that were raised, and those that were put away.
    pub concerns: (u64, u64),
    /// Feedback that was given to responsible officers.
    pub feedback: u64,
    areas: BTreeMap<String, BTreeMap<&'static str, BTreeSet<ConversationId>>>,
}

/// Sums of papers, the oldest first. Of one area in one relationship the last word counts.
pub fn sums(papers: &[Paper]) -> Sums {
    let mut sums = Sums::default();
    let mut last: BTreeMap<(ConversationId, String), &'static str> = BTreeMap::new();
    for paper in papers {
        sums.add(paper);
        let answers = paper.answers();
        let how = ["better", "same", "worse"].into_iter().find(|how| *how == answers.text("how"));
        if let Some((how, id)) = how.zip(paper.conversation).filter(|_| paper.kind == PaperKind::CheckIn) {
            last.insert((id, answers.text("area").to_owned()), how);
        }
    }
    for ((id, area), how) in last {
        sums.areas.entry(area).or_default().entry(how).or_default().insert(id);
    }
    sums
}

impl Sums {
    /// Adds what one paper says, but for how something has gone: there the last word counts.
    fn add(&mut self, paper: &Paper) {
        let answers = paper.answers();
        self.minutes += paper.minutes();
        let is = |kind: PaperKind| paper.kind == kind;
        if is(PaperKind::Meeting) {
            self.met += u64::from(answers.text("came") == "both");
            self.missed += u64::from(matches!(answers.text("came"), "mentee_missed" | "mentor_missed"));
        } else if is(PaperKind::Pulse) {
            self.pulses = (self.pulses.0 + 1, self.pulses.1 + answers.number("helping").unwrap_or(0));
        } else if is(PaperKind::Concern) {
            self.concerns = (self.concerns.0 + 1, self.concerns.1 + u64::from(paper.closed_at.is_some()));
        } else if is(PaperKind::Feedback) {
            self.feedback += 1;
        } else if is(PaperKind::Goal) && answers.text("progress") == "reached" {
            let area = self.areas.entry(answers.text("area").to_owned()).or_default();
            area.entry("reached").or_default().extend(paper.conversation);
        }
    }

    /// The mean answer to "is this helping?", in tenths; nothing, if too few answered.
    pub fn pulse_tenths(&self) -> Option<i64> {
        let (count, sum) = self.pulses;
        (count >= SMALL_BELOW).then(|| sum * 10 / i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// What was said, by area of life, in the order of their names.
    pub fn areas(&self) -> Vec<AreaLine> {
        let line = |(area, by): (&String, &BTreeMap<&'static str, BTreeSet<ConversationId>>)| {
            let count = |how: &str| told(by.get(how).map_or(0, |ids| ids.len() as u64));
            let (better, same, worse) = (count("better"), count("same"), count("worse"));
            AreaLine { area: area.clone(), better, same, worse, reached: count("reached") }
        };
        self.areas.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, PaperId, SiteId};
    use crate::time::Timestamp;

    fn paper(of: u128, kind: PaperKind, json: &str) -> Paper {
        Paper {
            id: PaperId::from_bits(of),
            site: SiteId::from_bits(1),
            kind,
            account: None,
            conversation: Some(ConversationId::from_bits(of)),
            answers: Some(kind.answers(serde_json::from_str(json).unwrap()).unwrap()),
            version: 1,
            by: AccountId::from_bits(1),
            made_at: Timestamp(0),
            changed_at: Timestamp(0),
            due_at: None,
            closed_at: None,
        }
    }

    #[test]
    fn few_people_are_not_told_and_nobody_is() {
        assert_eq!([0, 1, 4, 5].map(|n| told(n).number), [Some(0), None, None, Some(5)]);
    }

    #[test]
    fn the_last_word_on_an_area_counts_once_for_a_relationship() {
        let mut papers = Vec::new();
        for of in 1..=6 {
            papers.push(paper(of, PaperKind::CheckIn, r#"{"area": "work", "how": "worse"}"#));
            papers.push(paper(of, PaperKind::CheckIn, r#"{"area": "work", "how": "better"}"#));
        }
        let [line] = &sums(&papers).areas()[..] else { panic!("one area") };
        assert_eq!((line.better.number, line.worse.number), (Some(6), Some(0)));
    }

    #[test]
    fn hours_meetings_and_feedback_add_up() {
        let met = r#"{"at": "2026-12-01T18:00:00.000Z", "came": "both", "in_at": "2026-12-01T18:00:00.000Z", "out_at": "2026-12-01T19:00:00.000Z"}"#;
        let missed = r#"{"at": "2026-12-02T18:00:00.000Z", "came": "mentee_missed"}"#;
        let mut papers = vec![
            paper(1, PaperKind::Meeting, met),
            paper(1, PaperKind::Meeting, missed),
            paper(1, PaperKind::Time, r#"{"on": "2026-12-01", "minutes": 15}"#),
            Paper { closed_at: Some(Timestamp(1)), ..paper(1, PaperKind::Concern, r#"{"words": "x"}"#) },
            paper(2, PaperKind::Goal, r#"{"area": "work", "goal": "A CV", "progress": "reached"}"#),
        ];
        papers.extend((1..=5).map(|of| paper(of, PaperKind::Pulse, r#"{"helping": 4}"#)));
        let sums = sums(&papers);
        assert_eq!((sums.minutes, sums.met, sums.missed, sums.concerns), (75, 1, 1, (1, 1)));
        assert_eq!((sums.pulse_tenths(), sums.areas()[0].reached.number), (Some(40), None), "one person is too few");
        assert_eq!(super::sums(&papers[..5]).pulse_tenths(), None);
    }
}
