//! The filter: rules that judge a text before anybody sees it. One of the two places that make a [`Cleared`]. It reads a text in
//! several ways (as it stands, and with what hides words undone), asks the rules about each reading, and points at what they saw
//! in what was typed. It never asks a clock, keeps nothing between calls, and in doubt it holds.

mod detect;
mod fold;
mod lookalike;
mod pack;
mod phrase;
mod rules;
mod scan;
mod undo;
mod view;
mod vocabulary;
mod window;

#[cfg(test)]
mod tests;

pub use pack::{PROBLEMS_MAX, RulesError, Source};
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
    Clear(Cleared),
    /// A person decides first.
    Hold {
        /// What was said.
        text: Text,
        /// What the rules saw; never empty.
        findings: Vec<Finding>,
        /// Whether the sender is shown help at once.
        help: bool,
    },
}

impl Verdict {
    /// The verdict of a filter that failed or was late: doubt means hold.
    pub fn failed(text: Text) -> Self {
        let finding = Finding {
            rule: "filter.failed".into(),
            category: Category::Filter,
            severity: Severity::High,
            span: None,
            parts: Vec::new(),
            excerpt: String::new(),
            why: "The filter could not judge this message in time, so a person must.".into(),
            evasion: Vec::new(),
        };
        Verdict::Hold { text, findings: vec![finding], help: false }
    }
}

/// Judges a text that the window's sender wants to send now.
pub fn judge(rules: &Rules, window: &Window, text: Text) -> Verdict {
    let findings = look(rules, window, &text);
    if findings.iter().all(|finding| finding.severity < HOLD_FROM) {
        return Verdict::Clear(Cleared::new(text));
    }
    let help = findings.iter().any(|finding| finding.category == Category::SelfHarm && finding.severity >= HOLD_FROM);
    Verdict::Hold { text, findings, help }
}

/// What the rules see in a text, most urgent first, without a verdict.
pub fn look(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    scan::findings(rules, window, text)
}
