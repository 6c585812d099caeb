//! What the filter promises, by subject. Whatever packs there are, their own examples are what is tried, so that most of these
//! tests outlive every wording.

mod benign;
mod bounds;
mod disguises;
mod findings;
mod fuzzed;
mod monotone;
mod packs;
mod splits;

use super::*;
use crate::ids::MessageId;
use crate::people::Role;
use crate::time::Timestamp;
use std::sync::LazyLock;

/// Every pack that comes with the product.
#[expect(clippy::disallowed_methods, reason = "tests are a shell of their own: they read the packs")]
fn packs() -> Vec<Source> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules");
    let read = |path: std::path::PathBuf| Source {
        name: path.file_name().unwrap().to_string_lossy().into(),
        toml: std::fs::read_to_string(&path).unwrap(),
    };
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut packs: Vec<Source> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).map(read).collect();
    packs.sort_by(|a, b| a.name.cmp(&b.name));
    packs
}

pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::compile(&packs()).unwrap_or_else(|error| panic!("{error}")));

/// Whether everything is tried that otherwise is sampled.
#[expect(clippy::disallowed_methods, reason = "tests are a shell of their own: they read the environment")]
fn long() -> bool {
    std::env::var("HANDRAIL_LONG").is_ok()
}

/// Chance that is the same every time (SplitMix64; Steele et al., 2014).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// So many of these, or all of them in the long form.
    pub(super) fn some<T>(&mut self, mut all: Vec<T>, most: usize) -> Vec<T> {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
        all.truncate(if long() { all.len() } else { most });
        all
    }
}

/// A message that a pack says must hold, and what its rule saw of it.
struct Holding {
    rule: String,
    /// What the rule detects, if it is none of words.
    detects: Option<detect::Detector>,
    speaker: Role,
    text: String,
    /// What its rule saw, in bytes.
    span: std::ops::Range<usize>,
}

impl Holding {
    /// The message with what the rule saw changed.
    fn with(&self, change: impl FnOnce(&str) -> String) -> String {
        let (before, after) = (&self.text[..self.span.start], &self.text[self.span.end..]);
        format!("{before}{}{after}", change(&self.text[self.span.clone()]))
    }
}

/// Every example of one message that its rule holds by itself.
static HOLDING: LazyLock<Vec<Holding>> = LazyLock::new(|| {
    let written = pack::read(&packs(), &mut Vec::new()).rules;
    written.iter().flat_map(|rule| rule.written.hold.iter().filter_map(|text| holding(&rule.written, text))).collect()
});

fn holding(rule: &pack::Written, example: &pack::Example) -> Option<Holding> {
    let [text] = example.messages() else { return None };
    let text = Text::parse(text).unwrap();
    [Role::Mentee, Role::Mentor].into_iter().find_map(|speaker| {
        let findings = look(&RULES, &Window::new(speaker), &text);
        let own = findings.iter().find(|finding| finding.rule == rule.id && finding.severity >= HOLD_FROM)?;
        let crate::finding::Span(from, upto) = own.span?;
        let byte = |at: u32| text.as_str().char_indices().nth(at as usize).map_or(text.as_str().len(), |(at, _)| at);
        let (rule, detects) = (rule.id.clone(), rule.detect);
        Some(Holding { rule, detects, speaker, text: text.as_str().into(), span: byte(from)..byte(upto) })
    })
}

/// Every example of one message that must pass, whoever says it.
fn passing() -> Vec<String> {
    let packs = pack::read(&packs(), &mut Vec::new());
    let rules = packs.rules.into_iter().flat_map(|rule| rule.written.pass);
    let combines = packs.combines.into_iter().flat_map(|combine| combine.written.pass);
    rules
        .chain(combines)
        .filter_map(|example| <[String; 1]>::try_from(example.messages().to_vec()).ok())
        .flatten()
        .collect()
}

/// What every rule gives as an example of one message, to be held or to pass.
pub(super) fn examples() -> Vec<String> {
    HOLDING.iter().map(|example| example.text.clone()).chain(passing()).collect()
}

fn window(speaker: Role, earlier: &[&str]) -> Window {
    let mut window = Window::new(speaker);
    for (at, text) in earlier.iter().enumerate() {
        window.push(MessageId::from_bits(at as u128 + 1), &Text::parse(text).unwrap(), Timestamp(at as i64 * 1_000));
    }
    window
}

fn seen(speaker: Role, earlier: &[&str], text: &str) -> Vec<Finding> {
    look(&RULES, &window(speaker, earlier), &Text::parse(text).unwrap())
}

fn held_from(speaker: Role, earlier: &[&str], text: &str) -> bool {
    seen(speaker, earlier, text).iter().any(|finding| finding.severity >= HOLD_FROM)
}

fn held(earlier: &[&str], text: &str) -> bool {
    matches!(judge(&RULES, &window(Role::Mentee, earlier), Text::parse(text).unwrap()), Verdict::Hold { .. })
}

/// How many of those that were tried did what they must, and which did not.
#[derive(Default)]
struct Tally {
    tried: usize,
    missed: Vec<String>,
}

impl Tally {
    fn count(&mut self, kept: bool, what: impl FnOnce() -> String) {
        self.tried += 1;
        if !kept {
            self.missed.push(what());
        }
    }

    fn percent(&self) -> f64 {
        100.0 - 100.0 * self.missed.len() as f64 / self.tried.max(1) as f64
    }

    /// Complains about fewer than `floor` percent.
    fn below(&self, floor: f64, name: &str) -> Option<String> {
        let some = self.missed.iter().take(25).cloned().collect::<Vec<_>>().join("\n    ");
        let line = format!("{name}: {:.2} % of {}, at least {floor} % wanted", self.percent(), self.tried);
        eprintln!("{line}");
        (self.percent() < floor).then(|| format!("{line}\n    {some}"))
    }
}

/// One thing of each kind that must be held, as it is and in disguise.
const UNSAFE: [&str; 12] = [
    "shut the fuck up",
    "been looking at ways to kill myself",
    "i am gonna stab him later",
    "watch your back",
    "do you ever touch yourself",
    "can you get me some ketamine",
    "he wants me to do a burglary",
    "come round mine friday",
    "could you bank transfer me something",
    "it is our little secret",
    "delete these messages after",
    "all muslims are terrorists",
];
