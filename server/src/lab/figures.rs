//! What is counted of a file of labelled rows: pure, one row at a time.

use super::bench::Judged;
use super::count::{Count, Tally, agreement};
use super::line::Labels;
use handrail_domain::finding::Category;
use serde::Serialize;
use std::collections::BTreeMap;

/// Kinds of rows that are counted by themselves; the others are what every row is.
const KINDS: &[&str] = &["hard-neg", "allowlist", "policy"];
/// What the names of groups begin with that are counted by themselves: HateCheck's for identity terms, denials and threats.
const SUBS: &[&str] = &["ident", "negate", "threat"];
/// Bad lines that are named.
pub(super) const BAD_NAMED: usize = 5;

/// Lines that could not be read.
#[derive(Debug, Default, Serialize)]
pub(super) struct Bad {
    pub(super) count: u64,
    pub(super) first: Vec<BadLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct BadLine {
    pub(super) line: u64,
    pub(super) why: String,
}

/// Rows that hide what they say beside those that do not.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Disguise {
    pub(super) plain: Count,
    pub(super) evaded: Count,
}

/// How well findings point at what rows say they should.
#[derive(Debug, Default, Serialize)]
pub(super) struct Pointing {
    pub(super) rows: u64,
    /// The mean share of what is covered together that is shared.
    pub(super) mean: Option<f64>,
    #[serde(skip)]
    sum: f64,
}

/// Conversations with at least one hold, and with at least one finding of self-harm.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct People {
    pub(super) any_hold: Count,
    pub(super) self_harm: Count,
}

/// All that is counted of a file.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figures {
    pub(super) bad_lines: Bad,
    pub(super) all: Tally,
    pub(super) categories: BTreeMap<String, Tally>,
    /// Rows that should be held, by whether they hide what they say.
    pub(super) disguise: Disguise,
    pub(super) disguise_by_category: BTreeMap<String, Disguise>,
    /// Of these, rows that are spread over several messages.
    pub(super) split: Count,
    pub(super) kinds: BTreeMap<String, Count>,
    pub(super) subs: BTreeMap<String, Count>,
    pub(super) pointing: Pointing,
    /// By `sub`, where conversations were asked for.
    pub(super) conversations: BTreeMap<String, People>,
    #[serde(skip)]
    people: BTreeMap<(String, String), (bool, bool)>,
}

impl Figures {
    /// Counts a row.
    pub(super) fn add(&mut self, labels: &Labels, judged: &Judged) {
        let held = judged.held;
        self.all.add(labels.hold, held);
        self.categories.entry(labels.cat.clone()).or_default().add(labels.hold, held);
        if let (Some(tech), Some(true)) = (&labels.tech, labels.hold) {
            self.disguise.add(tech, held);
            self.disguise_by_category.entry(labels.cat.clone()).or_default().add(tech, held);
            if tech.starts_with("split") {
                self.split.add(held);
            }
        }
        if let Some(kind) = labels.kind.as_ref().filter(|kind| KINDS.contains(&kind.as_str())) {
            self.kinds.entry(kind.clone()).or_default().add(held);
        }
        if let Some(sub) = labels.sub.as_ref().filter(|sub| SUBS.iter().any(|start| sub.starts_with(start))) {
            self.subs.entry(sub.clone()).or_default().add(held);
        }
        if let (Some(span), true) = (labels.span, held) {
            let found = judged.seen.iter().filter_map(|seen| seen.span);
            self.pointing.add(found.map(|found| agreement(found, span)).fold(0.0, f64::max));
        }
        if let Some(conv) = &labels.conv {
            let sub = labels.sub.clone().unwrap_or_else(|| "none".into());
            let seen = self.people.entry((sub, conv.clone())).or_default();
            seen.0 |= held;
            seen.1 |= judged.seen.iter().any(|seen| seen.finding.category == Category::SelfHarm);
        }
    }

    /// Counts a line that could not be read.
    pub(super) fn add_bad(&mut self, line: u64, why: String) {
        self.bad_lines.count += 1;
        if self.bad_lines.first.len() < BAD_NAMED {
            self.bad_lines.first.push(BadLine { line, why });
        }
    }

