//! The small language of phrases in rule packs, as a tree of what may follow what.
//!
//! A phrase is words, as a person would write them. `(a|b c)` is one of several, `{class}` one of a named list, `..3` up to three
//! words of any kind, `#` a number, `£#` an amount, `word?` and `(…)?` may be absent, `kill*` any word that begins so.

use super::fold::fold;
use super::lexicon::{AMOUNT, Lexicon, NUMBER, STEM_BYTES_MIN, Symbol};
use super::view::{CURRENT, View, words};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Named lists of phrases that phrases may use.
pub(super) type Classes = BTreeMap<String, Vec<String>>;

/// Classes may use classes, this deep.
const DEPTH_MAX: usize = 6;
/// The longest gap, in words.
const GAP_MAX: u32 = 9;
/// The longest phrase, in characters.
pub(super) const PHRASE_CHARS_MAX: usize = 2_000;

/// What a phrase may be made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// One word, of these: sorted, each once.
    One(Vec<Symbol>),
    /// Up to so many words of any kind, within a sentence.
    Gap(u32),
    /// One after another.
    Row(Vec<Node>),
    /// One of several.
    Either(Vec<Node>),
    /// It may be absent.
    Maybe(Box<Node>),
}

impl Node {
    fn may_be_empty(&self) -> bool {
        match self {
            Node::One(_) => false,
            Node::Gap(_) | Node::Maybe(_) => true,
            Node::Row(parts) => parts.iter().all(Node::may_be_empty),
            Node::Either(options) => options.iter().any(Node::may_be_empty),
        }
    }
}

/// Reads phrases into trees, and enters their words into the lexicon.
pub(super) struct Reader<'a> {
    classes: &'a Classes,
    /// Classes that were read already.
    read: HashMap<&'a str, Node>,
    /// Words that were read already, as they are written, with their `*`.
    known: HashMap<String, Vec<Symbol>>,
    pub(super) lexicon: Lexicon,
    /// Every word that a phrase asks for, and of these the ones that may go on: disguised ones are traced back to them.
    pub(super) words: BTreeSet<String>,
    pub(super) open: BTreeSet<String>,
}

/// The words of a plain text, folded as messages are.
pub(super) fn plain_words(text: &str) -> String {
    let (mut base, mut out) = (View::default(), View::default());
    fold(text, 0, CURRENT, &mut base);
    words(&base, &mut out);
    let flat: Vec<u8> = out.bytes.iter().map(|byte| if *byte == b'.' { b' ' } else { *byte }).collect();
    String::from_utf8_lossy(&flat).trim().to_owned()
}

impl<'a> Reader<'a> {
    pub(super) fn new(classes: &'a Classes) -> Self {
        Reader {
            classes,
            read: HashMap::new(),
            known: HashMap::new(),
            lexicon: Lexicon::new(),
            words: BTreeSet::new(),
            open: BTreeSet::new(),
        }
    }

    /// The tree of a phrase, or what is wrong with it.
    pub(super) fn phrase(&mut self, pattern: &str) -> Result<Node, String> {
        let node = self.whole(pattern, 0)?;
        let trimmed = pattern.trim();
        let last_word = trimmed.rsplit([' ', '\n']).next().unwrap_or(trimmed);
        if trimmed.starts_with("..") || last_word.starts_with("..") {
            return Err("a gap at its edge says nothing: remove the `..`".into());
        }
        if node.may_be_empty() {
            return Err("everything in it is optional: write at least one word without `?`".into());
        }
        Ok(node)
    }

    fn whole(&mut self, pattern: &str, depth: usize) -> Result<Node, String> {
        if pattern.chars().count() > PHRASE_CHARS_MAX {
            return Err(format!("it is longer than {PHRASE_CHARS_MAX} characters: split it into several"));
        }
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let node = self.alternatives(&chars, &mut at, depth)?;
        match chars.get(at) {
            Some(c) => Err(format!("there is a `{c}` too many at character {}", at + 1)),
            None => Ok(node),
        }
    }

