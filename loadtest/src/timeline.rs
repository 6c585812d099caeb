//! A run as it went, step by step: what a mean and a percentile over the whole hide. The steps are read beside the run and change nothing
//! in it.

use crate::bench::Bench;
use crate::proc;
use crate::run::{Measured, Reading};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The shortest step.
const STEP_LEAST: Duration = Duration::from_secs(1);
/// Steps of the longest run: a page draws no more.
const STEPS_MAX: u32 = 600;

/// How long the second half of a run must last before its growth is told, in seconds: what fills up at the beginning is not growth.
const GROWTH_LEAST_S: f64 = 300.0;

/// One step of a run. Latencies are of what arrived in it, in milliseconds; nothing, where nothing did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Sample {
    /// Since the first message was due, warm-up included.
    pub at_s: f64,
    pub delivered_a_second: f64,
    pub send_to_partner_p50: Option<f64>,
    pub send_to_partner_p99: Option<f64>,
    pub hold_to_queue_p99: Option<f64>,
    /// Messages whose end is not known yet.
    pub on_their_way: u64,
    /// Of one core; several nodes together.
    pub server_cpu: Option<f64>,
    pub redis_cpu: Option<f64>,
    pub postgres_cpu: Option<f64>,
    pub generator_cpu: f64,
    pub server_rss_mib: Option<f64>,
    /// Without the pages of the program's file, which come and go.
    pub server_anonymous_mib: Option<f64>,
}

/// What reads the steps.
pub(crate) struct Recorder {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Vec<Sample>>,
}

impl Recorder {
    pub(crate) fn start(bench: Arc<Bench>, measured: Measured, length: Duration) -> Self {
        let (stop, stopped) = oneshot::channel();
        let step = (length / STEPS_MAX).max(STEP_LEAST);
        Self { stop, task: tokio::spawn(record(bench, measured, step, stopped)) }
    }

    pub(crate) async fn stop(self) -> Vec<Sample> {
        let _ = self.stop.send(());
        self.task.await.unwrap_or_default()
    }
}

async fn record(
    bench: Arc<Bench>,
    measured: Measured,
    step: Duration,
    mut stopped: oneshot::Receiver<()>,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut last = measured.read();
    let mut ticks = tokio::time::interval_at((Instant::now() + step).into(), step);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => return samples,
        }
        let now = measured.read();
        if let Some(from) = bench.due(0) {
            samples.push(sample(&bench, from, &last, &now));
        }
        last = now;
    }
}

fn sample(bench: &Bench, from: Instant, last: &Reading, now: &Reading) -> Sample {
    let (step, on_their_way) = {
        let mut ledger = bench.ledger();
        (std::mem::take(&mut ledger.meter.step), ledger.oracle.unsettled() as u64)
    };
    let wall = (now.at - last.at).as_secs_f64().max(1e-9);
    let cores = |of: fn(&Reading) -> Option<Duration>| Some(of(now)?.saturating_sub(of(last)?).as_secs_f64() / wall);
    let some = |count: u64, ms: f64| (count > 0).then_some(ms);
    let (partner, queue) = (&step.to_partner, &step.to_queue);
    Sample {
        at_s: now.at.saturating_duration_since(from).as_secs_f64(),
        delivered_a_second: partner.count() as f64 / wall,
        send_to_partner_p50: some(partner.count(), partner.ms_at(0.5)),
        send_to_partner_p99: some(partner.count(), partner.ms_at(0.99)),
        hold_to_queue_p99: some(queue.count(), queue.ms_at(0.99)),
        on_their_way,
        server_cpu: cores(|reading| reading.server),
        redis_cpu: cores(|reading| reading.redis),
        postgres_cpu: cores(|reading| reading.postgres),
        generator_cpu: cores(|reading| reading.own).unwrap_or(0.0) / proc::cores() as f64,
        server_rss_mib: now.rss.map(mib),
        server_anonymous_mib: now.anonymous.map(mib),
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// By how much the memory that the nodes filled themselves grows, in MiB an hour: the slope of the line that lies nearest to the second
/// half of a run, when everybody has been there for a while. Nothing, where memory was not measured or for less than five minutes.
pub fn growth_mib_an_hour(samples: &[Sample]) -> Option<f64> {
    let late = &samples[samples.len() / 2..];
    let points: Vec<(f64, f64)> =
        late.iter().filter_map(|one| Some((one.at_s / 3_600.0, one.server_anonymous_mib?))).collect();
    let (first, last) = (points.first()?, points.last()?);
    if (last.0 - first.0) * 3_600.0 < GROWTH_LEAST_S {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut over, mut under) = (0.0, 0.0);
    for point in &points {
        over += (point.0 - x) * (point.1 - y);
        under += (point.0 - x).powi(2);
    }
    (under > 0.0).then(|| over / under)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample_at(at_s: f64, ms: f64, rss: f64) -> Sample {
        Sample {
            at_s,
            delivered_a_second: 10.0,
            send_to_partner_p50: Some(ms / 2.0),
            send_to_partner_p99: Some(ms),
            hold_to_queue_p99: None,
            on_their_way: 1,
            server_cpu: Some(0.5),
            redis_cpu: None,
            postgres_cpu: None,
            generator_cpu: 0.1,
            server_rss_mib: Some(rss + 20.0),
            server_anonymous_mib: Some(rss),
        }
    }

    #[test]
    fn growth_is_the_slope_of_the_second_half_and_nothing_of_the_beginning() {
        let grows: Vec<Sample> =
            (0..200).map(|at| sample_at(f64::from(at) * 36.0, 1.0, 100.0 + f64::from(at) * 0.02)).collect();
        assert!((growth_mib_an_hour(&grows).unwrap() - 2.0).abs() < 0.01);
        let settles: Vec<Sample> =
            (0..200).map(|at| sample_at(f64::from(at) * 36.0, 1.0, f64::from(at.min(50)))).collect();
        assert!(growth_mib_an_hour(&settles).unwrap().abs() < 0.01);
        assert_eq!(growth_mib_an_hour(&grows[..10]), None, "too short to tell");
        let unknown: Vec<Sample> = grows.iter().map(|one| Sample { server_anonymous_mib: None, ..*one }).collect();
        assert_eq!(growth_mib_an_hour(&unknown), None);
    }

    #[test]
    fn pages_of_the_program_that_come_and_go_are_no_growth() {
        let rereads = (0..200).map(|at| Sample {
            server_rss_mib: Some(if at < 150 { 200.0 } else { 225.0 }),
            ..sample_at(f64::from(at) * 36.0, 1.0, 180.0)
        });
        assert!(growth_mib_an_hour(&rereads.collect::<Vec<_>>()).unwrap().abs() < 0.01);
    }
}
