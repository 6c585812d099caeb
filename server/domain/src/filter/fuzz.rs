//! What must hold for any input at all, as functions of bytes. `cargo fuzz` looks for bytes that break it (`server/domain/fuzz`),
//! and the tests try some thousands. The bytes are choices among words, signs and disguises, so that few of them say much.

use super::fold::fold;
use super::view::{CURRENT, View, words};
use super::{FINDINGS_MAX, Rules, RulesError, Source, Verdict, Window, judge as verdict, look};
use crate::finding::{Finding, Span};
use crate::ids::MessageId;
use crate::people::Role;
use crate::text::{TEXT_CHARS_MAX, Text};
use crate::time::Timestamp;

/// What texts are made of besides words: signs, gaps, what does not show, marks, and characters that fold into several.
const SIGNS: [&str; 64] = [
    " ",
    " ",
    " ",
    "  ",
    ".",
    "*",
    "-",
    "_",
    "@",
    "$",
    "!",
    "+",
    "#",
    "(",
    "/",
    "'",
    ",",
    "?",
    "\n",
    "\u{200B}",
    "\u{AD}",
    "\u{200D}",
    "\u{FE0F}",
    "\u{335}",
    "\u{308}",
    "\u{20DD}",
    "0",
    "07700 ",
    "900",
    "1",
    "7",
    "oh ",
    "double ",
    "seven ",
    "a",
    "i",
    "u",
    "k",
    "s",
    "ing",
    "é",
    "ﷺ",
    "ﬁ",
    "ａ",
    "𝐚",
    "ⓐ",
    "а",
    "İ",
    "ẞ",
    "ß",
    "Ǆ",
    "№",
    "½",
    "£",
    "👩\u{200D}🚀",
    "🅰",
    "🇬🇧",
    "한",
    "م",
    "\u{2028}",
    "\u{FEFF}",
    "\u{10FFFF}",
    "http://",
    ".co.uk",
];

/// What phrases of packs are made of.
const PATTERNS: [&str; 32] = [
    "a", "b", "wibble", "wobble", "you are", "don't", " ", " ", " ", "(", ")", "|", "?", "{", "}", "{one}", "{two}",
    "#", "#3", "*", "wib*", "...", "..", "{0,3}", "{1}", "£#", "é", "\u{AD}", "'", "\"", "\\", ".",
];

/// Choices taken from bytes; when none are left, every choice is the first.
struct Choices<'b>(&'b [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        let at = usize::from(self.byte()) << 8 | usize::from(self.byte());
        all[at % all.len()]
    }

    fn left(&self) -> bool {
        !self.0.is_empty()
    }

    /// Any code point.
    fn any(&mut self) -> char {
        let number = u32::from(self.byte()) << 16 | u32::from(self.byte()) << 8 | u32::from(self.byte());
        char::from_u32(number % 0x11_0000).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// A text of pieces, until a choice ends it.
    fn text(&mut self, words: &[&str]) -> String {
        let mut text = String::new();
        while self.left() {
            match self.byte() {
                0..24 => break,
                24..48 => text.push(self.any()),
                48..112 => text.push_str(SIGNS[usize::from(self.byte()) % SIGNS.len()]),
                112..160 => {
                    let sign = SIGNS[usize::from(self.byte()) % SIGNS.len()];
                    self.of(words).chars().for_each(|c| text.extend([c.to_string().as_str(), sign]));
                }
                160..176 => text.extend(self.of(words).chars().rev()),
                176..184 => {
                    let piece = text.clone();
                    (0..self.byte() % 8).for_each(|_| text.push_str(&piece));
                    text = text.chars().take(2 * TEXT_CHARS_MAX).collect();
                }
                184.. => text.extend([self.of(words), " "]),
            }
        }
        text
    }
}

fn folded(text: &str) -> View {
    let mut view = View::default();
    fold(text, 0, CURRENT, &mut view);
    view
}

