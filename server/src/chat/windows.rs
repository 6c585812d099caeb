//! The windows that the filter looks back through: what each sender said last in each conversation, held messages included,
//! and what holds there. They are a memory of the record, read from it again when they are not at hand. Where there are several
//! nodes another may have taken a message of the same sender meanwhile, so a judgement names what it rests on ([`Basis`]), and
//! the record says when it takes the message whether that still stands.

use super::shadow::Shadow;
use crate::store::{Reader, Standing, StoreError};
use crate::telemetry::{Counter, Timing, metrics};
use dashmap::DashMap;
use handrail_domain::filter::{
    Actions, DRIFT_MS_MAX, Restricted, Rules, Sign, Verdict, WINDOW_MESSAGES_MAX, WINDOW_MS_MAX, Window, judge,
};
use handrail_domain::finding::Category;
use handrail_domain::ids::{AccountId, ConversationId, MessageId, RestrictionId};
use handrail_domain::people::Role;
use handrail_domain::restriction::Restriction;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::collections::VecDeque;
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
pub(super) const WINDOW_READ: usize = 40;
/// Messages of a sender that a window remembers having seen: those that the filter looks back to, and all that one connection
/// may have on its way.
const KNOWN_MAX: usize = 64;

type Key = (ConversationId, AccountId);

/// A window, and until when it may be used: the next restriction ends then.
pub(super) struct Kept {
    window: Window,
    until: Option<Timestamp>,
    basis: Basis,
}

/// What a judgement rests on.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    /// The sender's messages that were in view, and those before them.
    known: VecDeque<MessageId>,
    restricted: Vec<RestrictionId>,
    actions: Arc<Actions>,
}

impl Basis {
    fn add(&mut self, message: MessageId) {
        self.known.push_back(message);
        if self.known.len() > KNOWN_MAX {
            self.known.pop_front();
        }
    }

    /// Whether the judgement would be the same now: nothing that the filter looks back to was out of its view, and neither the
    /// restrictions nor what the site chose has changed.
    pub(super) fn stands(&self, now: &Standing, actions: &Actions, at: Timestamp) -> bool {
        let looked_back = now.said.iter().rev().take(WINDOW_MESSAGES_MAX);
        let mut recent = looked_back.filter(|(sent_at, _)| at.since_ms(*sent_at) <= WINDOW_MS_MAX);
        let restricted = |id: &RestrictionId| self.restricted.contains(id);
        *self.actions == *actions
            && now.restricted.len() == self.restricted.len()
            && now.restricted.iter().all(restricted)
            && recent.all(|(_, message)| self.known.contains(message))
    }
}

pub(super) struct Windows {
    map: DashMap<Key, Kept>,
    /// Whether other nodes take messages too.
    shared: bool,
    /// Rises whenever windows are forgotten, so that one that was read before that is not remembered after it.
    age: AtomicU64,
}

/// What came of a judgement.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// The signs of drift in it, and whether a finding tells of them.
    pub(super) signs: Vec<Sign>,
    pub(super) told: bool,
    /// What it rests on, where another node may have changed that. What is held in doubt rests on nothing.
    pub(super) basis: Option<Basis>,
}

impl Judged {
    /// In doubt a person looks.
    pub(super) fn failed(text: Text) -> Self {
        metrics().count(Counter::FilterFailed);
        Judged { verdict: Verdict::failed(text), signs: Vec::new(), told: false, basis: None }
    }
}

/// A message to be judged.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) message: MessageId,
    pub(super) text: Text,
    pub(super) now: Timestamp,
}

impl Windows {
    /// No window yet; `shared` if other nodes take messages too.
    pub(super) fn new(shared: bool) -> Self {
        Self { map: DashMap::new(), shared, age: AtomicU64::new(0) }
    }

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

    /// Forgets one window.
    pub(super) fn forget_one(&self, key: Key) {
        self.age.fetch_add(1, Ordering::AcqRel);
        self.map.remove(&key);
    }

