//! Turns: when everybody comes back at once, so many are looked up and welcomed at the same time, the next ones wait a little,
//! and whoever would wait for longer is told to come again. So a storm of arrivals never starves those who talk.

use handrail_domain::refusal::{Code, Refusal};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Arrivals that are worked on at once. Each asks the record a few questions.
pub const TURNS_MAX: usize = 256;
/// How long an arrival waits for its turn.
pub const TURN_WAIT: Duration = Duration::from_secs(5);
/// What one that waited in vain is told to wait before it comes again, in milliseconds.
pub const FULL_RETRY_MS: u64 = 5_000;

/// Turns that are taken and given back.
#[derive(Debug)]
pub struct Turns {
    free: Semaphore,
    wait: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self::new(TURNS_MAX, TURN_WAIT)
    }
}

impl Turns {
    /// So many at once, and how long the next one waits.
    pub fn new(at_once: usize, wait: Duration) -> Self {
        Self { free: Semaphore::new(at_once), wait }
    }

    /// A turn, held until it is dropped; or the refusal for who waited too long.
    pub async fn take(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match timeout(self.wait, self.free.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(full()),
        }
    }
}

/// There is no room: come again in a while.
pub fn full() -> Refusal {
    Refusal { retry_after_ms: Some(FULL_RETRY_MS), ..Code::Unavailable.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_told_when_to_come_again_and_a_free_turn_is_taken_at_once() {
        let turns = Turns::new(2, Duration::from_millis(20));
        let (one, _other) = (turns.take().await.unwrap(), turns.take().await.unwrap());
        let refusal = turns.take().await.unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after_ms), (Code::Unavailable, Some(FULL_RETRY_MS)));
        drop(one);
        assert!(turns.take().await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_has_the_next_turn_that_is_given_back() {
        let turns = Turns::new(1, Duration::from_secs(30));
        let first = turns.take().await.unwrap();
        let (next, ()) = tokio::join!(turns.take(), async { drop(first) });
        assert!(next.is_ok());
    }
}
