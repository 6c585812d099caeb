//! One pass of the rules over a text and what they saw. Everything here is linear in the length of the text.

use super::automaton::{Gate, Here, Mask, Wait, Word, each};
use super::fold::fold;
use super::lexicon::{Lexicon, Symbols};
use super::rules::{Phrase, Rules, Use};
use super::tell::{is_another, tell};
use super::view::{CURRENT, Marks, View, words};
use super::{Window, in_doubt};
use super::{apart, detect, undo};
use crate::finding::{Evasion, Finding, Span};
use crate::text::Text;
use std::cell::RefCell;
use std::ops::Range;

use super::window::{figures, gather};

#[cfg(test)]
mod gates;

/// How many hits of one rule are kept while a message is judged.
const HITS_PER_RULE_MAX: u8 = 8;
/// How often one rule is excused in one message. What is excused so often is said on purpose.
const EXCUSES_PER_RULE_MAX: u8 = 24;
/// How often phrases are run on one message: so often for any, and so often more for each of its words. Everyday talk needs a
/// third at most; a message that needs more is made to, and a person reads it.
const RUNS_MAX: usize = 500;
const RUNS_PER_WORD: usize = 30;
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
    /// The reading that is asked about, and its words.
    words: View,
    turned: View,
    list: Vec<Word>,
    /// What a [`Gate`] asks of each.
    bits: Vec<u64>,
    /// The words of the message alone as it stands, and how long that reading is: with earlier messages before it they are the same.
    alone: Vec<Word>,
    alone_bytes: usize,
    /// Everything that the words of the reading are.
    mask: Mask,
    /// The first word of the message itself, after those of earlier ones.
    current: usize,
    hits: Vec<Hit>,
    /// For each rule, how many hits were noted.
    counts: Vec<u8>,
    /// For each rule, how many were excused.
    excuses: Vec<u8>,
    /// How often phrases were run, and how often they may be.
    runs: usize,
    runs_max: usize,
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

/// What is asked of a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Whatever the rules see in it.
    All,
    /// What begins in an earlier message: the rest was asked of the message alone.
    Across,
}

/// What one rule saw: the places of one hit, this message's first.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) rule: usize,
    pub(super) places: Vec<(u8, Span)>,
    pub(super) marks: Marks,
}

/// What the rules see in a text, in the order in which they see it.
pub(super) fn findings(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules, ordinary: None }, window, text);
        let mut findings = tell(rules, window, text, &scratch.hits, window.adult());
        findings.extend(scratch.too_much());
        findings
    })
}

/// What the relationship's restricted terms see in a text. A word that a rule knows is no near spelling of a name.
pub(super) fn restricted(rules: &Rules, window: &Window, text: &Text) -> Vec<Finding> {
    let Some(restricted) = window.restricted().rules() else { return Vec::new() };
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules: restricted, ordinary: Some(&rules.lexicon) }, window, text);
        scratch.hits.retain(|hit| !(restricted.rules[hit.rule].first_name && is_another(text, hit)));
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

/// How often phrases are run to read a text.
#[cfg(test)]
pub(super) fn work(rules: &Rules, window: &Window, text: &Text) -> usize {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(Set { rules, ordinary: None }, window, text);
        scratch.runs
    })
}

impl Scratch {
    /// Reads the text alone first, so that it is held for whatever it says by itself: an excuse or a digit in an earlier message
    /// must not free it. Then with what was said before.
    fn read(&mut self, set: Set<'_>, window: &Window, text: &Text) {
        self.hits.clear();
        self.borders.clear();
        self.base.clear();
        self.read_base(set, text);
        if window.past().is_empty() || self.runs > self.runs_max {
            return;
        }
        self.base.clear();
        gather(window.past(), |_| true, &mut self.base, &mut self.borders);
        self.read_base(set, text);
        self.ask_figures(set, window, text);
    }

