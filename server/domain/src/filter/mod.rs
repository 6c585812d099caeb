//! The filter: rules that judge a text before anybody sees it. One of the two places that make a [`Cleared`]. It reads a text in
//! several ways (as it stands, and with what hides words undone), asks the rules about each reading, and points at what they saw
//! in what was typed. It never asks a clock, keeps nothing between calls, and in doubt it holds.

mod actions;
mod apart;
mod automaton;
mod detect;
mod drift;
mod fold;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod lexicon;
mod lint;
mod lookalike;
mod pack;
mod phrase;
mod restricted;
mod rules;
mod scan;
mod tell;
mod trial;
mod undo;
mod view;
mod vocabulary;
mod window;

#[cfg(test)]
mod tests;

pub use actions::{Action, Actions};
pub use drift::{DRIFT_CATEGORIES_MIN, DRIFT_HALF_LIFE_MS, DRIFT_MS_MAX, DRIFT_POINTS, Drift, SIGNS_MAX, Sign};
pub use pack::{PROBLEMS_MAX, RulesError, Source};
pub use restricted::{Restricted, TERM_CHARS_MAX, TERMS_MAX, Term};
pub use rules::{RULES_MAX, Rules};
pub use window::{WINDOW_BYTES_MAX, WINDOW_MESSAGES_MAX, WINDOW_MS_MAX, Window};

use crate::finding::{Category, Finding, Severity};
use crate::text::{Cleared, Text};

/// From this severity on a person decides before a message is delivered, in every category.
pub const HOLD_FROM: Severity = Severity::Medium;
/// How many findings a verdict carries at most, the most urgent ones.
pub const FINDINGS_MAX: usize = 32;

/// What the filter says of a text.
#[derive(Debug)]
pub enum Verdict {
    /// It may be shown.
    Clear {
        /// What was said.
        text: Cleared,
        /// What the rules saw and the site does not hold for.
        noted: Vec<Finding>,
    },
    /// A person decides first.
    Hold {
        /// What was said.
        text: Text,
        /// What the rules saw; never empty.
        findings: Vec<Finding>,
        /// Whether it rings until somebody acknowledges it.
        ring: bool,
        /// Whether the sender is shown help at once.
        help: bool,
    },
}

impl Verdict {
    /// The verdict of a filter that failed or was late: doubt means hold.
    pub fn failed(text: Text) -> Self {
        let why = "The filter could not judge this message in time, so a person must.";
        Verdict::Hold { text, findings: vec![in_doubt("filter.failed", why)], ring: false, help: false }
    }

    /// What the rules saw.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Verdict::Clear { noted, .. } => noted,
            Verdict::Hold { findings, .. } => findings,
        }
    }
}

/// A finding of the filter about itself.
fn in_doubt(rule: &str, why: &str) -> Finding {
    Finding {
        rule: rule.into(),
        category: Category::Filter,
        severity: Severity::High,
        span: None,
        parts: Vec::new(),
        excerpt: String::new(),
        why: why.into(),
        evasion: Vec::new(),
    }
}

/// Judges a text that the window's sender wants to send now.
pub fn judge(rules: &Rules, window: &Window, text: Text) -> Verdict {
    let findings = look(rules, window, &text);
    let actions = window.actions();
    if !actions.hold(&findings) {
        return Verdict::Clear { text: Cleared::new(text), noted: findings };
    }
    let (ring, help) = (actions.ring(&findings), actions.help(&findings));
    Verdict::Hold { text, findings, ring, help }
}

/// What the rules see in a text, most urgent first, without a verdict.
pub fn look(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    let mut findings = scan::findings(rules, window, text);
    if findings.is_empty() && window.restricted().is_empty() {
        return findings;
    }
    findings.extend(scan::restricted(rules, window, text));
    let signs = rules.signs(&findings, window.now());
    findings.extend(window.drift().finding(&signs, window.adult(), window.now()));
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.span.map_or(0, |span| span.0)));
    findings.truncate(FINDINGS_MAX);
    findings
}
