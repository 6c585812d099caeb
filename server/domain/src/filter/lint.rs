//! What must be true of packs as they are written, before they are compiled: ids, categories, reasons, examples, bounds.

use super::RULES_MAX;
use super::pack::{Packs, Problem};
use crate::finding::Category;
use std::collections::BTreeSet;

/// What one sign of drift weighs at most.
const DRIFT_MAX: u8 = 10;

/// Complains about everything that is wrong with the packs as they are written.
pub(super) fn lint(packs: &Packs, problems: &mut Vec<Problem>) {
    let mut ids = BTreeSet::new();
    for rule in &packs.rules {
        let written = &rule.written;
        let mut complain = |what: String| problems.push(rule.problem(format!("rule `{}`: {what}", written.id)));
        if !ids.insert(written.id.as_str()) {
            complain("there is another rule with this id: give each its own".into());
        }
        if !is_id(&written.id) {
            complain("an id is words of a-z, 0-9 and `-` with a `.` between, such as `secrecy.dont-tell`".into());
        }
        if matches!(written.category, Category::Filter | Category::Drift) {
            complain("this category is the filter's own: choose what the rule is about".into());
        }
        if written.why.trim().is_empty() {
            complain("`why` is empty: say in a sentence what a supervisor should think of".into());
        }
        if written.terms.is_empty() && written.phrases.is_empty() && written.detect.is_none() {
            complain("it finds nothing: give `terms`, `phrases` or `detect`".into());
        }
        if !written.allow.is_empty() && written.detect.is_none() {
            complain("`allow` is for detectors: use `unless` for words".into());
        }
        if written.drift > DRIFT_MAX {
            complain(format!("`drift` is what it weighs as a small sign: 0 to {DRIFT_MAX}"));
        }
        if written.hold.is_empty() {
            complain("it has no example that it must hold: add one to `hold`".into());
        }
    }
    for combine in &packs.combines {
        let written = &combine.written;
        if !ids.insert(written.id.as_str()) {
            problems.push(combine.problem(format!("combine `{}`: there is another rule with this id", written.id)));
        }
        if written.all.len() < 2 || written.why.trim().is_empty() || written.hold.is_empty() {
            problems.push(combine.problem(format!(
                "combine `{}`: it needs at least two in `all`, a `why`, and an example in `hold`",
                written.id
            )));
        }
    }
    if ids.len() > RULES_MAX {
        let what =
            format!("there are {} rules, at most {RULES_MAX} are allowed: put terms of one kind together", ids.len());
        problems.push(Problem { file: "rules".into(), line: None, what });
    }
}

fn is_id(id: &str) -> bool {
    id.contains('.')
        && id.split('.').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}
