//! Every word that some rule uses, indexed so that a disguised word can be traced back to the words it may stand for. It only
//! knows words of rules: what no rule asks about is never guessed at.

use super::lexicon::WordHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;

/// The longest word that is traced back.
pub(super) const WORD_BYTES_MAX: usize = 40;
/// How many words one disguised word may stand for.
pub(super) const READINGS_MAX: usize = 12;
/// The longest run of letters that is cut into words.
const RUN_BYTES_MAX: usize = 2_000;
/// What a letter that belongs to no word costs, where a word costs 1.
const LEFT_OVER_COST: u32 = 10;
/// Endings of a term that is written with `*`.
const ENDINGS: [&str; 10] = ["s", "es", "ed", "d", "er", "ers", "ing", "in", "y", "ting"];

/// A word of some rule.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: Box<[u8]>,
    /// A rule looks for this word alone.
    pub(super) strong: bool,
}

/// Words of rules, by how they may be disguised.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: Vec<Word>,
    index: HashMap<Box<[u8]>, u32, BuildHasherDefault<WordHasher>>,
    all: Bits,
    strong: Bits,
    skeletons: HashMap<Vec<u8>, Vec<u32>, BuildHasherDefault<WordHasher>>,
    shapes: HashMap<Shape, Vec<u32>>,
}

/// A set of hashes that may say yes wrongly, never no: two bits a hash (Bloom, 1970), one wrong yes in a hundred at 14,000 words.
#[derive(Debug)]
struct Bits(Box<[u64]>);

impl Bits {
    const BLOCKS: usize = 1 << 12;

    fn new() -> Self {
        Bits(vec![0; Self::BLOCKS].into())
    }

    fn places(hash: u64) -> [(usize, u64); 2] {
        [(hash >> 52, hash >> 46), (hash >> 34 & 0xFFF, hash >> 28)]
            .map(|(block, bit)| (block as usize, 1 << (bit & 63)))
    }

    fn insert(&mut self, hash: u64) {
        Self::places(hash).into_iter().for_each(|(block, bit)| self.0[block] |= bit);
    }

    fn may_have(&self, hash: u64) -> bool {
        Self::places(hash).into_iter().all(|(block, bit)| self.0[block] & bit != 0)
    }
}

/// What is seen of a word with masked letters: its length, its first letter, and the last or the second if they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    length: usize,
    first: u8,
    last: Option<u8>,
    second: Option<u8>,
}

impl Shape {
    fn seen(token: &[u8], hidden: impl Fn(u8) -> bool) -> Self {
        let shown = |byte: u8| Some(byte).filter(|byte| !hidden(*byte));
        let last = shown(token[token.len() - 1]);
        let second = token.get(1).and_then(|byte| shown(*byte)).filter(|_| last.is_none());
        Shape { length: token.len(), first: token[0], last, second }
    }

    /// Every shape under which a word may be looked for.
    fn all(word: &[u8]) -> [Self; 3] {
        let bare = Shape { length: word.len(), first: word[0], last: None, second: None };
        [bare, Shape { last: word.last().copied(), ..bare }, Shape { second: word.get(1).copied(), ..bare }]
    }
}

/// A hash of a word and of the same word backwards, made letter by letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordHash {
    forward: u64,
    backward: u64,
    power: u64,
}

impl WordHash {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    /// Of no letters.
    pub(super) const EMPTY: WordHash = WordHash { forward: 0, backward: 0, power: 1 };

    /// With one more letter.
    pub(super) fn with(self, byte: u8) -> Self {
        let byte = u64::from(byte) + 1;
        WordHash {
            forward: self.forward.wrapping_mul(Self::BASE).wrapping_add(byte),
            backward: self.backward.wrapping_add(byte.wrapping_mul(self.power)),
            power: self.power.wrapping_mul(Self::BASE),
        }
    }

    /// The hash of this word with another behind it.
    pub(super) fn joined(self, next: WordHash) -> Self {
        WordHash {
            forward: self.forward.wrapping_mul(next.power).wrapping_add(next.forward),
            backward: next.backward.wrapping_mul(self.power).wrapping_add(self.backward),
            power: self.power.wrapping_mul(next.power),
        }
    }

    fn of(word: &[u8]) -> Self {
        word.iter().fold(Self::EMPTY, |hash, byte| hash.with(*byte))
    }

    fn spread(hash: u64) -> u64 {
        (hash ^ hash >> 29).wrapping_mul(Self::BASE)
    }
}

