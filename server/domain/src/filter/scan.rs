//! One pass of the rules over a text and what they saw. Everything here is linear in the length of the text.

use super::Window;
use super::automaton::Automaton;
use super::fold::fold;
use super::lexicon::{Lexicon, Symbols};
use super::rules::{Phrase, Rules, Use};
use super::view::{CURRENT, Marks, View, words};
use super::{detect, undo};
use crate::finding::{Evasion, Finding, Part, Span};
use crate::text::Text;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;

use super::window::Past;

/// How many bytes of earlier messages are read together with a new one.
const TAIL_BYTES_MAX: usize = 128;
/// How many hits of one rule are kept while a message is judged.
const HITS_PER_RULE_MAX: u8 = 8;
/// How many hits of one message are kept while it is judged.
const HITS_MAX: usize = 128;

/// A word of a reading.
#[derive(Debug, Clone)]
struct Word {
    /// Its bytes.
    range: Range<usize>,
    /// A sentence ended before it.
    after_stop: bool,
    symbols: Symbols,
}

/// How far a phrase's words were met in one reading.
#[derive(Debug, Clone, Copy, Default)]
struct Met {
    slots: u8,
    first: u32,
    last: u32,
}

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
    /// The reading that is asked about, and its words.
    words: View,
    turned: View,
    list: Vec<Word>,
    /// For each phrase the slots met, the phrases that have any, and those that have all.
    met: Vec<Met>,
    touched: Vec<u32>,
    candidates: Vec<u32>,
    fits: Vec<u64>,
    hits: Vec<Hit>,
    /// For each rule, how many hits were noted.
    counts: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The rules that are asked, and the words that are ordinary beside them.
#[derive(Clone, Copy)]
struct Set<'r> {
    rules: &'r Rules,
    /// Words that are what they are, however near they come to a word of these rules.
    ordinary: Option<&'r Lexicon>,
}

impl Set<'_> {
    fn look_up(self, word: &[u8]) -> Symbols {
        let is_ordinary = self.ordinary.is_some_and(|ordinary| ordinary.has(word));
        self.rules.lexicon.look_up(word, !is_ordinary)
    }
}

/// What one rule saw: the places of one hit, this message's first.
#[derive(Debug, Clone)]
struct Hit {
    rule: usize,
    places: Vec<(u8, Span)>,
    marks: Marks,
}

/// What the rules see in a text, in the order in which they see it.
pub(super) fn findings(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules, ordinary: None }, window, text);
        if scratch.hits.is_empty() { Vec::new() } else { tell(rules, window, text, &scratch.hits, window.adult()) }
    })
}

/// What the relationship's restricted terms see in a text. A word that a rule knows is no near spelling of a name.
pub(super) fn restricted(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    let Some(restricted) = window.restricted().rules() else { return Vec::new() };
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules: restricted, ordinary: Some(&rules.lexicon) }, window, text);
        tell(restricted, window, text, &scratch.hits, window.adult())
    })
}

/// The same as [`findings`], as said by an adult and as said by a mentee.
pub(super) fn findings_of_both(rules: &Rules, window: &Window, text: &Text) -> [Vec<Finding>; 2] {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules, ordinary: None }, window, text);
        [true, false].map(|adult| tell(rules, window, text, &scratch.hits, adult))
    })
}

impl Scratch {
    /// Asks the rules about every reading of the text: as it stands first, then with what a glance saw undone.
    fn read(&mut self, set: Set<'_>, window: &Window, text: &Text) {
        self.hits.clear();
        self.counts.clear();
        self.counts.resize(set.rules.rules.len(), 0);
        if !self.touched.is_empty() {
            // An earlier text was left half read.
            self.touched.clear();
            self.candidates.clear();
            self.met.fill(Met::default());
        }
        self.base.clear();
        self.borders.clear();
        gather(window.past(), &mut self.base, &mut self.borders);
        fold(text.as_str(), 0, CURRENT, &mut self.base);
        let mut base = std::mem::take(&mut self.base);
        self.ask(set, &base);
        let mut seen = undo::glance(&set.rules.vocabulary, &base);
        if !self.borders.is_empty() {
            let mut mended = std::mem::take(&mut self.mended);
            if undo::mended(&set.rules.vocabulary, &base, &self.borders, &mut mended) {
                self.ask(set, &mended);
                seen = undo::glance(&set.rules.vocabulary, &mended);
                std::mem::swap(&mut base, &mut mended);
            }
            self.mended = mended;
        }
        if seen.any() {
            self.undone(set, &base, seen);
        }
        self.base = base;
    }

