//! The report of a run: for people on the screen, for programs as JSON. The keys of the JSON are a contract: more may be
//! added, none may go. It holds ids and numbers, never a text, a name or a token.

use crate::meter::{Distributions, Meter, Point, Quantiles};
use crate::oracle::{Kind, Verdict};
use crate::timeline::{Sample, growth_mib_an_hour};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// The lag above which the generator, not the server, made the latencies.
pub(crate) const LAG_MAX_MS: f64 = 20.0;
/// The share of the machine above which the generator took what the server needed.
pub(crate) const GENERATOR_SHARE_MAX: f64 = 0.7;

/// The three latencies, from the intended send time.
#[derive(Debug, Clone, Serialize)]
pub struct Latencies {
    /// To the partner's socket, of messages delivered at once.
    pub send_to_partner: Quantiles,
    /// To the sender's `ok`.
    pub send_to_ok: Quantiles,
    /// To a watching supervisor's socket, of messages that were held.
    pub hold_to_queue: Quantiles,
}

/// What the server cost: all nodes together.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ServerCost {
    /// CPU time for each message of the measured window, in microseconds.
    pub cpu_us_per_message: f64,
    /// Resident memory at its end.
    pub rss_mib: f64,
    /// The same CPU time for Redis, where there is one on this machine.
    pub redis_cpu_us_per_message: Option<f64>,
    /// The same for the PostgreSQL that the run started.
    pub postgres_cpu_us_per_message: Option<f64>,
}

/// What the generator cost, and how punctual it was.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GeneratorCost {
    /// Its share of all cores, 0 to 1, in the measured window.
    pub cpu_share: f64,
    /// How late it took up a message that was due.
    pub lag_ms_p99: f64,
}

/// What was run, and on what.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Setting {
    pub command: String,
    pub version: &'static str,
    pub machine: String,
    pub data_file_system: Option<String>,
    pub seed: u64,
    pub relationships: usize,
    pub people: usize,
    pub supervisors: usize,
    pub nodes: usize,
    pub rate: f64,
    pub warmup_s: f64,
    pub duration_s: f64,
    pub unsafe_share: f64,
    pub starts_ms: Vec<u64>,
    pub kills: u64,
}

/// All that a run found out.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names are the report's contract; what they count is said in `Verdict`")]
pub struct Report {
    pub sent: u64,
    pub acknowledged: u64,
    pub delivered: u64,
    pub held: u64,
    pub decided: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub disordered: u64,
    #[serde(rename = "unsafe")]
    pub unsafe_shown: u64,
    pub decided_twice: u64,
    pub errors: u64,
    pub latency_ms: Latencies,
    pub server: Option<ServerCost>,
    pub generator: GeneratorCost,
    pub valid: bool,
    pub invalid_because: Vec<String>,
    pub passed: bool,
    pub failed_because: Vec<String>,
    pub held_everyday: u64,
    pub open: u64,
    pub refused: u64,
    pub unanswered: u64,
    pub reconnects: u64,
    pub resets: u64,
    pub errors_by_name: BTreeMap<String, u64>,
    pub retried: BTreeMap<String, u64>,
    pub races: BTreeMap<&'static str, u64>,
    pub faults: BTreeMap<&'static str, u64>,
    pub fault_examples: Vec<String>,
    pub setting: Setting,
    pub curve: Vec<Point>,
    pub timeline: Vec<Sample>,
    pub marks_s: Vec<f64>,
    pub growth_mib_an_hour: Option<f64>,
    pub slow_cut_off: u64,
    pub attacks: u64,
    pub distributions: Distributions,
    /// What the check of the record said after the run, where the test started the servers and all was well.
    pub audited: Option<String>,
}

/// What else a run is judged by.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The threshold of the 99th percentile to the partner, if one was given.
    pub max_p99_ms: Option<f64>,
    /// The same of the 99.9th.
    pub max_p999_ms: Option<f64>,
    /// The same of the 99th percentile to a watching supervisor.
    pub max_hold_p99_ms: Option<f64>,
    /// The most processor time that the servers may spend on a message, in microseconds.
    pub max_cpu_us: Option<f64>,
    /// The most by which the servers' memory may grow, in MiB an hour.
    pub max_growth_mib: Option<f64>,
    /// The run step by step.
    pub timeline: Vec<Sample>,
    /// Slow devices that the server cut off, and attacks that were carried out.
    pub cut_off: u64,
    /// See `cut_off`.
    pub attacks: u64,
    /// When the run did something to the servers, in seconds since the first message was due.
    pub marks_s: Vec<f64>,
    /// What went wrong outside the promises, such as a server that did not stop.
    pub failures: Vec<String>,
    /// What the check of the record said, if all was well.
    pub audited: Option<String>,
    /// Why the measurement is not to be trusted.
    pub doubts: Vec<String>,
}