/// Folding is total, keeps its map, and is done once it is done.
pub fn normalise(bytes: &[u8]) {
    let raw = String::from_utf8_lossy(bytes).into_owned();
    for text in [raw, Choices(bytes).text(&["wibble", "Straße", "ÅNGSTRÖM", "don't"])] {
        let view = folded(&text);
        let length = text.chars().count();
        assert_eq!(view.bytes.len(), view.cells.len());
        assert!(view.cells.windows(2).all(|pair| pair[0].from <= pair[1].from && pair[0].upto <= pair[1].upto));
        assert!(view.cells.iter().all(|cell| cell.from < cell.upto && usize::from(cell.upto) <= length));
        let once = String::from_utf8(view.bytes.clone()).unwrap_or_else(|_| panic!("{text:?} is folded into no text"));
        assert_eq!(String::from_utf8_lossy(&folded(&once).bytes), once, "{text:?} is folded otherwise the second time");
        let mut spaced = View::default();
        words(&view, &mut spaced);
        assert!(std::str::from_utf8(&spaced.bytes).is_ok() && spaced.bytes.len() == spaced.cells.len());
        if let Ok(stored) = Text::parse(&text) {
            assert_eq!(
                Text::parse(stored.as_str()).as_ref(),
                Ok(&stored),
                "{text:?} is stored otherwise the second time"
            );
        }
    }
}

/// Whatever is written as a pack is compiled or refused with a reason, and what compiles judges.
pub fn pack(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let toml = if choices.byte() < 16 {
        String::from_utf8_lossy(choices.0).into_owned()
    } else {
        let [kind, pattern, unless, hold] = std::array::from_fn(|_| pattern(&mut choices));
        let key = ["terms", "phrases", "phrases", "allow"][usize::from(kind.len() as u8 % 4)];
        let detect = ["", "detect = \"phone\"\n", "detect = \"url\"\n", "drift = 3\n"][pattern.len() % 4];
        format!(
            "[pack]\nid = \"a\"\nversion = \"1\"\nabout = \"b\"\n[classes]\none = [{kind:?}]\ntwo = [\"a\", \"b c\"]\n[[rule]]\n\
             id = \"a.b\"\ncategory = \"abuse\"\nseverity = \"medium\"\nwhy = \"c\"\n{detect}{key} = [{pattern:?}]\n\
             unless = [{unless:?}]\nhold = [{hold:?}, {pattern:?}]\n"
        )
    };
    match Rules::compile(&[Source { name: "a.toml".into(), toml }]) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(rules) => converse(&rules, &["wibble", "wobble", "you", "are", "a", "b", "dont"], choices.0),
    }
}

fn pattern(choices: &mut Choices<'_>) -> String {
    let pieces = 1 + choices.byte() % 12;
    (0..pieces).map(|_| PATTERNS[usize::from(choices.byte()) % PATTERNS.len()]).collect()
}

/// A set of rules and the words of its packs.
#[derive(Debug)]
pub struct Judging {
    rules: Rules,
}

impl Judging {
    /// Of these packs.
    pub fn new(sources: &[Source]) -> Result<Self, RulesError> {
        Ok(Judging { rules: Rules::compile(sources)? })
    }

    /// Whatever is sent, in whatever order, is judged, the same twice, and what is seen can be pointed at.
    pub fn judge(&self, bytes: &[u8]) {
        let words: Vec<&str> = self.rules.vocabulary.texts().collect();
        converse(&self.rules, &words, bytes);
    }
}

fn converse(rules: &Rules, words: &[&str], bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let speaker = *choices.of(&[&Role::Mentee, &Role::Mentor, &Role::GuestOfficer]);
    let mut window = Window::new(speaker);
    let mut number = 0;
    while choices.left() {
        number += 1;
        let Ok(text) = Text::parse(&choices.text(words)) else { continue };
        let findings = look(rules, &window, &text);
        assert_eq!(look(rules, &window, &text), findings, "{:?}", text.as_str());
        assert!(findings.len() <= FINDINGS_MAX);
        findings.iter().for_each(|finding| points_at(finding, &text));
        match verdict(rules, &window, text.clone()) {
            Verdict::Clear { noted, .. } => assert_eq!(noted, findings),
            Verdict::Hold { findings: held, .. } => assert!(!held.is_empty() && held == findings),
        }
        let at = Timestamp(i64::from(choices.byte()) * 10_000 + number);
        window.push(MessageId::from_bits(number as u128), &text, at);
        let told = findings.iter().any(|finding| finding.rule == "drift.pattern");
        window.note(&rules.signs(&findings, at), told);
    }
}

/// What a finding points at is in the text, and is its excerpt.
fn points_at(finding: &Finding, text: &Text) {
    let length = text.as_str().chars().count() as u32;
    if let Some(Span(from, upto)) = finding.span {
        assert!(from < upto && upto <= length, "{finding:?}");
        let typed: String = text.as_str().chars().skip(from as usize).take((upto - from) as usize).collect();
        assert!(finding.excerpt.ends_with(&typed), "{finding:?}");
    }
    for part in &finding.parts {
        assert!(part.span.0 < part.span.1 && part.span.1 as usize <= part.text.chars().count(), "{finding:?}");
    }
}