    /// The readings of a text that hides something.
    fn undone(&mut self, set: Set<'_>, base: &View, seen: undo::Glance) {
        let mut joined = std::mem::take(&mut self.joined);
        let mut other = std::mem::take(&mut self.other);
        if seen.backwards {
            words(base, &mut self.words);
            self.scan_backwards(set);
        }
        self.ask_changed(set, base, &mut other);
        if seen.singles {
            undo::together(base, &mut joined);
            self.ask(set, &joined);
            self.ask_changed(set, &joined, &mut other);
        }
        self.joined = joined;
        self.other = other;
    }

    /// Asks about each reading of disguised words.
    fn ask_changed(&mut self, set: Set<'_>, base: &View, other: &mut View) {
        let changes = undo::changes(&set.rules.vocabulary, base);
        if !changes.is_empty() {
            undo::changed(base, &changes, other);
            words(other, &mut self.words);
            list(set, &self.words, &mut self.list);
            self.add_others(set, base, &changes);
            self.scan_list(set);
            self.detect(set, other);
        }
    }

    /// A disguised word that may stand for several words is all of them at once.
    fn add_others(&mut self, set: Set<'_>, base: &View, changes: &[undo::Change<'_>]) {
        let mut at = 0;
        for change in changes {
            let cell = base.cells[change.start()];
            let here = |word: &Word| {
                let first = self.words.cells[word.range.start];
                first.part == cell.part && first.from == cell.from
            };
            if let Some(found) = self.list[at..].iter().position(here) {
                at += found;
                for other in change.others() {
                    self.list[at].symbols.extend(set.look_up(other));
                }
            }
        }
    }

    /// Asks every rule about one reading.
    fn ask(&mut self, set: Set<'_>, base: &View) {
        words(base, &mut self.words);
        self.scan_words(set);
        self.detect(set, base);
    }

    fn detect(&mut self, set: Set<'_>, base: &View) {
        for detection in &set.rules.detectors {
            self.ranges.clear();
            detect::detect(detection.detector, &detection.allow, base, &mut self.ranges);
            for range in &self.ranges {
                note(&mut self.hits, detection.rule, base, range.clone());
            }
        }
    }

    fn scan_backwards(&mut self, set: Set<'_>) {
        let mut turned = std::mem::take(&mut self.turned);
        undo::backwards(&self.words, &mut turned);
        std::mem::swap(&mut self.words, &mut turned);
        self.scan_words(set);
        self.turned = turned;
    }

    fn scan_words(&mut self, set: Set<'_>) {
        list(set, &self.words, &mut self.list);
        self.scan_list(set);
    }

    fn scan_list(&mut self, set: Set<'_>) {
        self.met.resize(set.rules.phrases.len(), Met::default());
        for at in 0..self.list.len() {
            let symbols = self.list[at].symbols;
            for symbol in symbols.iter() {
                for meaning in &set.rules.uses[symbol as usize] {
                    match meaning {
                        Use::Term { rule } => self.hit(set, *rule, at..at + 1),
                        Use::Words { rule, words, at: place } => {
                            let range = at.wrapping_sub(*place)..at.wrapping_sub(*place).wrapping_add(words.len());
                            let row = self.list.get(range.clone());
                            let is = |(word, want): (&Word, &u32)| word.symbols.iter().any(|symbol| symbol == *want);
                            if row.is_some_and(|row| row.iter().zip(words).all(is)) {
                                self.hit(set, *rule, range);
                            }
                        }
                        Use::Slot { phrase, slot } => self.meet(set, *phrase, *slot, at as u32),
                    }
                }
            }
        }
        while let Some(phrase) = self.candidates.pop() {
            self.scan_phrase(set, phrase as usize);
        }
        for phrase in self.touched.drain(..) {
            self.met[phrase as usize] = Met::default();
        }
    }

    /// Notes that a slot of a phrase was met at a word.
    fn meet(&mut self, set: Set<'_>, phrase: u32, slot: u8, at: u32) {
        let met = &mut self.met[phrase as usize];
        let before = met.slots;
        if before == 0 {
            met.first = at;
            self.touched.push(phrase);
        }
        met.slots |= slot;
        met.last = at;
        if met.slots == set.rules.phrases[phrase as usize].slots && before != met.slots {
            self.candidates.push(phrase);
        }
    }

    /// Runs a phrase over the words that it may reach from where its slots were met.
    fn scan_phrase(&mut self, set: Set<'_>, phrase: usize) {
        let Phrase { rule, automaton, .. } = &set.rules.phrases[phrase];
        let Met { first, last, .. } = self.met[phrase];
        let from = (first as usize).saturating_sub(automaton.longest);
        let upto = self.list.len().min(last as usize + automaton.longest);
        let mut fits = std::mem::take(&mut self.fits);
        fits.clear();
        fit(automaton, &self.list[from..upto], &mut fits);
        let mut at = from;
        while at < upto && !self.enough(*rule) {
            match automaton.longest_match(automaton.rest(&fits, at - from)) {
                Some(words) => {
                    self.hit(set, *rule, at..at + words);
                    at += words;
                }
                None => at += 1,
            }
        }
        self.fits = fits;
    }

    /// Notes that a rule matched these words, unless they are part of words that it does not mean.
    fn hit(&mut self, set: Set<'_>, rule: usize, words: Range<usize>) {
        let range = self.list[words.start].range.start..self.list[words.end - 1].range.end;
        if !self.enough(rule) && !self.excused(set, rule, words) {
            self.counts[rule] += u8::from(note(&mut self.hits, rule, &self.words, range));
        }
    }

    /// Whether a hit is part of words that the rule does not mean. Only the words around it are asked about, so that many hits
    /// in a long text stay cheap.
    fn excused(&self, set: Set<'_>, rule: usize, hit: Range<usize>) -> bool {
        set.rules.rules[rule].unless.iter().any(|unless| {
            let from = hit.start.saturating_sub(unless.longest);
            let upto = self.list.len().min(hit.end + unless.longest);
            let mut fits = Vec::new();
            fit(unless, &self.list[from..upto], &mut fits);
            (from..upto).any(|at| {
                let found = unless.longest_match(unless.rest(&fits, at - from));
                found.is_some_and(|words| at < hit.end && hit.start < at + words)
            })
        })
    }

    /// Whether enough was seen of a rule in this message.
    fn enough(&self, rule: usize) -> bool {
        self.counts[rule] >= HITS_PER_RULE_MAX
    }
}

