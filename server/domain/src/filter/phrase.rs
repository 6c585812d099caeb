//! The small language of phrases in rule packs, and how it becomes a regular expression over a reading's words.
//!
//! A phrase is words, as a person would write them. `(a|b c)` is one of several, `{class}` one of a named list, `..3` up to three
//! words of any kind, `#` a number, `£#` an amount, `word?` and `(…)?` may be absent, `kill*` any word that begins so.

use super::fold::fold;
use super::view::{CURRENT, View, is_word, words};
use std::collections::{BTreeMap, BTreeSet};

/// Named lists of phrases that phrases may use.
pub(super) type Classes = BTreeMap<String, Vec<String>>;

/// Classes may use classes, this deep.
const DEPTH_MAX: usize = 6;
/// The longest gap, in words.
const GAP_MAX: u32 = 9;
/// The longest phrase, in characters.
pub(super) const PHRASE_CHARS_MAX: usize = 2_000;

/// A phrase, compiled.
pub(super) struct Phrase {
    /// The regular expression; its match takes in one separator before and one after.
    pub(super) regex: String,
    /// Every word that it may match.
    pub(super) words: BTreeSet<String>,
    /// Of these, the ones that may go on.
    pub(super) open: BTreeSet<String>,
    /// For each, one of its words must stand in a text that the phrase matches; at most [`SLOTS_MAX`].
    pub(super) slots: Vec<Slot>,
}

/// Words of which one must be there; `true` if the word may go on.
pub(super) type Slot = BTreeSet<(String, bool)>;

/// How many slots are kept of a phrase: the rarest.
pub(super) const SLOTS_MAX: usize = 4;

/// Words so frequent that asking for them tells little.
const FREQUENT: &str = "i you u a the to and it is my me that of in on for your ur are be do have so im not dont with at was this just \
    can what we if get go like know up all but out he she they no yeah ok they them him her or as will ill its one how want when now";

/// Compiles a phrase, or says what is wrong with it.
pub(super) fn compile(pattern: &str, classes: &Classes) -> Result<Phrase, String> {
    let mut compiler = Compiler { classes, words: BTreeSet::new(), open: BTreeSet::new() };
    let Piece { regex: body, may_be_empty, mut slots } = compiler.whole(pattern, 0)?;
    slots.sort_by_key(cost);
    slots.truncate(SLOTS_MAX);
    let trimmed = pattern.trim();
    let last_word = trimmed.rsplit(' ').next().unwrap_or(trimmed);
    if trimmed.starts_with("..") || last_word.starts_with("..") {
        return Err("a gap at its edge says nothing: remove the `..`".into());
    }
    if slots.is_empty() && !may_be_empty {
        return Err("no word of it must be there: write one without `?` that is not a number".into());
    }
    if may_be_empty {
        return Err("everything in it is optional: write at least one word without `?`".into());
    }
    Ok(Phrase { regex: format!("{body}[ .]"), words: compiler.words, open: compiler.open, slots })
}

/// The words of a plain text, folded as messages are.
pub(super) fn plain_words(text: &str) -> String {
    let (mut base, mut out) = (View::default(), View::default());
    fold(text, 0, CURRENT, &mut base);
    words(&base, &mut out);
    let flat: Vec<u8> = out.bytes.iter().map(|byte| if *byte == b'.' { b' ' } else { *byte }).collect();
    String::from_utf8_lossy(&flat).trim().to_owned()
}

struct Compiler<'a> {
    classes: &'a Classes,
    words: BTreeSet<String>,
    open: BTreeSet<String>,
}

/// A part of a phrase, compiled.
struct Piece {
    regex: String,
    may_be_empty: bool,
    slots: Vec<Slot>,
}

/// How often a slot is met, roughly.
fn cost(slot: &Slot) -> usize {
    let frequent = |word: &str| FREQUENT.split_ascii_whitespace().any(|other| other == word);
    slot.iter().map(|(word, _)| if frequent(word) { 50 } else { 1 }).sum()
}

