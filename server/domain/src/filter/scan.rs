//! One pass of the rules over a text and what they saw. Everything here is linear in the length of the text.

use super::fold::fold;
use super::rules::{Literal, Phrase, Rules};
use super::view::{CURRENT, Marks, View, words};
use super::{FINDINGS_MAX, Window};
use super::{detect, undo};
use crate::finding::{Evasion, Finding, Part, Span};
use crate::text::Text;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;

use super::window::Past;

/// How many bytes of earlier messages are read together with a new one.
const TAIL_BYTES_MAX: usize = 128;
/// How often one phrase is noted in one reading.
const HITS_PER_PHRASE_MAX: usize = 8;
/// How many hits of one rule are kept while a message is judged.
const HITS_PER_RULE_MAX: usize = 8;
/// How many bytes before and after a hit may excuse it.
const AROUND_BYTES: usize = 120;
/// How many hits of one message are kept while it is judged.
const HITS_MAX: usize = 128;

/// Room to work in, kept by each thread so that judging what nothing matches allocates nothing.
#[derive(Default)]
struct Scratch {
    base: View,
    /// Where one message ends and the next begins in `base`.
    borders: Vec<usize>,
    /// Other readings of `base`, one at a time.
    mended: View,
    joined: View,
    other: View,
    words: View,
    turned: View,
    flat: Vec<u8>,
    /// For each phrase the slots met, the phrases that have any, and those that have all.
    met: Vec<u8>,
    touched: Vec<u32>,
    candidates: Vec<u32>,
    hits: Vec<Hit>,
    ranges: Vec<Range<usize>>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What one rule saw: the places of one hit, this message's first.
#[derive(Debug, Clone)]
struct Hit {
    rule: usize,
    places: Vec<(u8, Span)>,
    marks: Marks,
}

/// What the rules see in a text, most urgent first.
pub(super) fn findings(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(rules, window, text);
        if scratch.hits.is_empty() { Vec::new() } else { tell(rules, window, text, &scratch.hits) }
    })
}

impl Scratch {
    /// Asks the rules about every reading of the text: as it stands first, then with what a glance saw undone.
    fn read(&mut self, rules: &Rules, window: &Window, text: &Text) {
        self.hits.clear();
        if !self.touched.is_empty() {
            // An earlier text was left half read.
            self.touched.clear();
            self.candidates.clear();
            self.met.fill(0);
        }
        self.base.clear();
        self.borders.clear();
        gather(window.past(), &mut self.base, &mut self.borders);
        fold(text.as_str(), 0, CURRENT, &mut self.base);
        let mut base = std::mem::take(&mut self.base);
        self.ask(rules, &base);
        let mut seen = undo::glance(&rules.vocabulary, &base);
        if !self.borders.is_empty() {
            let mut mended = std::mem::take(&mut self.mended);
            if undo::mended(&rules.vocabulary, &base, &self.borders, &mut mended) {
                self.ask(rules, &mended);
                seen = undo::glance(&rules.vocabulary, &mended);
                std::mem::swap(&mut base, &mut mended);
            }
            self.mended = mended;
        }
        if seen.any() {
            self.undone(rules, &base, seen);
        }
        self.base = base;
    }

    /// The readings of a text that hides something.
    fn undone(&mut self, rules: &Rules, base: &View, seen: undo::Glance) {
        let mut joined = std::mem::take(&mut self.joined);
        let mut other = std::mem::take(&mut self.other);
        if seen.backwards {
            words(base, &mut self.words);
            self.scan_backwards(rules);
        }
        self.ask_changed(rules, base, &mut other);
        if seen.singles {
            undo::together(base, &mut joined);
            self.ask(rules, &joined);
            self.ask_changed(rules, &joined, &mut other);
        }
        self.joined = joined;
        self.other = other;
    }

    /// Asks about each reading of disguised words.
    fn ask_changed(&mut self, rules: &Rules, base: &View, other: &mut View) {
        let changes = undo::changes(&rules.vocabulary, base);
        for number in 0..undo::readings(base, &changes) {
            undo::changed(base, &changes, number, other);
            self.ask(rules, other);
        }
    }

    /// Asks every rule about one reading.
    fn ask(&mut self, rules: &Rules, base: &View) {
        words(base, &mut self.words);
        self.scan_words(rules);
        for detection in &rules.detectors {
            self.ranges.clear();
            detect::detect(detection.detector, &detection.allow, base, &mut self.ranges);
            for range in &self.ranges {
                note(&mut self.hits, detection.rule, base, range.clone());
            }
        }
    }

    fn scan_backwards(&mut self, rules: &Rules) {
        let mut turned = std::mem::take(&mut self.turned);
        undo::backwards(&self.words, &mut turned);
        std::mem::swap(&mut self.words, &mut turned);
        self.scan_words(rules);
        self.turned = turned;
    }

