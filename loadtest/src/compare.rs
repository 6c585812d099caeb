//! What got better or worse between two reports, and whether that is more than noise. Of each side there may be several runs: their
//! median is compared, and how far they lie apart is the noise.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// A change of less than this share is noise, however alike the runs are: machines are shared.
const NOISE_LEAST: f64 = 0.10;
/// The same of fewer than [`RUNS_LEAST`] runs of a side, which do not say how far they lie apart by chance.
const NOISE_UNKNOWN: f64 = 0.50;
const RUNS_LEAST: usize = 3;
/// What must be the same for two runs to be compared.
const SAME: [&str; 7] = ["relationships", "supervisors", "nodes", "rate", "unsafe_share", "duration_s", "warmup_s"];
/// What is compared: where it stands in a report, and its name and unit. Less is better of each.
const MEASURES: [(&str, &str); 9] = [
    ("/latency_ms/send_to_partner/p50", "send to partner p50, ms"),
    ("/latency_ms/send_to_partner/p99", "send to partner p99, ms"),
    ("/latency_ms/send_to_partner/p999", "send to partner p99.9, ms"),
    ("/latency_ms/send_to_ok/p99", "send to ok p99, ms"),
    ("/latency_ms/hold_to_queue/p99", "hold to queue p99, ms"),
    ("/server/cpu_us_per_message", "server CPU a message, µs"),
    ("/server/redis_cpu_us_per_message", "Redis CPU a message, µs"),
    ("/server/postgres_cpu_us_per_message", "PostgreSQL CPU a message, µs"),
    ("/server/rss_mib", "server memory, MiB"),
];

/// What became of one measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Better,
    Worse,
    Noise,
}

/// Some runs of one side: their median, and how far they lie apart as a share of it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    median: f64,
    spread: f64,
    runs: usize,
}

/// Compares, prints a table, and says whether nothing got worse.
pub(crate) fn run(before: &[PathBuf], after: &[PathBuf]) -> anyhow::Result<bool> {
    let (before, after) = (read(before)?, read(after)?);
    let (table, fine) = compared(&before, &after)?;
    crate::print(&table);
    Ok(fine)
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Value>> {
    let one = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).with_context(|| format!("the report {}", file.display()))?;
        let report: Value = serde_json::from_str(&text).with_context(|| format!("the report {}", file.display()))?;
        ensure!(report["setting"].is_object(), "{} is no report of `handrail-load run`", file.display());
        ensure!(report["valid"] == true, "{} is not valid: {}", file.display(), report["invalid_because"]);
        Ok(report)
    };
    files.iter().map(one).collect()
}

fn compared(before: &[Value], after: &[Value]) -> anyhow::Result<(String, bool)> {
    let first = before.first().context("there is nothing to compare with")?;
    for other in before.iter().chain(after) {
        for what in SAME {
            let (one, two) = (&first["setting"][what], &other["setting"][what]);
            ensure!(one == two, "these runs are not alike: {what} was {one} in one and {two} in another");
        }
    }
    if before.iter().chain(after).any(|report| report["passed"] == false) {
        bail!("one of these runs failed: a promise that was not kept has no speed");
    }
    let mut table = format!("{:<32} {:>10} {:>10} {:>9}\n", "", "before", "after", "change");
    let mut fine = true;
    for (place, name) in MEASURES {
        let (Some(before), Some(after)) = (side(before, place), side(after, place)) else { continue };
        let (change, ratio) = judge(before, after);
        fine &= change != Change::Worse;
        let word = match change {
            Change::Better => "better",
            Change::Worse => "WORSE",
            Change::Noise => "noise",
        };
        let by = (ratio - 1.0) * 100.0;
        let _ = writeln!(table, "{name:<32} {:>10.2} {:>10.2} {by:>+8.1} % {word}", before.median, after.median);
    }
    if before.len().min(after.len()) < RUNS_LEAST {
        let _ = writeln!(
            table,
            "Fewer than {RUNS_LEAST} runs of a side: what is less than {:.0} % apart is called noise. Give more, with commas between.",
            NOISE_UNKNOWN * 100.0
        );
    }
    Ok((table, fine))
}

