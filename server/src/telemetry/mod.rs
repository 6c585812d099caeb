//! What the operator sees: log lines and numbers. Both are closed lists or short words; no message's text, no name, no token and
//! no id of a person is ever given to either. The numbers live in memory and are written in Prometheus' text form when asked.

pub mod traces;

use crate::config::{LogFormat, LogLevel};
use handrail_domain::refusal::Code;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use traces::Traces;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt as lines, reload};

/// The `Content-Type` of [`Metrics::render`].
pub const METRICS_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Starts to write log lines to the standard error output. Call it once. The answer changes the level later.
pub fn start_log(format: LogFormat, level: LogLevel) -> Result<LogHandle, TryInitError> {
    start_log_and_traces(format, level, None)
}

/// The same, and makes spans if there is somewhere to send them.
pub fn start_log_and_traces(
    format: LogFormat,
    level: LogLevel,
    traces: Option<&Traces>,
) -> Result<LogHandle, TryInitError> {
    let (filter, handle) = reload::Layer::new(targets(level));
    let ansi = std::io::stderr().is_terminal();
    let layer = match format {
        LogFormat::Text => lines::layer().with_writer(std::io::stderr).with_ansi(ansi).with_target(false).boxed(),
        LogFormat::Json => lines::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
    };
    let spans = traces.map(|traces| {
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer());
        let plain = layer.with_location(false).with_threads(false).with_target(false).with_level(false);
        plain
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(traces::TARGET, tracing::Level::INFO))
    });
    let registry = tracing_subscriber::registry().with(layer.with_filter(filter));
    // A layer that is not there would still ask for every span.
    match spans {
        Some(spans) => registry.with(spans).try_init()?,
        None => registry.try_init()?,
    }
    Ok(LogHandle(handle))
}

/// Changes the level of a log that is being written.
#[derive(Debug, Clone)]
pub struct LogHandle(reload::Handle<Targets, Registry>);

impl LogHandle {
    /// From now on, lines of this level and above.
    pub fn set_level(&self, level: LogLevel) {
        // It fails only when the log is gone, and then there is nothing to change.
        let _ = self.0.reload(targets(level));
    }
}

/// Our own lines at the level that was asked for; those of libraries only when they warn: theirs may quote what they read.
fn targets(level: LogLevel) -> Targets {
    use tracing::Level;
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    Targets::new().with_default(level.min(Level::WARN)).with_target("handrail", level)
}