impl Judged {
    /// The thresholds that were passed, in words. What was not measured passes none.
    fn over(&self, latency: &Latencies, server: Option<&ServerCost>, growth: Option<f64>) -> Vec<String> {
        let cpu = server.map_or(0.0, |server| server.cpu_us_per_message);
        let measured = [
            ("send to partner p99", latency.send_to_partner.p99, self.max_p99_ms, "ms"),
            ("send to partner p99.9", latency.send_to_partner.p999, self.max_p999_ms, "ms"),
            ("hold to queue p99", latency.hold_to_queue.p99, self.max_hold_p99_ms, "ms"),
            ("processor time a message", cpu, self.max_cpu_us, "µs"),
            ("memory grows by", growth.unwrap_or(0.0), self.max_growth_mib, "MiB an hour"),
        ];
        let over = |(what, found, most, unit): (&str, f64, Option<f64>, &str)| {
            let most = most.filter(|most| found > *most)?;
            Some(format!("{what} {found:.1} {unit} is above the {most} {unit} that were asked for"))
        };
        measured.into_iter().filter_map(over).collect()
    }
}

impl Report {
    /// Puts it together, and says whether the run passed.
    pub fn new(
        verdict: Verdict,
        meter: &Meter,
        server: Option<ServerCost>,
        cpu_share: f64,
        setting: Setting,
        judged: Judged,
    ) -> Self {
        let of = |kind| verdict.faults.of(kind);
        let latency_ms = Latencies {
            send_to_partner: meter.send_to_partner.quantiles(),
            send_to_ok: meter.send_to_ok.quantiles(),
            hold_to_queue: meter.hold_to_queue.quantiles(),
        };
        let generator = GeneratorCost { cpu_share, lag_ms_p99: meter.lag.ms_at(0.99) };
        let (timeline, marks_s) = (judged.timeline.clone(), judged.marks_s.clone());
        let growth = growth_mib_an_hour(&timeline);
        let over = judged.over(&latency_ms, server.as_ref(), growth);
        let invalid_because = doubts(&generator, judged.doubts);
        let (slow_cut_off, attacks) = (judged.cut_off, judged.attacks);
        let mut failed_because = failures(&verdict, judged.failures);
        failed_because.extend(over);
        Self {
            sent: verdict.sent,
            acknowledged: verdict.acknowledged,
            delivered: verdict.delivered,
            held: verdict.held,
            decided: verdict.decided,
            lost: of(Kind::Lost),
            duplicated: of(Kind::Duplicated),
            disordered: of(Kind::Disordered),
            unsafe_shown: of(Kind::Unsafe),
            decided_twice: of(Kind::DecidedTwice),
            errors: meter.errors.values().sum::<u64>() + verdict.unanswered,
            latency_ms,
            server,
            generator,
            valid: invalid_because.is_empty(),
            invalid_because,
            passed: failed_because.is_empty(),
            failed_because,
            held_everyday: verdict.held_everyday,
            open: verdict.open,
            refused: verdict.refused,
            unanswered: verdict.unanswered,
            reconnects: meter.reconnects,
            resets: verdict.resets,
            errors_by_name: meter.errors.clone(),
            retried: meter.retried.clone(),
            races: meter.races.clone(),
            faults: verdict.faults.counts().iter().map(|(wrong, count)| (wrong.words(), *count)).collect(),
            fault_examples: verdict.faults.examples.iter().map(ToString::to_string).collect(),
            setting,
            curve: meter.send_to_partner.curve(),
            timeline,
            marks_s,
            growth_mib_an_hour: growth,
            slow_cut_off,
            attacks,
            distributions: meter.distributions(),
            audited: judged.audited,
        }
    }
}

fn doubts(generator: &GeneratorCost, mut doubts: Vec<String>) -> Vec<String> {
    if generator.lag_ms_p99 > LAG_MAX_MS {
        let lag = generator.lag_ms_p99;
        doubts.push(format!("the generator was late itself: lag p99 {lag:.1} ms, at most {LAG_MAX_MS} ms is trusted"));
    }
    if generator.cpu_share > GENERATOR_SHARE_MAX {
        let share = generator.cpu_share * 100.0;
        doubts.push(format!(
            "the generator took {share:.0} % of the machine: lower --rate, or run it on another machine"
        ));
    }
    doubts
}