    /// Adds the text to what stands in `base`, and asks the rules about every reading: as it stands first, then with what a glance
    /// saw undone.
    fn read_base(&mut self, set: Set<'_>, text: &Text) {
        self.counts.clear();
        self.counts.resize(set.rules.rules.len(), 0);
        self.excuses.clear();
        self.excuses.resize(set.rules.rules.len(), 0);
        (self.runs, self.runs_max) = (0, RUNS_MAX);
        fold(text.as_str(), 0, CURRENT, &mut self.base);
        let mut base = std::mem::take(&mut self.base);
        // As it stands, it was read alone before it is read with what was said before.
        words(&base, &mut self.words);
        self.list_as_it_stands(set);
        self.scan_list(set, if self.borders.is_empty() { Wanted::All } else { Wanted::Across });
        self.detect(set, &base);
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

    /// Asks the detectors about figures that were sent in pieces, without what was said between them: "07700", "lol", "900123".
    fn ask_figures(&mut self, set: Set<'_>, window: &Window, text: &Text) {
        if set.rules.detectors.is_empty() || !window.past().iter().any(|past| past.has_figures) {
            return;
        }
        let mut pieces = std::mem::take(&mut self.other);
        pieces.clear();
        self.borders.clear();
        gather(window.past(), |past| past.has_figures, &mut pieces, &mut self.borders);
        let current = pieces.len();
        fold(text.as_str(), 0, CURRENT, &mut pieces);
        if figures(&pieces.bytes[current..]) > 0 {
            self.detect_pieces(set, &pieces);
        }
        self.other = pieces;
    }

    fn detect_pieces(&mut self, set: Set<'_>, pieces: &View) {
        self.detect(set, pieces);
        // A row of digits may be broken too: "20-00-00 5577", "9911".
        let digit = |at: usize| pieces.byte(at).is_ascii_digit();
        let broken = |at: &usize| digit(at.wrapping_sub(1)) && digit(at + 1);
        self.borders.retain(broken);
        if !self.borders.is_empty() {
            let mut joined = std::mem::take(&mut self.joined);
            joined.clear();
            (0..pieces.len()).filter(|at| !self.borders.contains(at)).for_each(|at| joined.extend(pieces, at..at + 1));
            self.detect(set, &joined);
            self.joined = joined;
        }
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
            apart::together(base, &mut joined);
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
            list(set, &self.words, 0..self.words.len(), &mut self.list);
            self.add_others(set, base, &changes);
            self.scan_list(set, Wanted::All);
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

    /// The words of the message alone, each looked up, are kept; with earlier ones before it, only theirs are looked up.
    fn list_as_it_stands(&mut self, set: Set<'_>) {
        if self.borders.is_empty() {
            list(set, &self.words, 0..self.words.len(), &mut self.list);
            self.alone.clone_from(&self.list);
            self.alone_bytes = self.words.len();
            return;
        }
        let shift = self.words.len() - self.alone_bytes;
        list(set, &self.words, 0..shift + 1, &mut self.list);
        let moved = |word: &Word| Word { range: word.range.start + shift..word.range.end + shift, ..word.clone() };
        let first = self.list.len();
        self.list.extend(self.alone.iter().map(moved));
        if let Some(word) = self.list.get_mut(first) {
            word.after_stop = self.words.bytes[word.range.start - 1] == b'.';
        }
        debug_assert_eq!(
            self.list,
            looked_up(set, &self.words),
            "the words of a message are the same with others before it"
        );
    }

    /// Whether there was more to do than a message may ask for.
    fn too_much(&self) -> Option<Finding> {
        let why = "So much in this message is like what the rules look for that it could not be read to its end.";
        (self.runs > self.runs_max).then(|| in_doubt("filter.too-much", why))
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
        list(set, &self.words, 0..self.words.len(), &mut self.list);
        self.scan_list(set, Wanted::All);
    }

    /// What all words of a reading are.
    fn learn(&mut self, list: &[Word]) {
        self.mask = Mask::default();
        list.iter().flat_map(|word| word.symbols.iter()).for_each(|symbol| self.mask.add(symbol));
        self.bits.clear();
        self.bits.extend(list.iter().map(Gate::bits));
    }

    fn scan_list(&mut self, set: Set<'_>, wanted: Wanted) {
        let list = std::mem::take(&mut self.list);
        self.learn(&list);
        self.list = list;
        let all = self.bits.iter().fold(0, |all, word| all | word);
        let is_current = |word: &Word| self.words.cells[word.range.end - 1].part == CURRENT;
        self.current = self.list.iter().position(is_current).unwrap_or(0);
        self.runs_max = self.runs_max.max(RUNS_MAX + RUNS_PER_WORD * self.list.len());
        for at in 0..self.list.len() {
            if self.runs > self.runs_max {
                return;
            }
            let symbols = self.list[at].symbols;
            // What lies in earlier messages alone was judged with them, and what does not begin there alone.
            let back = if wanted == Wanted::Across { (at + 1).saturating_sub(self.current) } else { 0 };
            let here = Here::new(&self.bits, all, at, back, self.current.saturating_sub(at));
            for symbol in symbols.iter() {
                for meaning in &set.rules.uses[symbol as usize] {
                    self.scan_use(set, meaning, at, wanted);
                }
                let slots = &set.rules.slots[symbol as usize];
                for (gates, waits) in slots.gates.chunks(64).zip(slots.waits.chunks(64)) {
                    each(&[Gate::open(gates, &here)], |open| {
                        let (phrase, wait) = &waits[open];
                        if wait.may_stand(&self.list, at) {
                            self.scan_phrase(set, *phrase as usize, wait, at, wanted);
                        }
                    });
                }
            }
        }
    }

    /// Asks about a word, or words in a row.
    fn scan_use(&mut self, set: Set<'_>, meaning: &Use, at: usize, wanted: Wanted) {
        match meaning {
            Use::Term { rule } if at >= self.current && wanted == Wanted::All => self.hit(set, *rule, at..at + 1),
            Use::Term { .. } => (),
            Use::Words { rule, words, at: place } => {
                let range = at.wrapping_sub(*place)..at.wrapping_sub(*place).wrapping_add(words.len());
                let row = self.list.get(range.clone());
                let is = |(word, want): (&Word, &u32)| word.symbols.iter().any(|symbol| symbol == *want);
                if row.is_some_and(|row| row.iter().zip(words).all(is))
                    && (wanted == Wanted::All || range.start < self.current)
                {
                    self.hit(set, *rule, range);
                }
            }
        }
    }

    /// Runs a phrase from every place from which a match may begin that has this word in its slot.
    fn scan_phrase(&mut self, set: Set<'_>, phrase: usize, wait: &Wait, slot: usize, wanted: Wanted) {
        let Phrase { rule, automaton } = &set.rules.phrases[phrase];
        if self.enough(*rule) || !automaton.possible(&self.mask) {
            return;
        }
        self.runs += 1;
        let list = std::mem::take(&mut self.list);
        // The longest match may begin furthest back, so all are tried; an excused one does not hide another.
        let mut best: Option<Range<usize>> = None;
        automaton.starts(&list, slot, wait, |at| {
            if wanted == Wanted::Across && at >= self.current {
                return;
            }
            let upto = list.len().min(at + automaton.longest);
            let found = automaton.longest_match(&list[at..upto]).map(|words| at..at + words);
            if let Some(found) = found.filter(|found| slot < found.end && !self.excused(set, &list, *rule, found)) {
                best = Some(found);
            }
        });
        if let Some(words) = best {
            self.note(*rule, &list, words);
        }
        self.list = list;
    }

    /// Notes that a rule matched these words, unless they are part of words that it does not mean.
    fn hit(&mut self, set: Set<'_>, rule: usize, words: Range<usize>) {
        let list = std::mem::take(&mut self.list);
        if !self.enough(rule) && !self.excused(set, &list, rule, &words) {
            self.note(rule, &list, words);
        }
        self.list = list;
    }

    fn note(&mut self, rule: usize, list: &[Word], words: Range<usize>) {
        let range = list[words.start].range.start..list[words.end - 1].range.end;
        self.counts[rule] += u8::from(note(&mut self.hits, rule, &self.words, range));
    }

    /// Whether a hit is part of words that the rule does not mean. Only the words around it are asked about, so that many hits
    /// in a long text stay cheap; and only so often, after which a rule is believed.
    fn excused(&mut self, set: Set<'_>, list: &[Word], rule: usize, hit: &Range<usize>) -> bool {
        if self.excuses[rule] >= EXCUSES_PER_RULE_MAX {
            return false;
        }
        let excused = set.rules.rules[rule].unless.iter().filter(|unless| unless.possible(&self.mask)).any(|unless| {
            self.runs += 1;
            let from = hit.start.saturating_sub(unless.longest);
            (from..hit.end).any(|at| {
                let upto = list.len().min(at + unless.longest);
                unless.longest_match(&list[at..upto]).is_some_and(|words| hit.start < at + words)
            })
        });
        self.excuses[rule] += u8::from(excused);
        excused
    }

    /// Whether enough was seen of a rule in this message.
    fn enough(&self, rule: usize) -> bool {
        self.counts[rule] >= HITS_PER_RULE_MAX
    }
}

/// The words of a stretch of a reading, each looked up.
fn list(set: Set<'_>, words: &View, stretch: Range<usize>, out: &mut Vec<Word>) {
    out.clear();
    let bytes = &words.bytes[..stretch.end];
    let apart = |byte: u8| matches!(byte, b' ' | b'.');
    let mut at = stretch.start;
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

/// The words of a whole reading, each looked up.
fn looked_up(set: Set<'_>, words: &View) -> Vec<Word> {
    let mut all = Vec::new();
    list(set, words, 0..words.len(), &mut all);
    all
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
