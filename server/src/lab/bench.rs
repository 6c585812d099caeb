//! The bench: rules that judge a message as the live product does, with what its sender said before in view and the terms of the
//! relationship. Each message stands alone. A text too long for one message is judged in stretches, where the product refuses it.

use super::align::Aligned;
use super::line::Said;
use handrail_domain::filter::{Restricted, Rules, Term, Verdict, Window, judge};
use handrail_domain::finding::{Category, Finding, Severity, Span};
use handrail_domain::ids::MessageId;
use handrail_domain::text::{TEXT_CHARS_MAX, Text, TextError};
use handrail_domain::time::Timestamp;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A finding, and where it is in the text as it was given.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Its span counts in the stored form.
    pub(super) finding: Finding,
    /// The same place in code points of the given text.
    pub(super) span: Option<Span>,
}

/// What became of a message.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) held: bool,
    /// What the rules saw, most urgent first.
    pub(super) seen: Vec<Seen>,
    /// How long the judgement took, without reading what was said before.
    pub(super) took: Duration,
}

impl Judged {
    /// The highest severity that was found.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.seen.iter().map(|seen| seen.finding.severity).max()
    }

    /// The verdict's word.
    pub(super) fn verdict(&self) -> &'static str {
        if self.held { "hold" } else { "deliver" }
    }
}

/// Rules at work, and the restricted terms that were asked for last: neighbouring lines often have the same.
pub(super) struct Bench {
    rules: Rules,
    last: Option<(Vec<String>, Arc<Restricted>)>,
}

impl Bench {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, last: None }
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Judges a message, or says why it is none and what to do.
    pub(super) fn judge(&mut self, said: &Said) -> Result<Judged, String> {
        let alone = Window::new(said.role).with_restricted(self.restricted(&said.restricted)?);
        let window = self.after(alone.clone(), &said.before);
        let begun = Instant::now();
        match Text::parse(&said.text) {
            Ok(text) => {
                let as_given = text.as_str() == said.text;
                let verdict = self.verdict(&window, text);
                let took = begun.elapsed();
                let aligned = (!as_given && !verdict.findings().is_empty()).then(|| Aligned::new(&said.text));
                let seen = verdict.findings().iter().map(|finding| placed(finding.clone(), aligned.as_ref()));
                Ok(Judged { held: holds(&verdict), seen: seen.collect(), took })
            }
            Err(TextError::TooLong) => Ok(self.in_stretches(&window, &alone, &said.text, begun)),
            Err(TextError::Empty) => {
                Err("`text` is empty once spaces and characters that do not show are gone: write something".into())
            }
        }
    }

    /// Held if any stretch is, for all that was found in any. What was said before goes on in the first stretch alone.
    fn in_stretches(&self, window: &Window, alone: &Window, given: &str, begun: Instant) -> Judged {
        let aligned = Aligned::new(given);
        let (mut held, mut seen) = (false, Vec::new());
        for (at, stretch) in aligned.stretches().into_iter().enumerate() {
            let verdict = self.verdict(if at == 0 { window } else { alone }, stretch.text);
            held |= holds(&verdict);
            for finding in verdict.findings() {
                let span = finding.span.map(|span| Span(span.0 + stretch.begins, span.1 + stretch.begins));
                add(&mut seen, placed(Finding { span, ..finding.clone() }, Some(&aligned)));
            }
        }
        seen.sort_by_key(|one| (std::cmp::Reverse(one.finding.severity), one.span.map_or(0, |span| span.0)));
        Judged { held, seen, took: begun.elapsed() }
    }

    /// The product's verdict: a filter that fails holds.
    fn verdict(&self, window: &Window, text: Text) -> Verdict {
        let again = text.clone();
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(&self.rules, window, text)));
        verdict.unwrap_or_else(|_| Verdict::failed(again))
    }

    /// The window once these were said, one after another.
    fn after(&self, mut window: Window, before: &[String]) -> Window {
        for (at, given) in before.iter().enumerate() {
            let Some(text) = earlier(given) else { continue };
            let now = Timestamp(at as i64);
            window.expire(now);
            let verdict = self.verdict(&window, text.clone());
            let signs = self.rules.signs(verdict.findings(), now);
            let told = verdict.findings().iter().any(|finding| finding.category == Category::Drift);
            window.push(MessageId::from_bits(at as u128 + 1), &text, now);
            window.note(&signs, told);
        }
        window.expire(Timestamp(before.len() as i64));
        window
    }

    fn restricted(&mut self, terms: &[String]) -> Result<Arc<Restricted>, String> {
        if let Some((last, restricted)) = &self.last
            && last == terms
        {
            return Ok(restricted.clone());
        }
        let term = |(at, text): (usize, &String)| Term {
            id: (at + 1).to_string(),
            text: text.clone(),
            why: "Speaks of something that is restricted in this relationship.".into(),
        };
        let all: Vec<Term> = terms.iter().enumerate().map(term).collect();
        let restricted = Restricted::new(&all).map_err(|why| unusable(&all, &why))?;
        let restricted = Arc::new(restricted);
        self.last = Some((terms.to_vec(), restricted.clone()));
        Ok(restricted)
    }
}

