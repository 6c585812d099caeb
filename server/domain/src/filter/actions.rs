//! What a site does about what the rules see: for each category, from which severity on a message is held, rings, needs two people
//! to be delivered, and shows its sender help. What is urgent is held whatever a site chooses.

use crate::finding::{Category, Finding, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is done about findings of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// From this severity on a person decides before the message is delivered. At most urgent: nothing urgent is delivered.
    pub hold_from: Severity,
    /// From this severity on a held message rings until somebody acknowledges it.
    pub ring_from: Severity,
    /// From this severity on its sender is shown help at once; never, if nothing.
    pub help_from: Option<Severity>,
    /// From this severity on a held message is delivered only if two people want it to be; never, if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_from: Option<Severity>,
}

/// What a site does, by category. A category that is not named here is treated as everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actions(BTreeMap<Category, Action>);

impl Actions {
    /// What is done about a category where a site has not chosen: medium holds, urgent rings, and self-harm shows help.
    pub fn usual(category: Category) -> Action {
        let help_from = (category == Category::SelfHarm).then_some(Severity::Medium);
        Action { hold_from: Severity::Medium, ring_from: Severity::Urgent, help_from, second_from: None }
    }

    /// What is done about a category. A filter that failed always holds.
    pub fn of(&self, category: Category) -> Action {
        let chosen = self.0.get(&category).filter(|_| category != Category::Filter);
        chosen.copied().unwrap_or_else(|| Self::usual(category))
    }

    /// The same with another choice for one category.
    pub fn with(mut self, category: Category, action: Action) -> Self {
        self.0.insert(category, action);
        self
    }

    /// Whether any of these findings holds a message.
    pub fn hold(&self, findings: &[Finding]) -> bool {
        findings.iter().any(|finding| finding.severity >= self.of(finding.category).hold_from)
    }

    /// Whether any of these findings makes a held message ring.
    pub fn ring(&self, findings: &[Finding]) -> bool {
        findings.iter().any(|finding| finding.severity >= self.of(finding.category).ring_from)
    }

    /// Whether any of these findings asks for a second person.
    pub fn second(&self, findings: &[Finding]) -> bool {
        let asks =
            |finding: &Finding| self.of(finding.category).second_from.is_some_and(|from| finding.severity >= from);
        findings.iter().any(asks)
    }

    /// Whether any of these findings shows the sender help.
    pub fn help(&self, findings: &[Finding]) -> bool {
        let helps =
            |finding: &Finding| self.of(finding.category).help_from.is_some_and(|from| finding.severity >= from);
        findings.iter().any(helps)
    }
}