/// Which positions of a phrase each word fits.
fn fit(automaton: &Automaton, words: &[Word], fits: &mut Vec<u64>) {
    words.iter().for_each(|word| automaton.fit(word.symbols.iter(), word.after_stop, fits));
}

/// The words of a reading, each looked up.
fn list(set: Set<'_>, words: &View, out: &mut Vec<Word>) {
    out.clear();
    let bytes = &words.bytes;
    let apart = |byte: u8| matches!(byte, b' ' | b'.');
    let mut at = 0;
    while at < bytes.len() {
        if apart(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && !apart(bytes[at]) {
            at += 1;
        }
        let after_stop = start > 0 && bytes[start - 1] == b'.';
        let symbols = set.look_up(&bytes[start..at]);
        out.push(Word { range: start..at, after_stop, symbols });
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

/// Notes a hit and says so, unless it lies in earlier messages alone or the same rule saw that place before.
fn note(hits: &mut Vec<Hit>, rule: usize, view: &View, range: Range<usize>) -> bool {
    let cells = &view.cells[range.clone()];
    if hits.len() >= HITS_MAX || !cells.iter().any(|cell| cell.part == CURRENT && cell.from < cell.upto) {
        return false;
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
    !known
}

/// Code points `span` of a text.
fn excerpt(text: &str, span: Span) -> String {
    text.chars().skip(span.0 as usize).take((span.1 - span.0) as usize).collect()
}

fn tell(rules: &Rules, window: &Window, text: &Text, hits: &[Hit], adult: bool) -> Vec<Finding> {
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
