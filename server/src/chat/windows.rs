//! The windows that the filter looks back through: what each sender said last in each conversation, held messages included.
//! They are a memory of the record, read from it again when they are not at hand.

use crate::telemetry::{Counter, Timing, metrics};
use dashmap::DashMap;
use handrail_domain::filter::{Rules, Verdict, Window, judge};
use handrail_domain::ids::{AccountId, ConversationId, MessageId};
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A judgement that takes longer is not waited for: the message is held.
pub(super) const JUDGE_MAX: Duration = Duration::from_millis(50);
/// Windows kept at once; beyond it all are dropped and read again as they are needed.
const WINDOWS_MAX: usize = 100_000;

type Key = (ConversationId, AccountId);

#[derive(Default)]
pub(super) struct Windows {
    map: DashMap<Key, Window>,
}

impl Windows {
    pub(super) fn has(&self, key: Key) -> bool {
        self.map.contains_key(&key)
    }

    /// Remembers a window that was read from the record, unless one came to be in the meantime.
    pub(super) fn remember(&self, key: Key, window: Window) {
        if self.map.len() >= WINDOWS_MAX {
            self.map.clear();
        }
        self.map.entry(key).or_insert(window);
    }

    /// Judges a text against what its sender said before, and adds it to that, in one step: of two devices that send at the
    /// same time, the second is judged with the first in view. A filter that fails or is late holds.
    pub(super) fn judge(
        &self,
        rules: &Rules,
        key: Key,
        message: MessageId,
        text: Text,
        now: Timestamp,
        fresh: Window,
    ) -> Verdict {
        let mut window = self.map.entry(key).or_insert(fresh);
        window.expire(now);
        let begun = Instant::now();
        let doubtful = text.clone();
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(rules, &window, text)));
        metrics().observe(Timing::Filter, begun.elapsed());
        window.push(message, &doubtful, now);
        drop(window);
        match verdict {
            Ok(verdict) if begun.elapsed() <= JUDGE_MAX => verdict,
            Ok(_) => {
                metrics().count(Counter::FilterFailed);
                tracing::error!("the filter was late; the message is held");
                Verdict::failed(doubtful)
            }
            Err(_) => {
                metrics().count(Counter::FilterFailed);
                tracing::error!("the filter panicked; the message is held");
                Verdict::failed(doubtful)
            }
        }
    }
}