macro_rules! named {
    ($(#[$outer:meta])* $kind:ident { $($(#[$doc:meta])* $name:ident $metric:literal $help:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind { $($(#[$doc])* $name,)* }

        impl $kind {
            const ALL: &'static [($kind, &'static str, &'static str)] = &[$(($kind::$name, $metric, $help),)*];
        }
    };
}

named! {
    /// What is counted.
    Counter {
        /// A connection was accepted.
        Connections "handrail_connections_total" "Connections accepted.";
        /// A connection was turned away at the door.
        TurnedAway "handrail_connections_turned_away_total" "Connections refused at the door, for want of room or over the limit of their address.";
        /// A frame came from a client.
        FramesIn "handrail_frames_in_total" "Frames from clients.";
        /// A frame went to a client.
        FramesOut "handrail_frames_out_total" "Frames to clients.";
        /// A message was delivered, at once or after a decision.
        Delivered "handrail_messages_delivered_total" "Messages delivered.";
        /// A message was held.
        Held "handrail_messages_held_total" "Messages held for a supervisor.";
        /// A supervisor decided.
        Decided "handrail_items_decided_total" "Decisions made on held messages.";
        /// The filter failed or was late, so a message was held.
        FilterFailed "handrail_filter_failures_total" "Messages held because the filter failed or was late.";
        /// A connection fell behind and was paged from the log.
        CatchUps "handrail_catch_ups_total" "Pages read from the log for connections that had fallen behind.";
        /// A connection went on where an earlier one broke off.
        Resumes "handrail_resumes_total" "Connections that went on where an earlier one broke off.";
        /// A phone's push service took a notification.
        Pushed "handrail_pushes_total" "Notifications that a push service took.";
        /// A push service did not.
        PushesFailed "handrail_pushes_failed_total" "Tries of notifications that no push service took.";
        /// No certificate could be had from the authority.
        OrdersFailed "handrail_certificate_orders_failed_total" "Orders of a certificate that failed, so that the old one stayed in use.";
        /// A rule set or a certificate could not be loaded again, and the old one stayed.
        ReloadsFailed "handrail_reloads_failed_total" "Reloads that failed, so that the old state stayed in use.";
    }
}

named! {
    /// What has a level.
    Gauge {
        /// Open sockets.
        Sockets "handrail_sockets" "Open WebSockets.";
        /// Sends that wait for the writer.
        WriterQueue "handrail_writer_queue" "Acts waiting for the store's writer.";
        /// Sockets that watch a queue.
        Watchers "handrail_watchers" "Sockets on which a supervisor watches a queue.";
        /// 1 when Redis is used and in reach, 0 when it is used and out of reach, -1 when it is not used.
        Redis "handrail_redis_up" "1 when Redis is in reach, 0 when it is not, -1 when none is used.";
        /// Days until the certificate in use ends; a hundred years while the server has none.
        CertificateDays "handrail_certificate_days" "Days until the TLS certificate in use ends; 36500 when none is used.";
    }
}

named! {
    /// What takes time.
    Timing {
        /// One commit of the store's writer.
        Commit "handrail_commit_seconds" "Time of one group commit, with its fsync.";
        /// From queueing an act until the writer ran it.
        WriterWait "handrail_writer_wait_seconds" "Time an act waited for the store's writer.";
        /// One verdict of the filter.
        Filter "handrail_filter_seconds" "Time of one verdict of the filter.";
        /// From the moment a message was held until it was handed to a watching supervisor's connection.
        HoldToScreen "handrail_hold_to_screen_seconds" "Time from holding a message to a watching supervisor's connection.";
        /// From a send's arrival until its answer was queued.
        SendToOk "handrail_send_to_ok_seconds" "Time from a send's arrival to its answer.";
    }
}

/// What is told of a certificate where there is none: nobody is alarmed.
const NO_CERTIFICATE_DAYS: i64 = 36_500;

/// The upper bounds of the histograms' buckets, in nanoseconds, with the same in seconds as Prometheus wants it.
const BUCKETS: [(u64, &str); 14] = [
    (2_000, "0.000002"),
    (5_000, "0.000005"),
    (10_000, "0.00001"),
    (50_000, "0.00005"),
    (200_000, "0.0002"),
    (1_000_000, "0.001"),
    (2_000_000, "0.002"),
    (5_000_000, "0.005"),
    (10_000_000, "0.01"),
    (25_000_000, "0.025"),
    (50_000_000, "0.05"),
    (100_000_000, "0.1"),
    (500_000_000, "0.5"),
    (2_500_000_000, "2.5"),
];

/// The numbers of this process.
#[derive(Debug)]
pub struct Metrics {
    counters: [AtomicU64; Counter::ALL.len()],
    gauges: [AtomicI64; Gauge::ALL.len()],
    timings: [Histogram; Timing::ALL.len()],
    refused: [AtomicU64; Code::ALL.len()],
}

#[derive(Debug, Default)]
struct Histogram {
    /// How many fell into each bucket, and one more for those beyond the last.
    counts: [AtomicU64; BUCKETS.len() + 1],
    sum_ns: AtomicU64,
}

/// Says in the log that a route refused somebody, for want of a sign-in, of a right, or of patience: at most once a second, with how
/// many there were, so that nobody fills a disk by knocking. Who it was stands in the record where they signed in.
pub fn refused(status: u16, route: &str) {
    static UNSAID: AtomicU64 = AtomicU64::new(0);
    static SAID_AT: AtomicI64 = AtomicI64::new(0);
    let many = UNSAID.fetch_add(1, Ordering::Relaxed) + 1;
    let second = crate::fresh::now().0 / 1_000;
    if SAID_AT.swap(second, Ordering::Relaxed) != second {
        UNSAID.store(0, Ordering::Relaxed);
        tracing::warn!(status, route, many, "refused");
    }
}

/// Days until the certificate in use ends; nothing, where the server has none.
pub fn certificate_days() -> Option<i64> {
    Some(metrics().level(Gauge::CertificateDays)).filter(|days| *days != NO_CERTIFICATE_DAYS)
}

/// The numbers that the whole process shares.
pub fn metrics() -> &'static Arc<Metrics> {
    static METRICS: OnceLock<Arc<Metrics>> = OnceLock::new();
    METRICS.get_or_init(Arc::default)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at nothing.
    pub fn new() -> Self {
        let metrics = Self {
            counters: Default::default(),
            gauges: Default::default(),
            timings: Default::default(),
            refused: std::array::from_fn(|_| AtomicU64::new(0)),
        };
        metrics.set(Gauge::Redis, -1);
        metrics.set(Gauge::CertificateDays, NO_CERTIFICATE_DAYS);
        metrics
    }

    /// One more.
    pub fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// So many more.
    pub fn add(&self, counter: Counter, many: u64) {
        self.counters[counter as usize].fetch_add(many, Ordering::Relaxed);
    }

    /// The level is this.
    pub fn set(&self, gauge: Gauge, level: i64) {
        self.gauges[gauge as usize].store(level, Ordering::Relaxed);
    }

    /// The level rises, or falls, by so much.
    pub fn shift(&self, gauge: Gauge, by: i64) {
        self.gauges[gauge as usize].fetch_add(by, Ordering::Relaxed);
    }

    /// It took so long.
    pub fn observe(&self, timing: Timing, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let histogram = &self.timings[timing as usize];
        let bucket = BUCKETS.iter().position(|(bound, _)| ns <= *bound).unwrap_or(BUCKETS.len());
        histogram.counts[bucket].fetch_add(1, Ordering::Relaxed);
        histogram.sum_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// A request was refused.
    pub fn refuse(&self, code: Code) {
        self.refused[code as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far, for the health page and tests.
    pub fn total(&self, counter: Counter) -> u64 {
        self.counters[counter as usize].load(Ordering::Relaxed)
    }

    /// The level now, for the health page and tests.
    pub fn level(&self, gauge: Gauge) -> i64 {
        self.gauges[gauge as usize].load(Ordering::Relaxed)
    }

    /// All numbers in Prometheus' text form.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        for (counter, name, help) in Counter::ALL {
            head(&mut out, name, help, "counter");
            sample(&mut out, name, "", self.total(*counter));
        }
        for (gauge, name, help) in Gauge::ALL {
            head(&mut out, name, help, "gauge");
            sample(&mut out, name, "", self.level(*gauge));
        }
        let refused = "handrail_refused_total";
        head(&mut out, refused, "Requests refused, by code.", "counter");
        for code in Code::ALL {
            let many = self.refused[*code as usize].load(Ordering::Relaxed);
            sample(&mut out, refused, &format!("{{code=\"{}\"}}", code.as_str()), many);
        }
        for (timing, name, help) in Timing::ALL {
            head(&mut out, name, help, "histogram");
            self.timings[*timing as usize].render(&mut out, name);
        }
        out
    }
}

impl Histogram {
    fn render(&self, out: &mut String, name: &str) {
        let bucket = format!("{name}_bucket");
        let mut so_far = 0;
        for ((_, bound), count) in BUCKETS.iter().zip(&self.counts) {
            so_far += count.load(Ordering::Relaxed);
            sample(out, &bucket, &format!("{{le=\"{bound}\"}}"), so_far);
        }
        so_far += self.counts[BUCKETS.len()].load(Ordering::Relaxed);
        sample(out, &bucket, "{le=\"+Inf\"}", so_far);
        let sum_ns = self.sum_ns.load(Ordering::Relaxed);
        sample(
            out,
            &format!("{name}_sum"),
            "",
            format_args!("{}.{:09}", sum_ns / 1_000_000_000, sum_ns % 1_000_000_000),
        );
        sample(out, &format!("{name}_count"), "", so_far);
    }
}

/// Writes one number, or one a label, in Prometheus' text form: for what is asked for as it is wanted.
pub fn numbers(out: &mut String, name: &str, help: &str, kind: &str, rows: impl IntoIterator<Item = (String, f64)>) {
    head(out, name, help, kind);
    for (labels, value) in rows {
        sample(out, name, &labels, value);
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{name}{labels} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_written_as_prometheus_reads_them() {
        let metrics = Metrics::new();
        metrics.count(Counter::Delivered);
        metrics.add(Counter::Delivered, 2);
        metrics.shift(Gauge::Sockets, 5);
        metrics.shift(Gauge::Sockets, -1);
        metrics.refuse(Code::RateLimited);
        metrics.observe(Timing::Commit, Duration::from_micros(1_500));
        metrics.observe(Timing::Commit, Duration::from_secs(60));
        let text = metrics.render();
        for line in [
            "# TYPE handrail_messages_delivered_total counter",
            "handrail_messages_delivered_total 3",
            "handrail_sockets 4",
            "handrail_redis_up -1",
            "handrail_refused_total{code=\"rate_limited\"} 1",
            "handrail_refused_total{code=\"internal\"} 0",
            "handrail_commit_seconds_bucket{le=\"0.001\"} 0",
            "handrail_commit_seconds_bucket{le=\"0.002\"} 1",
            "handrail_commit_seconds_bucket{le=\"+Inf\"} 2",
            "handrail_commit_seconds_sum 60.001500000",
            "handrail_commit_seconds_count 2",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn every_number_has_a_name_of_its_own_and_every_code_its_place() {
        let text = Metrics::new().render();
        let mut names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let many = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), many);
        let metrics = Metrics::new();
        for code in Code::ALL {
            metrics.refuse(*code);
        }
        assert_eq!(metrics.render().matches("\"} 1\n").count(), Code::ALL.len());
    }

    #[test]
    fn the_buckets_rise_and_say_what_they_are() {
        for ((ns, seconds), (next, _)) in BUCKETS.iter().zip(&BUCKETS[1..]) {
            assert!(ns < next);
            assert!((seconds.parse::<f64>().unwrap() - *ns as f64 / 1e9).abs() < 1e-12, "{seconds}");
        }
    }

    #[test]
    fn libraries_are_heard_only_when_they_warn() {
        let all = targets(LogLevel::Trace);
        assert!(all.would_enable("handrail::gateway", &tracing::Level::TRACE));
        assert!(all.would_enable("hyper", &tracing::Level::WARN));
        assert!(!all.would_enable("tungstenite::protocol", &tracing::Level::TRACE));
        assert!(!targets(LogLevel::Error).would_enable("hyper", &tracing::Level::WARN));
        assert!(!targets(LogLevel::Info).would_enable("handrail", &tracing::Level::DEBUG));
    }

    /// A log can be started once in a process, so this test runs itself again, alone, for each form.
    #[test]
    fn a_log_that_is_no_terminal_has_no_colours_and_json_lines_are_json() {
        const INSIDE: &str = "HANDRAIL_TEST_LOG";
        if let Ok(format) = std::env::var(INSIDE) {
            let format = if format == "json" { LogFormat::Json } else { LogFormat::Text };
            let handle = start_log(format, LogLevel::Warn).unwrap();
            tracing::info!("too quiet");
            handle.set_level(LogLevel::Info);
            return tracing::info!(sockets = 3, "loud enough");
        }
        let run = |format: &str| {
            let name = "telemetry::tests::a_log_that_is_no_terminal_has_no_colours_and_json_lines_are_json";
            let this = std::env::current_exe().unwrap();
            let ran =
                std::process::Command::new(this).args(["--exact", name, "--nocapture"]).env(INSIDE, format).output();
            String::from_utf8(ran.unwrap().stderr).unwrap()
        };
        let text = run("text");
        assert!(
            text.contains("loud enough sockets=3") && !text.contains("too quiet") && !text.contains('\u{1b}'),
            "{text}"
        );
        let json = run("json");
        let line: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!((&line["message"], &line["sockets"]), (&"loud enough".into(), &3.into()));
    }
}
