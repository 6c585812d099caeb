//! What a run shows while it goes on: a bar on a terminal, a line every few seconds in a log. Everything here goes to stderr;
//! stdout is for the report.

use crate::bench::Bench;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often the bar moves.
const BAR_EVERY: Duration = Duration::from_millis(500);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The display of a run.
pub(crate) struct Progress {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Progress {
    pub(crate) fn start(bench: Arc<Bench>) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(show(bench, stopped)) }
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn show(bench: Arc<Bench>, mut stopped: oneshot::Receiver<()>) {
    let terminal = std::io::stderr().is_terminal();
    let bar = if terminal { ProgressBar::new(u64::from(bench.plan.count)) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {elapsed} {msg}") {
        bar.set_style(style);
    }
    let mut ticks = tokio::time::interval(if terminal { BAR_EVERY } else { LINE_EVERY });
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => break,
        }
        let (due, line) = state(&bench);
        bar.set_position(due);
        bar.set_message(line.clone());
        if !terminal && due > 0 {
            crate::say(&line);
        }
    }
    bar.finish_and_clear();
}

fn state(bench: &Bench) -> (u64, String) {
    let elapsed = bench.due(0).map_or(0.0, |from| Instant::now().saturating_duration_since(from).as_secs_f64());
    let due = ((elapsed * bench.plan.rate) as u64).min(u64::from(bench.plan.count));
    let ledger = bench.ledger();
    let partner = &ledger.meter.send_to_partner;
    let line = format!(
        "{due} of {} due, {} on their way; to partner p50 {:.1} p99 {:.1} ms, to queue p99 {:.1} ms; lag p99 {:.1} ms; faults {}",
        bench.plan.count,
        ledger.oracle.unsettled(),
        partner.ms_at(0.5),
        partner.ms_at(0.99),
        ledger.meter.hold_to_queue.ms_at(0.99),
        ledger.meter.lag.ms_at(0.99),
        ledger.oracle.faults().total(),
    );
    (due, line)
}
