//! Packs tried on their own examples: what they say must hold holds, and what must pass passes, whoever says it.

use super::pack::{Example, Packs, Problem};
use super::rules::Rules;
use super::{HOLD_FROM, Window, scan};
use crate::finding::{Finding, Severity};
use crate::ids::MessageId;
use crate::people::Role;
use crate::text::Text;
use crate::time::Timestamp;

/// What is seen of one example when each side says it.
fn tried(rules: &Rules, example: &Example) -> Result<[Vec<Finding>; 2], String> {
    let messages = example.messages();
    let parse = |text: &String| Text::parse(text).map_err(|_| format!("the example `{text}` is empty or too long"));
    let Some((last, earlier)) = messages.split_last() else { return Err("an example has no message".into()) };
    let mut window = Window::new(Role::Mentee);
    for (at, text) in earlier.iter().enumerate() {
        window.push(MessageId::from_bits(at as u128 + 1), &parse(text)?, Timestamp(at as i64));
    }
    Ok(scan::findings_of_both(rules, &window, &parse(last)?))
}

fn holds(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity >= HOLD_FROM)
}

/// Complains about every example that a pack does not keep.
pub(super) fn try_examples(rules: &Rules, packs: &Packs, problems: &mut Vec<Problem>) {
    for rule in &packs.rules {
        let written = &rule.written;
        // A rule that never holds by itself must still be found.
        let loudest = written.severity.max(written.from_adult.unwrap_or(Severity::Low));
        let holds = loudest.max(written.from_mentee.unwrap_or(Severity::Low)) >= HOLD_FROM;
        for what in kept(rules, &written.id, holds, &written.hold, &written.pass) {
            problems.push(rule.problem(format!("rule `{}`: {what}", written.id)));
        }
    }
    for combine in &packs.combines {
        let written = &combine.written;
        for what in kept(rules, &written.id, written.severity >= HOLD_FROM, &written.hold, &written.pass) {
            problems.push(combine.problem(format!("combine `{}`: {what}", written.id)));
        }
    }
}

fn kept(rules: &Rules, id: &str, must_hold: bool, hold: &[Example], pass: &[Example]) -> Vec<String> {
    let mut broken = Vec::new();
    for example in hold {
        match tried(rules, example) {
            Err(what) => broken.push(what),
            Ok(outcomes) => {
                let seen = outcomes.iter().any(|findings| {
                    (!must_hold || holds(findings)) && findings.iter().any(|finding| finding.rule == id)
                });
                if !seen {
                    broken.push(format!(
                        "does not hold its example {:?}: widen the rule or mend the example",
                        example.messages()
                    ));
                }
            }
        }
    }
    for example in pass {
        match tried(rules, example) {
            Err(what) => broken.push(what),
            Ok(outcomes) => {
                if let Some(finding) = outcomes.iter().flatten().find(|finding| finding.severity >= HOLD_FROM) {
                    broken.push(format!(
                        "its example {:?} must pass, but `{}` holds it: narrow that rule or add an `unless`",
                        example.messages(),
                        finding.rule
                    ));
                }
            }
        }
    }
    broken
}