impl Vocabulary {
    /// The vocabulary of these words; `strong` ones are looked for alone, and `open` ones with any ending.
    pub(super) fn new(words: &BTreeSet<String>, strong: &BTreeSet<String>, open: &BTreeSet<String>) -> Self {
        let mut all: BTreeMap<String, bool> = words.iter().map(|word| (word.clone(), false)).collect();
        for stem in open {
            let is_strong = strong.contains(stem);
            for ending in ENDINGS {
                all.entry(format!("{stem}{ending}")).or_insert(is_strong);
            }
        }
        for word in strong {
            all.insert(word.clone(), true);
        }
        let mut vocabulary = Vocabulary {
            words: Vec::new(),
            index: HashMap::default(),
            all: Bits::new(),
            strong: Bits::new(),
            skeletons: HashMap::default(),
            shapes: HashMap::new(),
        };
        for (word, strong) in all {
            if word.len() <= WORD_BYTES_MAX && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                vocabulary.add(word.as_bytes(), strong);
            }
        }
        vocabulary
    }

    fn add(&mut self, word: &[u8], strong: bool) {
        let number = self.words.len() as u32;
        self.words.push(Word { text: word.into(), strong });
        self.index.insert(word.into(), number);
        let hash = WordHash::spread(WordHash::of(word).forward);
        self.all.insert(hash);
        if strong {
            self.strong.insert(hash);
        }
        self.skeletons.entry(skeleton(word)).or_default().push(number);
        for shape in Shape::all(word) {
            self.shapes.entry(shape).or_default().push(number);
        }
    }

    /// Every word.
    #[cfg(any(test, feature = "fuzz"))]
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter_map(|word| std::str::from_utf8(&word.text).ok())
    }

    pub(super) fn has(&self, word: &[u8]) -> bool {
        self.index.contains_key(word)
    }

    /// The word, if some rule uses it.
    pub(super) fn known(&self, word: &[u8]) -> Option<&[u8]> {
        self.index.get(word).map(|number| &*self.words[*number as usize].text)
    }

    /// Whether a rule looks for this word alone.
    pub(super) fn is_strong(&self, word: &[u8]) -> bool {
        self.index.get(word).is_some_and(|number| self.words[*number as usize].strong)
    }

    /// Whether the word may be known; a wrong yes costs time, a no is certain.
    pub(super) fn may_have(&self, hash: WordHash) -> bool {
        self.all.may_have(WordHash::spread(hash.forward))
    }

    /// Whether the word written backwards is known; `hash` is that of the word as it stands.
    pub(super) fn has_backwards(&self, word: &[u8], hash: WordHash) -> bool {
        if word.len() > WORD_BYTES_MAX || !self.all.may_have(WordHash::spread(hash.backward)) {
            return false;
        }
        let mut turned = [0; WORD_BYTES_MAX];
        word.iter().rev().zip(&mut turned).for_each(|(byte, place)| *place = *byte);
        self.has(&turned[..word.len()])
    }

    /// Whether the word may be one that a rule looks for alone.
    pub(super) fn may_be_strong(&self, hash: WordHash) -> bool {
        self.strong.may_have(WordHash::spread(hash.forward))
    }

    /// The words that a token of letters, digits and signs may stand for, with letters stretched.
    pub(super) fn decoded(&self, token: &[u8]) -> Vec<&[u8]> {
        let Some(numbers) = self.skeletons.get(&skeleton(token)) else { return Vec::new() };
        let mut found: Vec<&Word> = numbers.iter().map(|number| &self.words[*number as usize]).collect();
        found.retain(|word| stands_for(token, &word.text));
        Self::best(found)
    }

    /// The words that a token with masked letters may stand for; `hidden` says which signs mask.
    pub(super) fn unmasked(&self, token: &[u8], hidden: impl Fn(u8) -> bool) -> Vec<&[u8]> {
        let seen = token.iter().filter(|byte| !hidden(**byte)).count();
        if token.len() > WORD_BYTES_MAX || seen < 2 || hidden(token[0]) {
            return Vec::new();
        }
        let Some(numbers) = self.shapes.get(&Shape::seen(token, &hidden)) else { return Vec::new() };
        let fits = |word: &&Word| token.iter().zip(&word.text).all(|(byte, letter)| hidden(*byte) || byte == letter);
        let enough = |word: &&Word| word.strong || seen * 2 >= token.len();
        Self::best(numbers.iter().map(|number| &self.words[*number as usize]).filter(fits).filter(enough).collect())
    }

    fn best(mut found: Vec<&Word>) -> Vec<&[u8]> {
        found.sort_by_key(|word| !word.strong);
        found.into_iter().take(READINGS_MAX).map(|word| &*word.text).collect()
    }

    /// Cuts a run of letters into words of the vocabulary, so that as few letters as possible are left over, in as few words as
    /// possible; gives where each piece ends. Nothing if letters are left over and no word of three letters or more is found.
    pub(super) fn cut(&self, run: &[u8]) -> Option<Vec<usize>> {
        if run.len() > RUN_BYTES_MAX {
            return None;
        }
        // best[n]: the least cost of the first n letters, where its last piece begins, and whether that is a word.
        let mut best: Vec<(u32, usize, bool)> = vec![(u32::MAX, 0, false); run.len() + 1];
        best[0].0 = 0;
        for start in 0..run.len() {
            let cost = best[start].0;
            if cost + LEFT_OVER_COST < best[start + 1].0 {
                best[start + 1] = (cost + LEFT_OVER_COST, start, false);
            }
            let mut hash = WordHash::EMPTY;
            for end in start + 1..=run.len().min(start + WORD_BYTES_MAX) {
                hash = hash.with(run[end - 1]);
                let word = &run[start..end];
                let whole = matches!(word, b"i" | b"a" | b"u");
                // "me a" rather than "m ea".
                let more = if word.len() > 1 || whole { 1 } else { 2 };
                if (whole || self.may_have(hash) && self.has(word)) && cost + more < best[end].0 {
                    best[end] = (cost + more, start, true);
                }
            }
        }
        let mut ends = Vec::new();
        let (mut at, mut found, mut left_over, mut complete) = (run.len(), false, false, true);
        while at > 0 {
            let (_, start, word) = best[at];
            found |= word && at - start >= 3;
            complete &= word;
            // Letters left over side by side are one piece.
            if word || !left_over {
                ends.push(at);
            }
            left_over = !word;
            at = start;
        }
        ends.reverse();
        (found || complete).then_some(ends)
    }
}