fn failures(verdict: &Verdict, mut failures: Vec<String>) -> Vec<String> {
    let counts = [
        (verdict.faults.of(Kind::Lost), "lost"),
        (verdict.faults.of(Kind::Duplicated), "duplicated"),
        (verdict.faults.of(Kind::Disordered), "out of order"),
        (verdict.faults.of(Kind::Unsafe), "unsafe"),
        (verdict.faults.of(Kind::DecidedTwice), "decided twice"),
        (verdict.refused, "refused"),
        (verdict.unanswered, "never answered"),
    ];
    failures.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    if verdict.sent == 0 {
        failures.push("nothing was sent".to_owned());
    }
    failures
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setting = &self.setting;
        writeln!(
            f,
            "{} relationships, {} people, {} supervisors; {} messages/s for {} s after {} s of warm-up",
            setting.relationships,
            setting.people,
            setting.supervisors,
            setting.rate,
            setting.duration_s,
            setting.warmup_s
        )?;
        writeln!(
            f,
            "{}; data on {}",
            setting.machine,
            setting.data_file_system.as_deref().unwrap_or("another machine")
        )?;
        writeln!(
            f,
            "\nlatency from the intended send time, ms   p50      p90      p99    p99.9   p99.99      max   count"
        )?;
        let latency = &self.latency_ms;
        row(f, "send to partner", &latency.send_to_partner)?;
        row(f, "send to ok", &latency.send_to_ok)?;
        row(f, "hold to queue", &latency.hold_to_queue)?;
        writeln!(
            f,
            "\nsent {}   acknowledged {}   delivered {}   held {} ({} everyday)   decided {}   still open {}",
            self.sent, self.acknowledged, self.delivered, self.held, self.held_everyday, self.decided, self.open
        )?;
        writeln!(
            f,
            "lost {}   duplicated {}   out of order {}   unsafe {}   decided twice {}   errors {}",
            self.lost, self.duplicated, self.disordered, self.unsafe_shown, self.decided_twice, self.errors
        )?;
        self.costs(f)?;
        for (title, counts) in [("lost races", &self.races), ("faults", &self.faults)] {
            listed(f, title, counts.iter().map(|(name, count)| (*name, *count)))?;
        }
        for (title, counts) in [("asked again", &self.retried), ("errors", &self.errors_by_name)] {
            listed(f, title, counts.iter().map(|(name, count)| (name.as_str(), *count)))?;
        }
        for example in &self.fault_examples {
            writeln!(f, "  {example}")?;
        }
        if let Some(audited) = &self.audited {
            writeln!(f, "{audited}")?;
        }
        for doubt in &self.invalid_because {
            writeln!(f, "NOT VALID: {doubt}")?;
        }
        match self.failed_because.as_slice() {
            [] => writeln!(f, "PASSED"),
            reasons => writeln!(f, "FAILED: {}", reasons.join("; ")),
        }
    }
}

impl Report {
    fn costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(server) = &self.server {
            let nodes = if self.setting.nodes > 1 { format!("{} nodes", self.setting.nodes) } else { "server".into() };
            write!(f, "{nodes} {:.0} µs CPU a message, {:.1} MiB", server.cpu_us_per_message, server.rss_mib)?;
            for (name, cost) in
                [("Redis", server.redis_cpu_us_per_message), ("PostgreSQL", server.postgres_cpu_us_per_message)]
            {
                cost.map_or(Ok(()), |cost| write!(f, "; {name} {cost:.0} µs"))?;
            }
            f.write_str("   ")?;
        }
        let (generator, starts) = (&self.generator, &self.setting.starts_ms);
        write!(
            f,
            "generator {:.0} % of the machine, lag p99 {:.1} ms",
            generator.cpu_share * 100.0,
            generator.lag_ms_p99
        )?;
        if !starts.is_empty() {
            write!(f, "   ready in {starts:?} ms")?;
        }
        if self.setting.kills > 0 || self.reconnects > 0 {
            write!(f, "   kills {}   sockets opened again {}", self.setting.kills, self.reconnects)?;
        }
        if self.slow_cut_off > 0 || self.attacks > 0 {
            write!(f, "   slow devices cut off {}   attacks {}", self.slow_cut_off, self.attacks)?;
        }
        f.write_char('\n')
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, times: &Quantiles) -> fmt::Result {
    let Quantiles { p50, p90, p99, p999, p9999, max, count } = times;
    writeln!(f, "{name:<36} {p50:>8.2} {p90:>8.2} {p99:>8.2} {p999:>8.2} {p9999:>8.2} {max:>8.2} {count:>7}")
}