    /// Counts conversations instead of rows, once all rows are there.
    pub(super) fn count_conversations(&mut self) {
        for ((sub, _), (held, self_harm)) in std::mem::take(&mut self.people) {
            let people = self.conversations.entry(sub).or_default();
            people.any_hold.add(held);
            people.self_harm.add(self_harm);
        }
    }
}

impl Disguise {
    fn add(&mut self, tech: &str, held: bool) {
        if tech == "none" { self.plain.add(held) } else { self.evaded.add(held) }
    }
}

impl Pointing {
    fn add(&mut self, agreement: f64) {
        self.rows += 1;
        self.sum += agreement;
        self.mean = Some(self.sum / self.rows as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Seen;
    use super::*;
    use handrail_domain::finding::{Finding, Severity, Span};
    use std::time::Duration;

    fn judged(held: bool, category: Category, span: Option<Span>) -> Judged {
        let finding = Finding {
            rule: "a.one".into(),
            category,
            severity: Severity::High,
            span,
            parts: Vec::new(),
            excerpt: String::new(),
            why: String::new(),
            evasion: Vec::new(),
        };
        let seen = if held { vec![Seen { finding, span }] } else { Vec::new() };
        Judged { held, seen, took: Duration::ZERO }
    }

    fn labels(hold: Option<bool>, cat: &str) -> Labels {
        Labels { hold, cat: cat.into(), ..Labels::default() }
    }

    #[test]
    fn evaded_rows_are_counted_beside_plain_ones_if_they_should_be_held() {
        let mut figures = Figures::default();
        for (tech, hold, held) in
            [("none", true, true), ("leet", true, false), ("split2", true, true), ("leet", false, true)]
        {
            let row = Labels { tech: Some(tech.into()), ..labels(Some(hold), "abuse") };
            figures.add(&row, &judged(held, Category::Abuse, None));
        }
        let wanted = Disguise { plain: Count { hits: 1, of: 1 }, evaded: Count { hits: 1, of: 2 } };
        assert_eq!((figures.disguise, figures.disguise_by_category["abuse"]), (wanted, wanted));
        assert_eq!(figures.split, Count { hits: 1, of: 1 });
    }

    #[test]
    fn kinds_and_groups_of_interest_are_counted_and_others_are_not() {
        let mut figures = Figures::default();
        for (kind, sub) in [("hard-neg", "ident_neutral_nh"), ("pos", "slur_h")] {
            let row = Labels { kind: Some(kind.into()), sub: Some(sub.into()), ..labels(Some(false), "hate") };
            figures.add(&row, &judged(true, Category::Hate, None));
        }
        assert_eq!(figures.kinds.keys().collect::<Vec<_>>(), ["hard-neg"]);
        assert_eq!(figures.subs.keys().collect::<Vec<_>>(), ["ident_neutral_nh"]);
    }

    #[test]
    fn the_best_finding_points_for_its_row_and_rows_that_passed_do_not_count() {
        let mut figures = Figures::default();
        for (held, found) in [(true, Some(Span(0, 4))), (true, None), (false, None)] {
            let row = Labels { span: Some(Span(0, 8)), ..labels(Some(true), "hate") };
            figures.add(&row, &judged(held, Category::Hate, found));
        }
        assert_eq!((figures.pointing.rows, figures.pointing.mean), (2, Some(0.25)));
    }

    #[test]
    fn a_conversation_counts_once_however_much_is_said_in_it() {
        let mut figures = Figures::default();
        for (conv, held, category) in [
            ("a", true, Category::Abuse),
            ("a", false, Category::Abuse),
            ("b", true, Category::SelfHarm),
            ("c", false, Category::Abuse),
        ] {
            let row = Labels { conv: Some(conv.into()), sub: Some("Ideation".into()), ..labels(None, "self_harm") };
            figures.add(&row, &judged(held, category, None));
        }
        figures.count_conversations();
        let people = figures.conversations["Ideation"];
        assert_eq!((people.any_hold, people.self_harm), (Count { hits: 2, of: 3 }, Count { hits: 1, of: 3 }));
    }

    #[test]
    fn only_the_first_bad_lines_are_named() {
        let mut figures = Figures::default();
        (1..=9).for_each(|line| figures.add_bad(line, "bad".into()));
        assert_eq!((figures.bad_lines.count, figures.bad_lines.first.len()), (9, BAD_NAMED));
    }
}