/// The letters that a sign may stand for.
fn letters(byte: u8) -> &'static [u8] {
    match byte {
        b'0' => b"o",
        b'1' | b'!' | b'|' => b"il",
        b'2' => b"z",
        b'3' => b"e",
        b'4' | b'@' | b'^' => b"a",
        b'5' | b'$' => b"s",
        b'6' | b'9' => b"g",
        b'7' | b'+' => b"t",
        b'8' => b"b",
        b'(' | b'<' => b"c",
        b'#' => b"h",
        _ => b"",
    }
}

/// Whether a sign is used for a letter.
pub(super) fn is_leet(byte: u8) -> bool {
    !letters(byte).is_empty()
}

/// What a word and its disguises have in common: repeated characters once, signs as letters, `i` and `l` as one.
fn skeleton(token: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(token.len());
    let mut last = None;
    for byte in token {
        if last == Some(*byte) {
            continue;
        }
        last = Some(*byte);
        let letter = letters(*byte).first().copied().unwrap_or(*byte);
        out.push(if letter == b'l' { b'i' } else { letter });
    }
    // Different signs for one letter, one after the other ("$5"), are one letter in the skeleton too.
    out.dedup();
    out
}

/// Whether the token can be read as the word: every sign as a letter it stands for, runs of three or more as shorter ones.
fn stands_for(token: &[u8], word: &[u8]) -> bool {
    if token.len() > WORD_BYTES_MAX * 2 || word.len() > WORD_BYTES_MAX {
        return false;
    }
    let can_be = |sign: u8, letter: u8| sign == letter || letters(sign).contains(&letter);
    // One bit for each number of letters of the word that may have been read so far.
    let mut read: u64 = 1;
    for (at, sign) in token.iter().enumerate() {
        let same = |other: Option<&u8>| other == Some(sign);
        let before = at.checked_sub(1).and_then(|at| token.get(at));
        let before_that = at.checked_sub(2).and_then(|at| token.get(at));
        let (after, after_that) = (token.get(at + 1), token.get(at + 2));
        let odd_double = matches!(sign, b'a' | b'h' | b'i' | b'j' | b'k' | b'q' | b'u' | b'v' | b'w' | b'x' | b'y');
        let stretched = same(before) && (odd_double || same(before_that) || same(after))
            || same(after) && same(after_that) && same(before);
        let mut next = 0;
        for (place, letter) in word.iter().enumerate() {
            if can_be(*sign, *letter) {
                next |= read & 1 << place;
            }
        }
        next <<= 1;
        if stretched {
            for (place, letter) in word.iter().enumerate() {
                if can_be(*sign, *letter) {
                    next |= read & 1 << (place + 1);
                }
            }
        }
        read = next;
    }
    read & 1 << word.len() != 0
}
