//! The knee: the rate up to which the slowest of a hundred messages is quick enough. Each rate is a run of its own, on a server of its own, judged
//! by the same oracle; rates grow until one is too slow, and then the gap is halved.

use crate::args::{Cli, Knee, Run, Verb};
use crate::ground::{command, prepare_report, write_report};
use crate::proc;
use crate::report::Report;
use crate::run::measure;
use anyhow::{Context as _, bail};
use clap::Parser as _;
use serde::Serialize;

/// How much faster each rate is than the one before.
const FASTER: f64 = 1.5;
/// How often the gap between the last that was quick enough and the first that was not is halved.
const HALVINGS: usize = 3;
/// The fastest rate that is tried, in messages a second: beyond it the generator is what is measured.
const RATE_MAX: f64 = 20_000.0;

/// One rate that was tried.
#[derive(Debug, Clone, Serialize)]
struct Tried {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    server_cpu_us_per_message: Option<f64>,
    generator_cpu_share: f64,
    /// Sends that the server's own limits put off: then it is people who speak too fast, and not the server that is too slow.
    rate_limited: u64,
    kept_promises: bool,
    valid: bool,
    quick: bool,
}

#[derive(Debug, Serialize)]
struct Found {
    /// The fastest rate that was quick enough; nothing, if the first was not.
    knee: Option<f64>,
    max_p99_ms: f64,
    /// Whether the generator gave out before the server did: then the knee is at least that.
    generator_gave_out: bool,
    kept_promises: bool,
    machine: String,
    command: String,
    version: &'static str,
    tried: Vec<Tried>,
}

/// Looks for the knee. True when one was found and no promise was broken on the way.
pub(crate) async fn run(args: Knee) -> anyhow::Result<bool> {
    prepare_report(&args.json)?;
    let mut search = Search::new(args.from);
    let mut tried = Vec::new();
    while let Some(rate) = search.next() {
        let report = measure(&one(&args, rate)?).await?;
        let one = judged(rate, &report, args.max_p99_ms);
        crate::print(&line(&one));
        let enough = !one.valid || !one.kept_promises;
        search.saw(rate, one.quick && one.valid);
        tried.push(one);
        if enough {
            break;
        }
    }
    let kept_promises = tried.iter().all(|one| one.kept_promises);
    let found = Found {
        knee: search.knee(),
        max_p99_ms: args.max_p99_ms,
        generator_gave_out: tried.iter().any(|one| !one.valid),
        kept_promises,
        machine: proc::machine(),
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        tried,
    };
    write_report(&args.json, &found)?;
    let least = if found.generator_gave_out { "at least " } else { "" };
    match found.knee {
        Some(knee) => {
            crate::print(&format!("knee: {least}{knee:.0} messages/s with p99 under {} ms\n", found.max_p99_ms))
        }
        None => {
            crate::print(&format!("no knee: {} messages/s were too fast already; begin lower with --from\n", args.from))
        }
    }
    Ok(found.knee.is_some() && kept_promises)
}

/// The run of one rate, as its command line would have it.
fn one(args: &Knee, rate: f64) -> anyhow::Result<Run> {
    let file = args.json.with_extension(format!("{rate:.0}.json"));
    let file = file.to_str().context("the report's path is not UTF-8")?;
    let (step, warmup) = (args.step.as_millis(), args.step.as_millis() / 3);
    let line = format!(
        "handrail-load run --relationships {} --rate {rate:.2} --duration {step}ms --warmup {warmup}ms --json",
        args.relationships
    );
    let words = line.split_whitespace().chain([file]);
    match Cli::try_parse_from(words)?.verb {
        Verb::Run(run) => Ok(Run { on: args.on.clone(), ..*run }),
        Verb::Knee(_) | Verb::Floors(_) | Verb::Merge(_) | Verb::Storm(_) | Verb::Idle(_) | Verb::Compare(_) => {
            bail!("a run is a run")
        }
    }
}

