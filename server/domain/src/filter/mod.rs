//! The filter: rules that judge a text before anybody sees it. One of the two places that make a [`Cleared`].

use crate::finding::{Category, Finding, Severity};
use crate::text::{Cleared, Text};

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