    /// Judges a text against what its sender said before, and adds it to that, in one step: of two devices that send at the
    /// same time, the second is judged with the first in view. A filter that fails or is late holds. Nothing if the window is
    /// not at hand.
    pub(super) fn judge(&self, rules: &Rules, shadow: Option<&Shadow>, key: Key, asked: &Asked) -> Option<Judged> {
        let mut kept = self.map.get_mut(&key)?;
        let Kept { window, basis, .. } = &mut *kept;
        window.expire(asked.now);
        let (verdict, in_time) = in_time(|| judge(rules, window, asked.text.clone()));
        let judged = match verdict {
            Ok(verdict) if in_time => {
                let signs = rules.signs(verdict.findings(), asked.now);
                let told = verdict.findings().iter().any(|finding| finding.category == Category::Drift);
                Judged { verdict, signs, told, basis: self.shared.then(|| basis.clone()) }
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
        basis.add(asked.message);
        Some(judged)
    }
}

/// A judgement, and whether it took no longer than it may. On a busy machine much more time may pass than a judgement takes: one
/// that seems late is made once more, by the time that this thread itself needs. To ask for that time always would be two
/// system calls for every message.
fn in_time(mut judging: impl FnMut() -> Verdict) -> (std::thread::Result<Verdict>, bool) {
    let mut attempt = || catch_unwind(AssertUnwindSafe(&mut judging));
    let begun = Instant::now();
    let verdict = attempt();
    let took = begun.elapsed();
    metrics().observe(Timing::Filter, took);
    if took <= JUDGE_MAX || verdict.is_err() {
        return (verdict, true);
    }
    let begun = processor_time();
    let verdict = attempt();
    (verdict, processor_time().saturating_sub(begun) <= JUDGE_MAX)
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
    let actions = Arc::new(site.map(|site| site.settings.filter).unwrap_or_default());
    let in_force: Vec<Restriction> =
        record.restrictions(conversation)?.into_iter().filter(|one| one.in_force(now)).collect();
    let terms: Vec<_> = in_force.iter().map(Restriction::term).collect();
    let restricted = Restricted::new(&terms).map_err(|e| StoreError::new("read restricted terms", e))?;
    let mut window = Window::new(role).with_actions(actions.clone()).with_restricted(Arc::new(restricted));
    let said = record.recent(conversation, now, WINDOW_READ)?;
    let restricted = in_force.iter().map(|one| one.id).collect();
    let mut basis = Basis { known: VecDeque::new(), restricted, actions };
    for own in said.iter().filter(|message| message.from == from) {
        window.push(own.id, &own.text, own.sent_at);
        basis.add(own.id);
    }
    window.expire(now);
    window.note(&record.signs(conversation, from, now.plus_ms(-DRIFT_MS_MAX))?, false);
    Ok(Kept { window, until: in_force.iter().map(|one| one.until).min(), basis })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A judgement that needs more of the processor than it may, the first so many times.
    fn slow(times: usize) -> impl FnMut() -> Verdict {
        let mut asked = 0;
        move || {
            asked += 1;
            let begun = processor_time();
            while asked <= times && processor_time().saturating_sub(begun) <= JUDGE_MAX {}
            Verdict::failed(Text::parse("some words").unwrap())
        }
    }

    #[test]
    fn a_judgement_is_late_by_the_time_that_it_needs_itself_and_not_by_that_of_a_busy_machine() {
        assert!(in_time(slow(0)).1);
        assert!(in_time(slow(1)).1, "what seemed late once is asked again");
        assert!(!in_time(slow(2)).1);
    }

    #[test]
    fn a_judgement_that_panics_is_not_made_again() {
        let mut asked = 0;
        let (verdict, _) = in_time(|| {
            asked += 1;
            panic!("a fault of this test")
        });
        assert!(verdict.is_err());
        assert_eq!(asked, 1);
    }
}