/// One measure over some runs; nothing, if one of them does not have it.
fn side(reports: &[Value], place: &str) -> Option<Side> {
    let mut all: Vec<f64> = reports.iter().map(|report| report.pointer(place)?.as_f64()).collect::<Option<_>>()?;
    all.sort_by(f64::total_cmp);
    let median = *all.get(all.len() / 2)?;
    let (least, most) = (*all.first()?, *all.last()?);
    Some(Side { median, spread: if median > 0.0 { (most - least) / median } else { 0.0 }, runs: all.len() })
}

/// What less or more means, and the ratio. Noise is what either side's own runs differ by, never less than a tenth, and half where there
/// are too few runs to tell.
fn judge(before: Side, after: Side) -> (Change, f64) {
    let ratio = if before.median > 0.0 { after.median / before.median } else { 1.0 };
    let least = if before.runs.min(after.runs) < RUNS_LEAST { NOISE_UNKNOWN } else { NOISE_LEAST };
    let noise = before.spread.max(after.spread).max(least);
    let change = if ratio > 1.0 + noise {
        Change::Worse
    } else if ratio < 1.0 / (1.0 + noise) {
        Change::Better
    } else {
        Change::Noise
    };
    (change, ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(p99: f64, cpu: f64) -> Value {
        let setting: serde_json::Map<String, Value> = SAME.iter().map(|what| ((*what).to_owned(), json!(1))).collect();
        json!({
            "valid": true, "passed": true, "setting": setting,
            "latency_ms": {"send_to_partner": {"p50": 2.0, "p99": p99, "p999": 9.0}},
            "server": {"cpu_us_per_message": cpu, "rss_mib": 200.0, "redis_cpu_us_per_message": null},
        })
    }

    #[test]
    fn a_change_is_told_with_its_size_and_small_ones_are_noise() {
        let three = |p99, cpu| [report(p99, cpu), report(p99, cpu), report(p99, cpu)];
        let (table, fine) = compared(&three(10.0, 1_000.0), &three(13.0, 800.0)).unwrap();
        assert!(!fine, "{table}");
        for line in ["+30.0 % WORSE", "-20.0 % better", "+0.0 % noise"] {
            assert!(table.contains(line), "{line}: {table}");
        }
        assert!(!table.contains("Redis"), "what neither measured is not told: {table}");
        assert!(compared(&three(10.0, 1_000.0), &three(10.9, 1_000.0)).unwrap().1, "nine in a hundred is noise");
        let (table, fine) = compared(&[report(10.0, 1_000.0)], &[report(14.0, 1_000.0)]).unwrap();
        assert!(fine && table.contains("Give more"), "one run does not know its own noise: {table}");
        assert!(!compared(&[report(10.0, 1_000.0)], &[report(16.0, 1_000.0)]).unwrap().1, "more than half is told");
    }

    #[test]
    fn of_several_runs_the_median_is_compared_and_their_spread_is_the_noise() {
        let before = [report(10.0, 1_000.0), report(14.0, 1_000.0), report(12.0, 1_000.0)];
        let after = |p99| [report(p99, 1_000.0), report(p99, 1_000.0), report(p99, 1_000.0)];
        let (table, fine) = compared(&before, &after(15.0)).unwrap();
        assert!(fine && table.contains("12.00      15.00    +25.0 % noise"), "{table}");
        let (_, fine) = compared(&before, &after(17.0)).unwrap();
        assert!(!fine, "more than their own spread is no noise");
    }

    #[test]
    fn runs_that_are_not_alike_or_failed_are_not_compared() {
        let mut other = report(10.0, 1_000.0);
        other["setting"]["rate"] = json!(500);
        let said = compared(&[report(10.0, 1_000.0)], &[other]).unwrap_err().to_string();
        assert!(said.contains("rate was 1 in one and 500 in another"), "{said}");
        let mut failed = report(10.0, 1_000.0);
        failed["passed"] = json!(false);
        assert!(compared(&[report(10.0, 1_000.0)], &[failed]).is_err());
        assert!(read(&["/nowhere.json".into()]).is_err());
    }
}