/// Names the first term that cannot be used by itself, by its number.
fn unusable(terms: &[Term], why: &str) -> String {
    let bad = terms.iter().find(|term| Restricted::new(std::slice::from_ref(term)).is_err());
    match bad {
        Some(term) => format!("`restricted` cannot be used, term {}: {why}", term.id),
        None => format!("`restricted` cannot be used: {why}"),
    }
}

fn holds(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Hold { .. })
}

/// An earlier message; of one that is too long its end, which is what goes on in the next. One that is empty was never sent.
fn earlier(given: &str) -> Option<Text> {
    match Text::parse(given) {
        Ok(text) => Some(text),
        Err(TextError::Empty) => None,
        Err(TextError::TooLong) => {
            let aligned = Aligned::new(given);
            let over = aligned.stored().chars().count().saturating_sub(TEXT_CHARS_MAX);
            Text::parse(&aligned.stored().chars().skip(over).collect::<String>()).ok()
        }
    }
}

fn placed(finding: Finding, aligned: Option<&Aligned>) -> Seen {
    let span = finding.span.map(|span| aligned.map_or(span, |aligned| aligned.given(span)));
    Seen { finding, span }
}

/// Adds what was not seen yet: of two findings of one rule, one within the other, the longer stays.
fn add(seen: &mut Vec<Seen>, new: Seen) {
    let within = |inner: Option<Span>, outer: Option<Span>| match (inner, outer) {
        (Some(inner), Some(outer)) => outer.0 <= inner.0 && inner.1 <= outer.1,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let same = |one: &Seen| one.finding.rule == new.finding.rule;
    if seen.iter().any(|one| same(one) && within(new.span, one.span)) {
        return;
    }
    seen.retain(|one| !(same(one) && within(one.span, new.span)));
    seen.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::load_rules;
    use crate::config;
    use handrail_domain::people::Role;

    fn bench() -> Bench {
        Bench::new(load_rules(&config::Rules::Embedded).unwrap())
    }

    fn said(text: &str) -> Said {
        Said { text: text.into(), before: Vec::new(), restricted: Vec::new(), role: Role::Mentee }
    }

    #[test]
    fn a_finding_points_into_the_text_as_it_was_given() {
        let judged = bench().judge(&said("\r\n\u{202E}cafe\u{301}, ring 07700 900123 ok")).unwrap();
        assert_eq!((judged.verdict(), judged.seen[0].span), ("hold", Some(Span(15, 27))));
        assert_eq!(judged.seen[0].finding.excerpt, "07700 900123");
    }

    #[test]
    fn a_long_text_is_held_for_what_any_stretch_of_it_says_once() {
        let calm = "we walked by the river. ".repeat(79);
        for before in [0, 1_790, 1_890, 4_000] {
            let text = format!("{}{calm}{calm}\u{0} 07700 900123 {calm}", &calm.repeat(3)[..before]);
            let judged = bench().judge(&said(&text)).unwrap();
            let at = text.chars().position(|c| c == '0').unwrap() as u32;
            let phones: Vec<_> = judged.seen.iter().filter(|s| s.finding.rule == "contact.phone").collect();
            assert!(judged.held && phones.len() == 1, "{before}: {phones:?}");
            assert_eq!(phones[0].span, Some(Span(at, at + 12)));
        }
        assert!(!bench().judge(&said(&calm.repeat(3))).unwrap().held);
    }

    #[test]
    fn what_was_said_before_is_in_view_and_nothing_of_another_line() {
        let mut bench = bench();
        let split = Said { before: vec!["my number is 07700".into(), " \u{0}".into()], ..said("900123") };
        assert!(bench.judge(&split).unwrap().held);
        assert!(!bench.judge(&said("900123")).unwrap().held);
    }

    #[test]
    fn restricted_terms_are_numbered_and_those_that_cannot_be_used_are_named_by_number() {
        let mut bench = bench();
        let terms = |terms: &[&str]| terms.iter().map(|term| (*term).to_owned()).collect();
        let asked = Said { restricted: terms(&["Danny Okafor", "Hollins Park"]), ..said("I like Hollins Park") };
        assert_eq!(bench.judge(&asked).unwrap().seen[0].finding.rule, "restricted.2");
        let bad = Said { restricted: terms(&["Danny Okafor", "a"]), ..said("hello") };
        assert!(bench.judge(&bad).unwrap_err().contains("term 2"));
        assert!(!bench.judge(&said("I like Hollins Park")).unwrap().held);
    }
}
