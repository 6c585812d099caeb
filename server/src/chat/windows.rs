//! The windows that the filter looks back through: what each sender said last in each conversation, held messages included,
//! and what holds there. They are a memory of the record, read from it again when they are not at hand.

use super::shadow::Shadow;
use crate::store::{Reader, StoreError};
use crate::telemetry::{Counter, Timing, metrics};
use dashmap::DashMap;
use handrail_domain::filter::{DRIFT_MS_MAX, Restricted, Rules, Sign, Verdict, Window, judge};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, MessageId};
use handrail_domain::people::Role;
use handrail_domain::restriction::Restriction;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A judgement that uses more processor time is not trusted: the message is held. Time in which a busy machine did something
/// else is not counted.
pub(super) const JUDGE_MAX: Duration = Duration::from_millis(50);
/// Windows kept at once; beyond it all are dropped and read again as they are needed.
const WINDOWS_MAX: usize = 100_000;
/// Messages around the sender's last ones that the record is asked for.
const WINDOW_READ: usize = 40;

type Key = (ConversationId, AccountId);

/// A window, and until when it may be used: the next restriction ends then.
pub(super) struct Kept {
    window: Window,
    until: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct Windows {
    map: DashMap<Key, Kept>,
    /// Rises whenever windows are forgotten, so that one that was read before that is not remembered after it.
    age: AtomicU64,
}

/// What came of a judgement.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// The signs of drift in it, and whether a finding tells of them.
    pub(super) signs: Vec<Sign>,
    pub(super) told: bool,
}

impl Judged {
    /// In doubt a person looks.
    pub(super) fn failed(text: Text) -> Self {
        metrics().count(Counter::FilterFailed);
        Judged { verdict: Verdict::failed(text), signs: Vec::new(), told: false }
    }
}

/// A message to be judged.
pub(super) struct Asked {
    pub(super) message: MessageId,
    pub(super) text: Text,
    pub(super) now: Timestamp,
}

impl Windows {
    pub(super) fn has(&self, key: Key, now: Timestamp) -> bool {
        self.map.get(&key).is_some_and(|kept| kept.until.is_none_or(|until| now <= until))
    }

    pub(super) fn age(&self) -> u64 {
        self.age.load(Ordering::Acquire)
    }

    /// Remembers a window that was read from the record at an age, unless one came to be or was forgotten in the meantime.
    pub(super) fn remember(&self, key: Key, kept: Kept, age: u64, now: Timestamp) {
        if self.map.len() >= WINDOWS_MAX {
            self.map.clear();
        }
        self.map.remove_if(&key, |_, kept| kept.until.is_some_and(|until| until < now));
        let place = self.map.entry(key);
        if self.age() == age {
            place.or_insert(kept);
        }
    }

    /// Forgets the windows of a conversation, or all.
    pub(super) fn forget(&self, conversation: Option<ConversationId>) {
        self.age.fetch_add(1, Ordering::AcqRel);
        self.map.retain(|key, _| conversation.is_some_and(|id| key.0 != id));
    }

    /// Judges a text against what its sender said before, and adds it to that, in one step: of two devices that send at the
    /// same time, the second is judged with the first in view. A filter that fails or is late holds. Nothing if the window is
    /// not at hand.
    pub(super) fn judge(&self, rules: &Rules, shadow: Option<&Shadow>, key: Key, asked: &Asked) -> Option<Judged> {
        let mut kept = self.map.get_mut(&key)?;
        let window = &mut kept.window;
        window.expire(asked.now);
        let begun = (Instant::now(), processor_time());
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(rules, window, asked.text.clone())));
        let used = processor_time().saturating_sub(begun.1);
        metrics().observe(Timing::Filter, begun.0.elapsed());
        let judged = match verdict {
            Ok(verdict) if used <= JUDGE_MAX => {
                let signs = rules.signs(verdict.findings(), asked.now);
                let told = verdict.findings().iter().any(|finding| finding.category == Category::Drift);
                Judged { verdict, signs, told }
            }
            Ok(_) => {
                tracing::error!("the filter was late; the message is held");
                Judged::failed(asked.text.clone())
            }
            Err(_) => {
                tracing::error!("the filter panicked; the message is held");
                Judged::failed(asked.text.clone())
            }
        };
        if let Some(shadow) = shadow {
            shadow.judge(rules.version(), window, asked, &judged.verdict);
        }
        window.push(asked.message, &asked.text, asked.now);
        window.note(&judged.signs, judged.told);
        Some(judged)
    }
}

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A sender's window as the record has it.
pub(super) fn read_window(
    record: &Reader<'_>,
    (conversation, from): Key,
    role: Role,
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let site = record.conversation(conversation)?.map(|conversation| conversation.site);
    let site = site.map(|id| record.site(id)).transpose()?.flatten();
    let actions = site.map(|site| site.settings.filter).unwrap_or_default();
    let in_force: Vec<Restriction> =
        record.restrictions(conversation)?.into_iter().filter(|one| one.in_force(now)).collect();
    let terms: Vec<_> = in_force.iter().map(Restriction::term).collect();
    let restricted = Restricted::new(&terms).map_err(|e| StoreError::new("read restricted terms", e))?;
    let mut window = Window::new(role).with_actions(Arc::new(actions)).with_restricted(Arc::new(restricted));
    let said = record.recent(conversation, now, WINDOW_READ)?;
    said.iter().filter(|m| m.from == from).for_each(|m| window.push(m.id, &m.text, m.sent_at));
    window.expire(now);
    window.note(&record.signs(conversation, from, now.plus_ms(-DRIFT_MS_MAX))?, false);
    Ok(Kept { window, until: in_force.iter().map(|one| one.until).min() })
}