    fn scan_words(&mut self, rules: &Rules) {
        self.flat.clear();
        self.flat.extend(self.words.bytes.iter().map(|byte| if *byte == b'.' { b' ' } else { *byte }));
        self.met.resize(rules.phrases.len(), 0);
        for found in rules.words.find_overlapping_iter(&self.flat) {
            match &rules.literals[found.pattern().as_usize()] {
                Literal::Term { rule, open } => {
                    let rest = &self.flat[found.end()..];
                    let more = if *open { rest.iter().take_while(|byte| **byte != b' ').count() } else { 0 };
                    let range = found.start() + 1..found.end() + more - usize::from(!open);
                    if !self.enough(*rule) && !self.excused(rules, *rule, range.clone()) {
                        note(&mut self.hits, *rule, &self.words, range);
                    }
                }
                Literal::Slots(slots) => {
                    for (phrase, slot) in slots {
                        let met = &mut self.met[*phrase as usize];
                        let before = *met;
                        *met |= slot;
                        if before == 0 {
                            self.touched.push(*phrase);
                        }
                        if *met == rules.phrases[*phrase as usize].slots && before != *met {
                            self.candidates.push(*phrase);
                        }
                    }
                }
            }
        }
        for phrase in self.touched.drain(..) {
            self.met[phrase as usize] = 0;
        }
        while let Some(phrase) = self.candidates.pop() {
            self.scan_phrase(rules, phrase as usize);
        }
    }

    fn scan_phrase(&mut self, rules: &Rules, phrase: usize) {
        let Phrase { rule, regex, .. } = &rules.phrases[phrase];
        let mut at = 0;
        for _ in 0..HITS_PER_PHRASE_MAX {
            let Some(found) = regex.find_at(&self.words.bytes, at) else { return };
            let range = found.start() + 1..found.end() - 1;
            at = range.end;
            if !self.enough(*rule) && !self.excused(rules, *rule, range.clone()) {
                note(&mut self.hits, *rule, &self.words, range);
            }
        }
    }

    /// Whether the hit is part of words that the rule does not mean. Only the words around it are asked about, so that many
    /// hits in a long text stay cheap.
    fn excused(&self, rules: &Rules, rule: usize, hit: Range<usize>) -> bool {
        let Some(unless) = &rules.rules[rule].unless else { return false };
        let from = hit.start.saturating_sub(AROUND_BYTES);
        let around = &self.words.bytes[from..self.words.len().min(hit.end + AROUND_BYTES)];
        let (start, end) = (hit.start - from, hit.end - from);
        unless.find_iter(around).any(|found| found.start() + 1 < end && start + 1 < found.end())
    }

    /// Whether enough was seen of a rule in this message.
    fn enough(&self, rule: usize) -> bool {
        self.hits.iter().filter(|hit| hit.rule == rule).count() >= HITS_PER_RULE_MAX
    }
}

/// The ends of earlier messages, oldest first, each followed by a space; the number of a part says which message.
fn gather(past: &VecDeque<Past>, base: &mut View, borders: &mut Vec<usize>) {
    let mut bytes = 0;
    let first = past.iter().enumerate().rev().take_while(|(_, past)| {
        let fits = bytes < TAIL_BYTES_MAX;
        bytes += past.tail.len();
        fits
    });
    let first = first.last().map_or(past.len(), |(at, _)| at);
    for (at, earlier) in past.iter().enumerate().skip(first) {
        let part = at as u8 + 1;
        for (byte, cell) in earlier.tail.bytes.iter().zip(&earlier.tail.cells) {
            base.push(*byte, super::view::Cell { part, ..*cell });
        }
        let end = base.cells.last().map_or(0, |cell| cell.upto);
        borders.push(base.len());
        base.push(b' ', super::view::Cell { from: end, upto: end, part, marks: Marks::NONE });
    }
}

/// Notes a hit, unless it lies in earlier messages alone or the same rule saw that place before.
fn note(hits: &mut Vec<Hit>, rule: usize, view: &View, range: Range<usize>) {
    let cells = &view.cells[range.clone()];
    if hits.len() >= HITS_MAX || !cells.iter().any(|cell| cell.part == CURRENT && cell.from < cell.upto) {
        return;
    }
    let mut places: Vec<(u8, Span)> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.from < cell.upto) {
        let (from, upto) = (u32::from(cell.from), u32::from(cell.upto));
        match places.iter_mut().find(|place| place.0 == cell.part) {
            Some((_, span)) => *span = Span(span.0.min(from), span.1.max(upto)),
            None => places.push((cell.part, Span(from, upto))),
        }
    }
    places.sort_by_key(|place| place.0);
    let (_, span) = places[0];
    let known = hits.iter().any(|hit| hit.rule == rule && hit.places[0].1.0 < span.1 && span.0 < hit.places[0].1.1);
    if !known {
        let split = if places.len() > 1 { Marks::of(Evasion::Split) } else { Marks::NONE };
        hits.push(Hit { rule, places, marks: view.marks(range).and(split) });
    }
}

/// Code points `span` of a text.
fn excerpt(text: &str, span: Span) -> String {
    text.chars().skip(span.0 as usize).take((span.1 - span.0) as usize).collect()
}

fn tell(rules: &Rules, window: &Window, text: &Text, hits: &[Hit]) -> Vec<Finding> {
    let adult = window.adult();
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
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.span.map_or(0, |span| span.0)));
    findings.truncate(FINDINGS_MAX);
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