    fn alternatives(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Node, String> {
        let mut options = vec![self.sequence(chars, at, depth)?];
        while chars.get(*at) == Some(&'|') {
            *at += 1;
            options.push(self.sequence(chars, at, depth)?);
        }
        if options.len() > 1 && options.iter().any(Node::may_be_empty) {
            return Err("one of several may be absent: put the `?` behind the bracket, not in it".into());
        }
        Ok(either(options))
    }

    fn sequence(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Node, String> {
        let mut parts = Vec::new();
        while let Some(c) = chars.get(*at) {
            if matches!(c, '|' | ')') {
                break;
            }
            if c.is_whitespace() {
                *at += 1;
                continue;
            }
            let mut part = self.item(chars, at, depth)?;
            if chars.get(*at) == Some(&'?') {
                *at += 1;
                part = Node::Maybe(Box::new(part));
            }
            match part {
                Node::Row(more) => parts.extend(more),
                Node::One(_) | Node::Gap(_) | Node::Either(_) | Node::Maybe(_) => parts.push(part),
            }
        }
        match parts.len() {
            0 => Err("an alternative is empty: remove the `|` or write a word".into()),
            1 => Ok(parts.remove(0)),
            _ => Ok(Node::Row(parts)),
        }
    }

    fn item(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Node, String> {
        match chars[*at] {
            '(' => {
                // Brackets nest as deep as classes do, so that no pack can exhaust the stack.
                if depth >= DEPTH_MAX {
                    return Err(format!("brackets and classes nest deeper than {DEPTH_MAX}"));
                }
                *at += 1;
                let node = self.alternatives(chars, at, depth + 1)?;
                if chars.get(*at) != Some(&')') {
                    return Err("a `(` is not closed: add `)`".into());
                }
                *at += 1;
                Ok(node)
            }
            '{' => self.class(chars, at, depth),
            '.' => gap(chars, at),
            '#' => {
                *at += 1;
                Ok(Node::One(vec![NUMBER]))
            }
            '£' if chars.get(*at + 1) == Some(&'#') => {
                *at += 2;
                Ok(Node::One(vec![AMOUNT]))
            }
            '*' | '?' | '}' | '[' | ']' | '\\' | '+' | '^' => Err(format!(
                "`{}` at character {} means nothing there: use words, (a|b), {{class}}, ..3, #, £#, word? and word*",
                chars[*at],
                *at + 1
            )),
            _ => self.word(chars, at),
        }
    }

    fn class(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Node, String> {
        let rest = &chars[*at + 1..];
        let Some(end) = rest.iter().position(|c| *c == '}') else { return Err("a `{` is not closed: add `}`".into()) };
        let name: String = rest[..end].iter().collect();
        let name = name.as_str();
        *at += end + 2;
        if let Some(node) = self.read.get(name) {
            return Ok(node.clone());
        }
        let Some((name, options)) = self.classes.get_key_value(name) else {
            let known = self.classes.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(format!("there is no class `{name}`; there are: {known}"));
        };
        if depth >= DEPTH_MAX {
            return Err(format!("brackets and classes nest deeper than {DEPTH_MAX}, or `{name}` uses itself"));
        }
        let mut nodes = Vec::new();
        for option in options {
            nodes.push(self.whole(option, depth + 1).map_err(|e| format!("in class `{name}`, `{option}`: {e}"))?);
        }
        if nodes.iter().any(Node::may_be_empty) {
            return Err(format!("an option of class `{name}` may be absent: put the `?` behind the class instead"));
        }
        let node = either(nodes);
        self.read.insert(name, node.clone());
        Ok(node)
    }

    fn word(&mut self, chars: &[char], at: &mut usize) -> Result<Node, String> {
        let start = *at;
        while chars.get(*at).is_some_and(|c| !c.is_whitespace() && !"()|?{}#*[]\\+^".contains(*c)) {
            *at += 1;
        }
        let open = chars.get(*at) == Some(&'*');
        if open {
            *at += 1;
        }
        let end = *at;
        let written: String = chars[start..end].iter().collect();
        let symbols = match self.known.get(&written) {
            Some(symbols) => symbols.clone(),
            None => {
                let symbols = self.row(written.trim_end_matches('*'), open)?;
                self.known.insert(written, symbols.clone());
                symbols
            }
        };
        let mut row: Vec<Node> = symbols.into_iter().map(|symbol| Node::One(vec![symbol])).collect();
        Ok(if row.len() == 1 { row.remove(0) } else { Node::Row(row) })
    }

    /// The symbols of plain words, one after another; with `open` the last may go on.
    pub(super) fn row(&mut self, written: &str, open: bool) -> Result<Vec<Symbol>, String> {
        let folded = plain_words(written);
        if folded.is_empty() {
            return Err(format!("`{written}` has no letters: write a word"));
        }
        let last = folded.split(' ').count() - 1;
        let mut row = Vec::new();
        for (number, word) in folded.split(' ').enumerate() {
            self.words.insert(word.to_owned());
            let symbol = if !(open && number == last) {
                self.lexicon.word(word)
            } else if word.len() < STEM_BYTES_MIN {
                return Err(format!("`{word}*` begins too many words: write at least {STEM_BYTES_MIN} letters"));
            } else {
                self.open.insert(word.to_owned());
                self.lexicon.stem(word)
            };
            row.push(symbol);
        }
        Ok(row)
    }
}

fn gap(chars: &[char], at: &mut usize) -> Result<Node, String> {
    let digit = chars.get(*at + 2).and_then(|c| c.to_digit(10)).filter(|n| (1..=GAP_MAX).contains(n));
    match (chars.get(*at + 1), digit) {
        (Some('.'), Some(n)) => {
            *at += 3;
            Ok(Node::Gap(n))
        }
        _ => Err(format!("a gap is written ..1 to ..{GAP_MAX}, for up to that many words")),
    }
}

/// Alternatives as one node, as small as it gets: single words become one set, and rows that begin or end alike share that.
pub(super) fn either(options: Vec<Node>) -> Node {
    let mut ones: Vec<Symbol> = Vec::new();
    let mut others: Vec<Node> = Vec::new();
    // Rows by all that follows their first word, and the words that they may begin with.
    let mut tails: BTreeMap<Vec<Node>, Vec<Symbol>> = BTreeMap::new();
    let mut left = options;
    while let Some(option) = left.pop() {
        match option {
            Node::One(set) => ones.extend(set),
            Node::Either(more) => left.extend(more),
            Node::Row(mut parts) => match &mut parts[0] {
                Node::One(set) => {
                    let set = std::mem::take(set);
                    parts.remove(0);
                    tails.entry(parts).or_default().extend(set);
                }
                Node::Gap(_) | Node::Row(_) | Node::Either(_) | Node::Maybe(_) => others.push(Node::Row(parts)),
            },
            Node::Gap(_) | Node::Maybe(_) => others.push(option),
        }
    }
    let mut heads: BTreeMap<Vec<Symbol>, Vec<Node>> = BTreeMap::new();
    for (mut tail, head) in tails {
        let tail = if tail.len() == 1 { tail.remove(0) } else { Node::Row(tail) };
        heads.entry(distinct(head)).or_default().push(tail);
    }
    let mut merged = distinct(others);
    if !ones.is_empty() {
        merged.push(Node::One(distinct(ones)));
    }
    for (head, mut tails) in heads {
        let mut row = vec![Node::One(head)];
        match if tails.len() == 1 { tails.remove(0) } else { either(tails) } {
            Node::Row(more) => row.extend(more),
            tail @ (Node::One(_) | Node::Gap(_) | Node::Either(_) | Node::Maybe(_)) => row.push(tail),
        }
        merged.push(Node::Row(row));
    }
    if merged.len() == 1 { merged.remove(0) } else { Node::Either(merged) }
}

/// Sorted, each once.
pub(super) fn distinct<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
