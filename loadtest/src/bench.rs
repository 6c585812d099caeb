//! What all clients of a run share: the plan, the clock of the run, the oracle and the meter. One lock for both, held for a few
//! table look-ups and never across a wait.

use crate::link::{self, Target};
use crate::meter::Meter;
use crate::oracle::Oracle;
use crate::plan::{Nth, Plan, mix};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many sockets are opened at the same time.
const OPENING_MAX: usize = 64;

/// The oracle and the meter.
pub(crate) struct Ledger {
    pub(crate) oracle: Oracle,
    pub(crate) meter: Meter,
}

/// What the clients of a run share.
pub(crate) struct Bench {
    pub(crate) plan: Arc<Plan>,
    /// One for each node.
    targets: Vec<Target>,
    /// The longest pause before a socket is opened again.
    pub(crate) backoff_max: Duration,
    /// Whether the run itself kills the server, so that a dropped socket is no error.
    pub(crate) kills: bool,
    pub(crate) opening: Semaphore,
    /// Clients that were live at least once.
    pub(crate) joined: AtomicUsize,
    /// Clients that gave up.
    pub(crate) gave_up: AtomicUsize,
    /// Whether the end has come, and supervisors begin nothing more.
    pub(crate) closing: AtomicBool,
    start: OnceLock<Instant>,
    draws: AtomicU64,
    ledger: Mutex<Ledger>,
}

impl Bench {
    pub(crate) fn new(
        plan: Arc<Plan>,
        targets: Vec<Target>,
        oracle: Oracle,
        backoff_max: Duration,
        kills: bool,
    ) -> Self {
        Self {
            plan,
            targets,
            backoff_max,
            kills,
            opening: Semaphore::new(OPENING_MAX),
            joined: AtomicUsize::new(0),
            gave_up: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            start: OnceLock::new(),
            draws: AtomicU64::new(0),
            ledger: Mutex::new(Ledger { oracle, meter: Meter::default() }),
        }
    }

    /// The node that client number `nth` goes to.
    pub(crate) fn target(&self, nth: usize) -> &Target {
        &self.targets[nth % self.targets.len()]
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the clock of the run: message 0 is due at this moment.
    pub(crate) fn begin(&self, at: Instant) {
        let _ = self.start.set(at);
    }

    /// When a message was to be sent.
    pub(crate) fn due(&self, nth: Nth) -> Option<Instant> {
        Some(*self.start.get()? + Duration::from_nanos(self.plan.due_ns(nth)))
    }

    /// How long ago a message was to be sent; nothing for the warm-up.
    pub(crate) fn since_due(&self, nth: Nth, now: Instant) -> Option<Duration> {
        let counts = !self.plan.is_warmup(nth);
        counts.then(|| self.due(nth)).flatten().map(|due| now.saturating_duration_since(due))
    }

    /// A random pause before attempt number `tries`.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        link::backoff(tries, self.backoff_max, self.draw())
    }

    /// A number from 0 to 1, another one each time.
    pub(crate) fn draw(&self) -> f64 {
        let draw = mix(self.plan.seed ^ 0x6261_636b_6f66_6600, self.draws.fetch_add(1, Relaxed));
        (draw >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan_of;

    #[test]
    fn a_pause_grows_to_its_bound_and_is_random() {
        let plan = Arc::new(plan_of(1));
        let target = Target { authority: "127.0.0.1:1".into(), path: "/live".into(), trust: None };
        let oracle = Oracle::new(plan.clone(), Vec::new(), true);
        let bench = Bench::new(plan, vec![target], oracle, Duration::from_secs(20), false);
        for (tries, longest) in [(0, 500), (1, 1_000), (5, 16_000), (6, 20_000), (4_000, 20_000)] {
            let pauses: Vec<_> = (0..50).map(|_| bench.backoff(tries)).collect();
            assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(longest)));
            assert!(pauses.iter().any(|pause| *pause > Duration::from_millis(longest / 2)));
        }
    }
}