fn judged(rate: f64, report: &Report, max_p99_ms: f64) -> Tried {
    let partner = &report.latency_ms.send_to_partner;
    Tried {
        rate,
        p50_ms: partner.p50,
        p99_ms: partner.p99,
        p999_ms: partner.p999,
        server_cpu_us_per_message: report.server.as_ref().map(|cost| cost.cpu_us_per_message),
        generator_cpu_share: report.generator.cpu_share,
        rate_limited: report.retried.get("rate_limited").copied().unwrap_or(0),
        kept_promises: report.passed,
        valid: report.valid,
        quick: partner.p99 <= max_p99_ms,
    }
}

fn line(one: &Tried) -> String {
    let cpu = one.server_cpu_us_per_message.map_or_else(String::new, |us| format!("   {us:.0} µs CPU a message"));
    let limited = match one.rate_limited {
        0 => String::new(),
        many => format!("   {many} put off by rate limits: give it more --relationships"),
    };
    let doubt = if one.valid { "" } else { "   NOT VALID: the generator gave out" };
    let broken = if one.kept_promises { "" } else { "   A PROMISE WAS BROKEN" };
    format!(
        "{:>8.0} messages/s   p50 {:>7.1}   p99 {:>7.1}   p99.9 {:>7.1} ms{cpu}{limited}{doubt}{broken}\n",
        one.rate, one.p50_ms, one.p99_ms, one.p999_ms
    )
}

/// Where the search is: the fastest rate that was quick enough, the slowest that was not, and how often the gap was halved.
#[derive(Debug)]
struct Search {
    from: f64,
    quick: Option<f64>,
    slow: Option<f64>,
    halved: usize,
}

impl Search {
    fn new(from: f64) -> Self {
        Self { from, quick: None, slow: None, halved: 0 }
    }

    /// The next rate to try; nothing, once enough is known.
    fn next(&self) -> Option<f64> {
        match (self.quick, self.slow) {
            (None, None) => Some(self.from),
            (None, Some(_)) => None,
            (Some(quick), None) => Some(quick * FASTER).filter(|rate| *rate <= RATE_MAX),
            (Some(quick), Some(slow)) => (self.halved < HALVINGS).then_some((quick + slow) / 2.0),
        }
    }

    fn saw(&mut self, rate: f64, quick: bool) {
        self.halved += usize::from(self.slow.is_some());
        if quick {
            self.quick = Some(rate);
        } else {
            self.slow = Some(rate);
        }
    }

    fn knee(&self) -> Option<f64> {
        self.quick
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: f64, really: f64) -> (Option<f64>, usize) {
        let mut search = Search::new(from);
        let mut tries = 0;
        while let Some(rate) = search.next() {
            search.saw(rate, rate <= really);
            tries += 1;
        }
        (search.knee(), tries)
    }

    #[test]
    fn the_knee_is_found_to_within_a_sixteenth_and_never_said_too_high() {
        for really in [250.0, 300.0, 1_000.0, 2_345.0, 9_999.0] {
            let (knee, tries) = found(250.0, really);
            let knee = knee.expect("a knee");
            assert!(knee <= really && knee >= really * 0.93 && tries <= 15, "{really}: {knee} after {tries}");
        }
        assert_eq!(found(250.0, 100.0), (None, 1), "too fast already");
        let (knee, tries) = found(250.0, f64::INFINITY);
        assert!(knee.is_some_and(|knee| knee <= RATE_MAX) && tries < 15, "it ends");
    }

    #[test]
    fn a_rate_is_a_run_like_any_other() {
        let line = "handrail-load knee --relationships 20 --step 6s --json k.json";
        let Verb::Knee(args) = Cli::try_parse_from(line.split_whitespace()).unwrap().verb else { panic!("a knee") };
        let run = one(&args, 375.0).unwrap();
        assert_eq!((run.counts().unwrap(), run.json.to_str()), ((750, 3_000), Some("k.375.json")));
    }
}
