//! What the rules saw, told to people: which words, of which messages, and why.

use super::Window;
use super::rules::Rules;
use super::scan::Hit;
use super::view::CURRENT;
use crate::finding::{Finding, Part, Span};
use crate::text::Text;

/// Whether a first name is that of somebody else: another word with a capital letter follows it, which is no day, no month and
/// not the writer.
pub(super) fn is_another(text: &Text, hit: &Hit) -> bool {
    const NO_NAMES: &str = "I I'm I'll I've I'd Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April \
        May June July August September October November December Im Ive Ill";
    let (part, Span(_, upto)) = hit.places[0];
    let rest: String = text.as_str().chars().skip(upto as usize).take(24).collect();
    let next = rest.strip_prefix(' ').and_then(|rest| rest.split([' ', ',', '.', '!', '?', '\n']).next()).unwrap_or("");
    let capital = next.chars().next().is_some_and(char::is_uppercase) && next.chars().any(char::is_lowercase);
    let plain = next.replace('\u{2019}', "'");
    part == CURRENT && capital && !NO_NAMES.split_ascii_whitespace().any(|word| word == plain)
}

/// Code points `span` of a text.
fn excerpt(text: &str, span: Span) -> String {
    text.chars().skip(span.0 as usize).take((span.1 - span.0) as usize).collect()
}

/// The findings of these hits, as said by an adult or by a mentee.
pub(super) fn tell(rules: &Rules, window: &Window, text: &Text, hits: &[Hit], adult: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = hits.iter().map(|hit| finding(rules, window, text, hit, adult)).collect();
    for combine in &rules.combines {
        if combine.all.iter().all(|any| hits.iter().any(|hit| any.contains(&hit.rule))) {
            findings.push(Finding {
                rule: combine.id.clone(),
                category: combine.category,
                severity: combine.severity,
                span: None,
                parts: Vec::new(),
                excerpt: String::new(),
                why: combine.why.clone(),
                evasion: Vec::new(),
            });
        }
    }
    findings
}

fn finding(rules: &Rules, window: &Window, text: &Text, hit: &Hit, adult: bool) -> Finding {
    let rule = &rules.rules[hit.rule];
    let span = hit.places[0].1;
    let mut parts = Vec::new();
    let mut typed = String::new();
    for (part, span) in &hit.places[1..] {
        if let Some(past) = window.past().get(usize::from(*part) - 1) {
            let earlier = past.text.as_str();
            typed.push_str(&excerpt(earlier, *span));
            typed.push_str(" / ");
            parts.push(Part { message: past.message, text: earlier.to_owned(), span: *span });
        }
    }
    typed.push_str(&excerpt(text.as_str(), span));
    Finding {
        rule: rule.id.clone(),
        category: rule.category,
        severity: rule.severity(adult),
        span: Some(span),
        parts,
        excerpt: typed,
        why: rule.why.clone(),
        evasion: hit.marks.evasions(),
    }
}