fn listed<'a>(f: &mut fmt::Formatter<'_>, title: &str, counts: impl Iterator<Item = (&'a str, u64)>) -> fmt::Result {
    let all: Vec<String> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if all.is_empty() { Ok(()) } else { writeln!(f, "{title}: {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn setting() -> Setting {
        Setting {
            command: "handrail-load run".into(),
            version: "0",
            machine: "2 cores".into(),
            data_file_system: None,
            seed: 1,
            relationships: 1,
            people: 2,
            supervisors: 2,
            nodes: 1,
            rate: 1.0,
            warmup_s: 0.0,
            duration_s: 1.0,
            unsafe_share: 0.02,
            starts_ms: Vec::new(),
            kills: 0,
        }
    }

    fn report(verdict: Verdict, judged: Judged) -> Report {
        let mut meter = Meter::default();
        meter.send_to_partner.add(Duration::from_millis(40));
        Report::new(verdict, &meter, None, 0.1, setting(), judged)
    }

    fn good() -> Verdict {
        Verdict { sent: 3, acknowledged: 3, delivered: 3, ..Verdict::default() }
    }

    #[test]
    fn the_json_has_every_key_of_the_contract() {
        let json = serde_json::to_value(report(good(), Judged::default())).unwrap();
        let keys = "sent acknowledged delivered held decided lost duplicated disordered unsafe errors latency_ms server generator valid";
        for key in keys.split(' ') {
            assert!(json.get(key).is_some(), "{key}");
        }
        for latency in ["send_to_partner", "send_to_ok", "hold_to_queue"] {
            for quantile in ["p50", "p90", "p99", "p999", "p9999", "max"] {
                assert!(json["latency_ms"][latency][quantile].is_f64(), "{latency} {quantile}");
            }
        }
        assert!(json["server"].is_null());
        assert!(json["generator"]["cpu_share"].is_f64() && json["generator"]["lag_ms_p99"].is_f64());
        assert_eq!(json["valid"], true);
    }

    #[test]
    fn a_run_whose_memory_grows_too_fast_fails_and_its_page_shows_it_step_by_step() {
        let grows =
            |at: i32| crate::timeline::tests::sample_at(f64::from(at) * 36.0, 40.0, 100.0 + f64::from(at) * 0.05);
        let timeline: Vec<Sample> = (0..100).map(grows).collect();
        let judged = Judged { max_growth_mib: Some(1.0), timeline, marks_s: vec![1_800.0], ..Judged::default() };
        let report = report(good(), judged);
        assert!(!report.passed && report.failed_because[0].contains("memory grows by 5.0 MiB an hour"), "{report}");
        let page = crate::page::page(&report);
        assert!(page.contains("<svg") && page.contains("class=\"mark\"") && page.contains("memory grows by"), "{page}");
        for elsewhere in ["http", "<script", "src=", "url("] {
            assert!(!page.contains(elsewhere), "the page needs nothing else: {elsewhere}");
        }
    }

    #[test]
    fn what_a_server_cost_is_in_the_json_too() {
        let cost = ServerCost {
            cpu_us_per_message: 170.0,
            rss_mib: 30.0,
            redis_cpu_us_per_message: None,
            postgres_cpu_us_per_message: None,
        };
        let report = Report::new(good(), &Meter::default(), Some(cost), 0.1, setting(), Judged::default());
        let json = serde_json::to_value(report).unwrap();
        assert!(json["server"]["cpu_us_per_message"].is_f64() && json["server"]["rss_mib"].is_f64());
    }

    #[test]
    fn a_run_passes_when_nothing_is_wrong_and_fails_with_its_reasons() {
        assert!(report(good(), Judged::default()).passed);
        let judged = Judged { max_p99_ms: Some(39.0), ..Judged::default() };
        let late = report(good(), judged);
        assert!(!late.passed && late.failed_because[0].contains("above the 39 ms"), "{late}");
        let verdict = Verdict { unanswered: 2, ..good() };
        let silent = report(verdict, Judged::default());
        assert_eq!((silent.failed_because.as_slice(), silent.errors), (&["2 never answered".to_owned()][..], 2));
        assert!(!report(Verdict::default(), Judged::default()).passed, "a run that sent nothing proves nothing");
        let slow =
            Judged { max_p999_ms: Some(1.0), max_hold_p99_ms: Some(1.0), max_cpu_us: Some(1.0), ..Judged::default() };
        assert_eq!(report(good(), slow).failed_because.len(), 1, "what was not measured is not over");
        let judged = Judged { failures: vec!["the server did not stop".into()], ..Judged::default() };
        assert!(report(good(), judged).to_string().ends_with("FAILED: the server did not stop\n"));
    }

    #[test]
    fn a_late_or_greedy_generator_makes_a_run_invalid_and_not_failed() {
        let mut meter = Meter::default();
        (0..100).for_each(|_| meter.lag.add(Duration::from_millis(25)));
        let late = Report::new(good(), &meter, None, 0.9, setting(), Judged::default());
        assert!(!late.valid && late.passed);
        assert_eq!(late.invalid_because.len(), 2, "{:?}", late.invalid_because);
    }
}