impl Compiler<'_> {
    fn whole(&mut self, pattern: &str, depth: usize) -> Result<Piece, String> {
        if pattern.chars().count() > PHRASE_CHARS_MAX {
            return Err(format!("it is longer than {PHRASE_CHARS_MAX} characters: split it into several"));
        }
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let piece = self.alternatives(&chars, &mut at, depth)?;
        match chars.get(at) {
            Some(c) => Err(format!("there is a `{c}` too many at character {}", at + 1)),
            None => Ok(piece),
        }
    }

    fn alternatives(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Piece, String> {
        let mut options = vec![self.sequence(chars, at, depth)?];
        while chars.get(*at) == Some(&'|') {
            *at += 1;
            options.push(self.sequence(chars, at, depth)?);
        }
        one_of(options)
    }

    fn sequence(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Piece, String> {
        let mut whole = Piece { regex: String::new(), may_be_empty: true, slots: Vec::new() };
        while let Some(c) = chars.get(*at) {
            if matches!(c, '|' | ')') {
                break;
            }
            if c.is_whitespace() {
                *at += 1;
                continue;
            }
            let mut piece = self.item(chars, at, depth)?;
            if chars.get(*at) == Some(&'?') {
                *at += 1;
                piece = Piece { regex: format!("(?:{})?", piece.regex), may_be_empty: true, slots: Vec::new() };
            }
            whole.regex.push_str(&piece.regex);
            whole.may_be_empty &= piece.may_be_empty;
            whole.slots.extend(piece.slots);
        }
        if whole.regex.is_empty() {
            return Err("an alternative is empty: remove the `|` or write a word".into());
        }
        Ok(whole)
    }

    fn item(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Piece, String> {
        match chars[*at] {
            '(' => {
                // Brackets nest as deep as classes do, so that no pack can exhaust the stack.
                if depth >= DEPTH_MAX {
                    return Err(format!("brackets and classes nest deeper than {DEPTH_MAX}"));
                }
                *at += 1;
                let piece = self.alternatives(chars, at, depth + 1)?;
                if chars.get(*at) != Some(&')') {
                    return Err("a `(` is not closed: add `)`".into());
                }
                *at += 1;
                Ok(piece)
            }
            '{' => self.class(chars, at, depth),
            '.' => gap(chars, at),
            '#' => {
                *at += 1;
                let regex = "[ .](?:\\xC2\\xA3)?[0-9]+(?:[.][0-9]+)?[a-z]{0,2}".into();
                Ok(Piece { regex, may_be_empty: false, slots: Vec::new() })
            }
            '£' if chars.get(*at + 1) == Some(&'#') => {
                *at += 2;
                let regex = "[ .]\\xC2\\xA3[0-9]+(?:[.][0-9]+)?k?".into();
                Ok(Piece { regex, may_be_empty: false, slots: Vec::new() })
            }
            '*' | '?' | '}' | '[' | ']' | '\\' | '+' | '^' => Err(format!(
                "`{}` at character {} does not belong there: a phrase has words, (a|b), {{class}}, ..2, # and word? or word*",
                chars[*at],
                *at + 1
            )),
            _ => self.word(chars, at),
        }
    }

    fn class(&mut self, chars: &[char], at: &mut usize, depth: usize) -> Result<Piece, String> {
        let rest: String = chars[*at + 1..].iter().collect();
        let Some(end) = rest.find('}') else { return Err("a `{` is not closed: add `}`".into()) };
        let name = &rest[..end];
        *at += name.chars().count() + 2;
        let Some(options) = self.classes.get(name) else {
            let known = self.classes.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(format!("there is no class `{name}`; there are: {known}"));
        };
        if depth >= DEPTH_MAX {
            return Err(format!("brackets and classes nest deeper than {DEPTH_MAX}, or `{name}` uses itself"));
        }
        let pieces = options
            .iter()
            .map(|option| self.whole(option, depth + 1).map_err(|e| format!("in class `{name}`, `{option}`: {e}")))
            .collect::<Result<_, _>>()?;
        one_of(pieces)
    }

    fn word(&mut self, chars: &[char], at: &mut usize) -> Result<Piece, String> {
        let start = *at;
        while chars.get(*at).is_some_and(|c| !c.is_whitespace() && !"()|?{}#*[]\\+^".contains(*c)) {
            *at += 1;
        }
        let written: String = chars[start..*at].iter().collect();
        let any_ending = chars.get(*at) == Some(&'*');
        if any_ending {
            *at += 1;
        }
        let folded = plain_words(&written);
        if folded.is_empty() {
            return Err(format!("`{written}` has no letters: write a word"));
        }
        let mut piece = Piece { regex: String::new(), may_be_empty: false, slots: Vec::new() };
        let last = folded.split(' ').count() - 1;
        for (number, word) in folded.split(' ').enumerate() {
            self.words.insert(word.to_owned());
            piece.regex.push_str("[ .]");
            piece.regex.push_str(&literal(word));
            piece.slots.push(Slot::from([(word.to_owned(), any_ending && number == last)]));
        }
        if any_ending {
            self.open.extend(folded.split(' ').next_back().map(str::to_owned));
            piece.regex.push_str("[a-z0-9]*");
        }
        Ok(piece)
    }
}

/// Alternatives as one part. Each contributes its rarest slot; if one has none, none can be asked for.
fn one_of(mut options: Vec<Piece>) -> Result<Piece, String> {
    if options.len() == 1 {
        let only = options.remove(0);
        return Ok(Piece { regex: format!("(?:{})", only.regex), ..only });
    }
    if options.iter().any(|option| option.may_be_empty) {
        return Err("one of several may be absent: put the `?` behind the bracket, not in it".into());
    }
    let joined = options.iter().map(|option| option.regex.as_str()).collect::<Vec<_>>().join("|");
    let mut slot = Slot::new();
    let mut complete = true;
    for option in options {
        match option.slots.into_iter().min_by_key(cost) {
            Some(rarest) => slot.extend(rarest),
            None => complete = false,
        }
    }
    let slots = if complete { vec![slot] } else { Vec::new() };
    Ok(Piece { regex: format!("(?:{joined})"), may_be_empty: false, slots })
}

fn gap(chars: &[char], at: &mut usize) -> Result<Piece, String> {
    let digit = chars.get(*at + 2).and_then(|c| c.to_digit(10)).filter(|n| (1..=GAP_MAX).contains(n));
    match (chars.get(*at + 1), digit) {
        (Some('.'), Some(n)) => {
            *at += 3;
            Ok(Piece { regex: format!("(?: [^ .]+){{0,{n}}}"), may_be_empty: true, slots: Vec::new() })
        }
        _ => Err(format!("a gap is written ..1 to ..{GAP_MAX}, for up to that many words")),
    }
}

/// The bytes of a word as a regular expression that knows no Unicode.
fn literal(word: &str) -> String {
    let mut out = String::new();
    for byte in word.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else if is_word(byte) {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    out
}
