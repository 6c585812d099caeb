//! One report of several generators' that ran at the same time against one server, each with its own relationships: counts are added,
//! and latencies are those of all messages, from the whole distributions and not from percentiles, which cannot be added.

use crate::args::Merge;
use crate::ground::{command, prepare_report, write_report};
use crate::meter::{Distributions, Times};
use crate::report::Latencies;
use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// What is added up.
const COUNTS: [&str; 16] = [
    "sent",
    "acknowledged",
    "delivered",
    "held",
    "decided",
    "lost",
    "duplicated",
    "disordered",
    "unsafe",
    "decided_twice",
    "errors",
    "open",
    "refused",
    "unanswered",
    "reconnects",
    "resets",
];
/// What generators of one run have in common.
const SAME: [&str; 6] = ["relationships", "rate", "unsafe_share", "duration_s", "warmup_s", "version"];

/// What is read of a generator's report.
#[derive(Debug, Clone, Deserialize)]
struct Part {
    #[serde(flatten)]
    all: serde_json::Map<String, Value>,
    valid: bool,
    invalid_because: Vec<String>,
    passed: bool,
    failed_because: Vec<String>,
    distributions: Distributions,
}

/// The report of all of them.
#[derive(Debug, Serialize)]
struct Merged {
    generators: usize,
    #[serde(flatten)]
    counts: serde_json::Map<String, Value>,
    latency_ms: Latencies,
    valid: bool,
    invalid_because: Vec<String>,
    passed: bool,
    failed_because: Vec<String>,
    /// All generators' messages a second.
    rate: f64,
    relationships: u64,
    settings: Vec<Value>,
    distributions: Distributions,
    command: String,
}

/// Merges, prints and writes. True when every generator's part passed.
pub(crate) fn run(args: &Merge) -> anyhow::Result<bool> {
    let parts = args.reports.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    let merged = merged(&parts)?;
    prepare_report(&args.json)?;
    write_report(&args.json, &merged)?;
    crate::print(&text(&merged));
    Ok(merged.passed)
}

fn read(file: &Path) -> anyhow::Result<Part> {
    let text = std::fs::read_to_string(file).with_context(|| format!("the report {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!("{} is no report of this version's `handrail-load run`, which has whole distributions", file.display())
    })
}

fn merged(parts: &[Part]) -> anyhow::Result<Merged> {
    let settings: Vec<Value> = parts.iter().map(|part| part.all["setting"].clone()).collect();
    let first = settings.first().context("there is nothing to merge")?;
    for (what, other) in SAME.iter().flat_map(|what| settings.iter().map(move |other| (what, other))) {
        // One of three parts may have a relationship more than another.
        let alike = match (first[what].as_u64(), other[what].as_u64()) {
            (Some(one), Some(two)) if *what == "relationships" => one.abs_diff(two) <= 1,
            _ => first[what] == other[what],
        };
        ensure!(
            alike,
            "these are not parts of one run: {what} was {} in one and {} in another",
            first[what],
            other[what]
        );
    }
    let sum = |what: &str| parts.iter().filter_map(|part| part.all.get(what)?.as_u64()).sum::<u64>();
    let joined = |of: fn(&Distributions) -> &Vec<(u64, u64)>| {
        let mut all = Times::default();
        parts.iter().for_each(|part| all.join(&Times::of(of(&part.distributions))));
        all
    };
    let partner = joined(|all| &all.send_to_partner);
    let ok = joined(|all| &all.send_to_ok);
    let queue = joined(|all| &all.hold_to_queue);
    let because = |of: fn(&Part) -> &Vec<String>| {
        let numbered = (1..).zip(parts);
        numbered.flat_map(|(nth, part)| of(part).iter().map(move |why| format!("generator {nth}: {why}"))).collect()
    };
    Ok(Merged {
        generators: parts.len(),
        counts: COUNTS.iter().map(|what| ((*what).to_owned(), sum(what).into())).collect(),
        latency_ms: Latencies {
            send_to_partner: partner.quantiles(),
            send_to_ok: ok.quantiles(),
            hold_to_queue: queue.quantiles(),
        },
        valid: parts.iter().all(|part| part.valid),
        invalid_because: because(|part| &part.invalid_because),
        passed: parts.iter().all(|part| part.passed),
        failed_because: because(|part| &part.failed_because),
        rate: settings.iter().filter_map(|setting| setting["rate"].as_f64()).sum(),
        relationships: settings.iter().filter_map(|setting| setting["relationships"].as_u64()).sum(),
        distributions: Distributions {
            send_to_partner: partner.counts(),
            send_to_ok: ok.counts(),
            hold_to_queue: queue.counts(),
        },
        settings,
        command: command(),
    })
}

fn text(merged: &Merged) -> String {
    let mut text = format!(
        "{} generators, {} relationships, {} messages/s between them\n\nlatency from the intended send time, ms        p50      p99    p99.9      max     count\n",
        merged.generators, merged.relationships, merged.rate
    );
    let latency = &merged.latency_ms;
    for (name, of) in [
        ("send to partner", &latency.send_to_partner),
        ("send to ok", &latency.send_to_ok),
        ("hold to queue", &latency.hold_to_queue),
    ] {
        let _fits = writeln!(
            text,
            "{name:<40} {:>9.2} {:>8.2} {:>8.2} {:>8.2} {:>9}",
            of.p50, of.p99, of.p999, of.max, of.count
        );
    }
    let counts: Vec<String> = merged.counts.iter().map(|(what, many)| format!("{what} {many}")).collect();
    let _fits = writeln!(text, "\n{}", counts.join("   "));
    for doubt in &merged.invalid_because {
        let _fits = writeln!(text, "NOT VALID: {doubt}");
    }
    text += &if merged.passed { "PASSED\n".into() } else { format!("FAILED: {}\n", merged.failed_because.join("; ")) };
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(relationships: u64, us: u64, lost: u64) -> Part {
        let setting = json!({"relationships": relationships, "rate": 25.0, "duration_s": 60.0, "version": "0.1.0"});
        let why: &[&str] = if lost > 0 { &["1 lost"] } else { &[] };
        serde_json::from_value(json!({
            "sent": 100, "lost": lost, "setting": setting, "valid": true, "invalid_because": [], "passed": lost == 0,
            "failed_because": why,
            "distributions": {"send_to_partner": [[us, 100]], "send_to_ok": [], "hold_to_queue": []},
        }))
        .expect("a report")
    }

    #[test]
    fn counts_are_added_and_percentiles_are_those_of_all_messages() {
        let merged = merged(&[part(250, 1_000, 0), part(250, 9_000, 0)]).unwrap();
        assert_eq!((merged.counts["sent"].as_u64(), merged.relationships, merged.rate), (Some(200), 500, 50.0));
        let latency = merged.latency_ms.send_to_partner;
        assert!((latency.p50 - 1.0).abs() < 0.01 && (latency.p99 - 9.0).abs() < 0.01, "{latency:?}");
        assert!(merged.passed && text(&merged).contains("PASSED"));
    }

    #[test]
    fn what_one_generator_found_fails_the_run_and_says_which() {
        let merged = merged(&[part(250, 1_000, 0), part(251, 1_000, 1)]).unwrap();
        assert!(!merged.passed && text(&merged).contains("generator 2: 1 lost"));
    }

    #[test]
    fn runs_that_are_not_alike_are_no_parts_of_one() {
        let error = merged(&[part(250, 1, 0), part(100, 1, 0)]).unwrap_err().to_string();
        assert!(error.contains("relationships was 250 in one and 100 in another"), "{error}");
    }
}
