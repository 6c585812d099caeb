//! A set of rules in shadow: it judges beside the live set and changes nothing. What it would have done otherwise is gathered
//! here and written into the record from time to time.

use super::Chat;
use super::windows::Asked;
use crate::fresh;
use crate::store::{Disagreement, Scope};
use handrail_domain::filter::{Rules, Verdict, Window, judge};
use handrail_domain::finding::Finding;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many disagreements wait to be written; more are counted as judged, and not listed.
const DISAGREEMENTS_MAX: usize = 1_000;
/// How often they are written.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// The set in shadow, and what it saw since the last writing.
pub(super) struct Shadow {
    rules: Arc<Rules>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    judged: u64,
    disagreements: Vec<Disagreement>,
}

impl Shadow {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Self { rules, seen: Mutex::default() }
    }

    /// Judges what the live set judged. A set that fails here is no harm: it is in shadow.
    pub(super) fn judge(&self, live: &str, window: &Window, asked: &Asked, verdict: &Verdict) {
        let other = catch_unwind(AssertUnwindSafe(|| judge(&self.rules, window, asked.text.clone())));
        let Ok(other) = other else {
            tracing::warn!(candidate = self.rules.version(), "the rules in shadow panicked on a message");
            return;
        };
        let held = |verdict: &Verdict| matches!(verdict, Verdict::Hold { .. });
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.judged += 1;
        if held(verdict) == held(&other) || seen.disagreements.len() >= DISAGREEMENTS_MAX {
            return;
        }
        let by = if held(&other) { other.findings() } else { verdict.findings() };
        seen.disagreements.push(Disagreement {
            message: asked.message,
            live: live.to_owned(),
            candidate: self.rules.version().to_owned(),
            held: held(&other),
            rules: by.iter().map(|Finding { rule, .. }| rule.clone()).collect(),
            at: asked.now,
        });
    }

    fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Chat {
    /// Puts a set of rules into shadow, or none.
    pub async fn set_shadow(&self, rules: Option<Arc<Rules>>) {
        self.write_shadow().await;
        self.shadow.store(rules.map(|rules| Arc::new(Shadow::new(rules))));
    }

    /// The version of the rules in shadow.
    pub fn shadow_version(&self) -> Option<String> {
        self.shadow.load().as_ref().map(|shadow| shadow.rules.version().to_owned())
    }

    /// Writes what the set in shadow saw, again and again.
    pub async fn keep_shadow(&self) {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            self.write_shadow().await;
        }
    }

    /// Writes what the set in shadow saw since the last time.
    pub async fn write_shadow(&self) {
        let Some(shadow) = self.shadow.load_full() else { return };
        let Seen { judged, disagreements } = shadow.take();
        if judged == 0 {
            return;
        }
        let candidate = shadow.rules.version().to_owned();
        let written = self
            .write(Scope::Everything, move |tx| Ok(tx.add_shadow(&candidate, judged, &disagreements, fresh::now())?))
            .await;
        if let Err(refusal) = written {
            tracing::warn!(code = refusal.code.as_str(), "what the rules in shadow saw could not be written");
        }
    }
}
