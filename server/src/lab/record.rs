//! Tables of what the record knows of rules: how each has done, and what a set in shadow would have done otherwise.

use super::table::{Table, columns};
use crate::chat::ShadowReport;
use handrail_domain::score::{REVIEW_HOLDS_MIN, REVIEW_UPHELD_MAX, Score};
use handrail_domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// The score-card as a table.
pub fn scores(scores: &[Score], since: Timestamp, out: &mut impl Write) -> std::io::Result<()> {
    if scores.is_empty() {
        return writeln!(out, "Nothing was held since {since}.");
    }
    let heading = ["holds", "released unchanged %", "upheld", "unsaid", "last true hit", "minutes of delay", "review"];
    let mut table = Table::new(&columns("rule", &heading));
    for score in scores {
        let share = score.released_share().map_or_else(|| "-".into(), |share| format!("{:.0}", share * 100.0));
        table.row(vec![
            score.rule.clone(),
            score.holds.to_string(),
            share,
            score.upheld.to_string(),
            score.unsaid.to_string(),
            score.last_upheld_at.map_or_else(|| "-".into(), Timestamp::date),
            format!("{:.1}", score.delay_ms as f64 / 60_000.0),
            if score.review { "yes".into() } else { String::new() },
        ]);
    }
    write!(out, "Since {since}:\n\n{}", table.text())?;
    let share = REVIEW_UPHELD_MAX * 100.0;
    writeln!(
        out,
        "\nReview: at least {REVIEW_HOLDS_MIN} decided and under {share:.0} % upheld. Delay: what it alone held and a person released unchanged."
    )
}

/// What the newest set in shadow would have done otherwise.
struct Otherwise {
    newly_held: u64,
    newly_passed: u64,
    /// For each rule, how many messages it would newly hold, and how many it held that would pass.
    by_rule: BTreeMap<String, (u64, u64)>,
}

impl Otherwise {
    fn of(report: &ShadowReport) -> Self {
        let mut all = Self { newly_held: 0, newly_passed: 0, by_rule: BTreeMap::new() };
        for one in &report.otherwise {
            let of_all = if one.held { &mut all.newly_held } else { &mut all.newly_passed };
            *of_all += one.messages;
            let mut rules: Vec<&String> = one.rules.iter().collect();
            rules.sort();
            rules.dedup();
            for rule in rules {
                let (held, passed) = all.by_rule.entry(rule.clone()).or_default();
                *if one.held { held } else { passed } += one.messages;
            }
        }
        all
    }
}

fn per_thousand(count: u64, judged: u64) -> f64 {
    count as f64 * 1_000.0 / judged.max(1) as f64
}

/// The sets in shadow, and what the newest would have done otherwise.
pub fn shadow(report: &ShadowReport, out: &mut impl Write) -> std::io::Result<()> {
    let Some(newest) = report.runs.first() else {
        return writeln!(
            out,
            "No rules have judged in shadow; `shadow` in [rules] of the configuration names a folder."
        );
    };
    let mut runs = Table::new(&columns("in shadow", &["since", "messages judged"]));
    for run in &report.runs {
        runs.row(vec![run.candidate.clone(), run.first_at.to_string(), run.judged.to_string()]);
    }
    let all = Otherwise::of(report);
    write!(out, "{}\nThe newest, {}, would have done otherwise:\n\n", runs.text(), newest.candidate)?;
    let mut counts = Table::new(&columns("", &["messages", "per 1,000"]));
    for (what, count) in [("newly held", all.newly_held), ("newly passed", all.newly_passed)] {
        counts.row(vec![what.into(), count.to_string(), format!("{:.1}", per_thousand(count, newest.judged))]);
    }
    out.write_all(counts.text().as_bytes())?;
    if all.by_rule.is_empty() {
        return Ok(());
    }
    let mut rules = Table::new(&columns("rule", &["newly held", "newly passed"]));
    for (rule, (held, passed)) in &all.by_rule {
        rules.row(vec![rule.clone(), held.to_string(), passed.to_string()]);
    }
    write!(out, "\n{}", rules.text())
}

/// The same in JSON.
pub fn shadow_json(report: &ShadowReport) -> Value {
    let runs =
        report.runs.iter().map(|run| json!({ "version": run.candidate, "since": run.first_at, "judged": run.judged }));
    let newest = report.runs.first().map(|run| {
        let all = Otherwise::of(report);
        let by_rule = all
            .by_rule
            .iter()
            .map(|(rule, (held, passed))| (rule.clone(), json!({ "newly_held": held, "newly_passed": passed })));
        json!({
            "version": run.candidate,
            "judged": run.judged,
            "newly_held": all.newly_held,
            "newly_passed": all.newly_passed,
            "newly_held_per_1000": per_thousand(all.newly_held, run.judged),
            "newly_passed_per_1000": per_thousand(all.newly_passed, run.judged),
            "by_rule": by_rule.collect::<serde_json::Map<_, _>>(),
        })
    });
    json!({ "runs": runs.collect::<Vec<_>>(), "newest": newest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DisagreementCount, ShadowRun};

    #[test]
    fn a_set_in_shadow_is_told_by_rule_and_by_thousand() {
        let run = |candidate: &str, judged| ShadowRun { candidate: candidate.into(), first_at: Timestamp(0), judged };
        let count = |held, rules: &[&str], messages| {
            let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
            DisagreementCount { held, rules, messages }
        };
        let report = ShadowReport {
            runs: vec![run("new", 2_000), run("old", 5)],
            otherwise: vec![
                count(true, &["a.one", "b.two", "a.one"], 3),
                count(true, &["a.one"], 1),
                count(false, &["b.two"], 2),
            ],
        };
        let told = shadow_json(&report);
        assert_eq!((&told["newest"]["newly_held"], &told["newest"]["newly_held_per_1000"]), (&json!(4), &json!(2.0)));
        assert_eq!(told["newest"]["by_rule"]["a.one"], json!({ "newly_held": 4, "newly_passed": 0 }));
        assert_eq!(told["newest"]["by_rule"]["b.two"], json!({ "newly_held": 3, "newly_passed": 2 }));
        let mut out = Vec::new();
        shadow(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("newly held           4        2.0") && text.contains("a.one"), "{text}");
        let none = ShadowReport { runs: Vec::new(), otherwise: Vec::new() };
        assert_eq!(shadow_json(&none), json!({ "runs": [], "newest": null }));
    }

    #[test]
    fn a_score_is_a_row() {
        let score = Score {
            rule: "a.one".into(),
            holds: 9,
            released: 3,
            upheld: 1,
            unsaid: 5,
            last_upheld_at: Some(Timestamp(0)),
            delay_ms: 90_000,
            review: false,
        };
        let mut out = Vec::new();
        scores(&[score], Timestamp(0), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let row = text.lines().find(|line| line.starts_with("a.one")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["a.one", "9", "75", "1", "5", "1970-01-01", "1.5"]);
    }
}
