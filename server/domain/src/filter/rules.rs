//! A compiled set of rules: immutable, shared by all threads, replaced as a whole. Compiling reads, lints, builds the engines
//! and tries every pack's own examples; a set that does not keep its own promises is never used.

use super::detect::{Detector, WORDS};
use super::pack::{self, Example, Packs, Placed, Problem, RulesError, Source, Written};
use super::phrase::{self, plain_words};
use super::vocabulary::Vocabulary;
use super::{Window, judge, look};
use crate::finding::{Category, Finding, Severity};
use crate::ids::MessageId;
use crate::people::Role;
use crate::text::Text;
use crate::time::Timestamp;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How many rules all packs may have together.
pub const RULES_MAX: usize = 2_000;
/// The largest compiled phrase, in bytes.
const PHRASE_BYTES_MAX: usize = 1 << 20;
/// The room that a phrase may use while it runs, in bytes. A phrase that needs more still matches, but slowly.
const PHRASE_CACHE_BYTES_MAX: usize = 16 << 20;

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) category: Category,
    adult: Severity,
    mentee: Severity,
    pub(super) why: String,
    pub(super) unless: Option<Regex>,
}

impl Rule {
    /// How urgent it is, depending on who speaks.
    pub(super) fn severity(&self, adult: bool) -> Severity {
        if adult { self.adult } else { self.mentee }
    }
}

/// A combination of rules that weighs more than each.
#[derive(Debug)]
pub(super) struct Combine {
    pub(super) id: String,
    pub(super) category: Category,
    pub(super) severity: Severity,
    pub(super) why: String,
    /// For each part, the rules that fulfil it.
    pub(super) all: Vec<Vec<usize>>,
}

/// What a pattern of the word matcher is for.
#[derive(Debug)]
pub(super) enum Literal {
    /// A term of a rule; `open` if written `kill*`: the word may go on.
    Term { rule: usize, open: bool },
    /// A word that fulfils slots of phrases: for each phrase, one bit a slot.
    Slots(Vec<(u32, u8)>),
}

/// A phrase of a rule, run only on texts that have a word of each of its slots.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) rule: usize,
    pub(super) regex: Regex,
    /// A bit for each slot.
    pub(super) slots: u8,
}

/// A compiled set of rules.
#[derive(Debug)]
pub struct Rules {
    version: String,
    pub(super) rules: Vec<Rule>,
    pub(super) combines: Vec<Combine>,
    pub(super) words: AhoCorasick,
    pub(super) literals: Vec<Literal>,
    pub(super) phrases: Vec<Phrase>,
    pub(super) detectors: Vec<Detection>,
    pub(super) vocabulary: Vocabulary,
}

/// A detector at work for a rule.
#[derive(Debug)]
pub(super) struct Detection {
    pub(super) detector: Detector,
    pub(super) rule: usize,
    pub(super) allow: Vec<String>,
}

/// What is gathered while compiling.
#[derive(Default)]
struct Draft {
    rules: Vec<Rule>,
    terms: Vec<(String, Literal)>,
    phrases: Vec<Phrase>,
    /// For each word that fulfils a slot, and whether it may go on, the phrases and slots.
    slots: BTreeMap<(String, bool), Vec<(u32, u8)>>,
    detectors: Vec<Detection>,
    words: BTreeSet<String>,
    strong: BTreeSet<String>,
    open: BTreeSet<String>,
}

impl Rules {
    /// Compiles packs into a set of rules. An error names every file, line and rule with what is wrong and what to do.
    pub fn compile(sources: &[Source]) -> Result<Rules, RulesError> {
        let mut problems = Vec::new();
        let packs = pack::read(sources, &mut problems);
        if problems.is_empty() && packs.rules.is_empty() {
            let what =
                "there are no rules: without rules nothing is delivered, so give at least one pack with a [[rule]]";
            problems.push(Problem { file: "rules".into(), line: None, what: what.into() });
        }
        lint(&packs, &mut problems);
        let draft = draft(&packs, &mut problems);
        if !problems.is_empty() {
            return Err(RulesError { problems });
        }
        let rules = assemble(sources, &packs, draft)
            .map_err(|what| RulesError { problems: vec![Problem { file: "rules".into(), line: None, what }] })?;
        try_examples(&rules, &packs, &mut problems);
        if problems.is_empty() { Ok(rules) } else { Err(RulesError { problems }) }
    }

    /// A short hash of the packs, the same for the same packs in any order.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len() + self.combines.len()
    }

    /// Never true: a set without rules does not compile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn lint(packs: &Packs, problems: &mut Vec<Problem>) {
    let mut ids = BTreeSet::new();
    for rule in &packs.rules {
        let written = &rule.written;
        let mut complain = |what: String| problems.push(rule.problem(format!("rule `{}`: {what}", written.id)));
        if !ids.insert(written.id.as_str()) {
            complain("there is another rule with this id: give each its own".into());
        }
        if !is_id(&written.id) {
            complain("an id is words of a-z, 0-9 and `-` with a `.` between, such as `secrecy.dont-tell`".into());
        }
        if matches!(written.category, Category::Filter | Category::Drift) {
            complain("this category is the filter's own: choose what the rule is about".into());
        }
        if written.why.trim().is_empty() {
            complain("`why` is empty: say in a sentence what a supervisor should think of".into());
        }
        if written.terms.is_empty() && written.phrases.is_empty() && written.detect.is_none() {
            complain("it finds nothing: give `terms`, `phrases` or `detect`".into());
        }
        if !written.allow.is_empty() && written.detect.is_none() {
            complain("`allow` is for detectors: use `unless` for words".into());
        }
        if written.hold.is_empty() {
            complain("it has no example that it must hold: add one to `hold`".into());
        }
    }
    for combine in &packs.combines {
        let written = &combine.written;
        if !ids.insert(written.id.as_str()) {
            problems.push(combine.problem(format!("combine `{}`: there is another rule with this id", written.id)));
        }
        if written.all.len() < 2 || written.why.trim().is_empty() || written.hold.is_empty() {
            problems.push(combine.problem(format!(
                "combine `{}`: it needs at least two in `all`, a `why`, and an example in `hold`",
                written.id
            )));
        }
    }
    if ids.len() > RULES_MAX {
        let what =
            format!("there are {} rules, at most {RULES_MAX} are allowed: put terms of one kind together", ids.len());
        problems.push(Problem { file: "rules".into(), line: None, what });
    }
}

fn is_id(id: &str) -> bool {
    id.contains('.')
        && id.split('.').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn draft(packs: &Packs, problems: &mut Vec<Problem>) -> Draft {
    let mut draft = Draft::default();
    draft.words.extend(WORDS.split_ascii_whitespace().map(str::to_owned));
    for (number, rule) in packs.rules.iter().enumerate() {
        let id = &rule.written.id;
        let mut complain = |what: String| problems.push(rule.problem(format!("rule `{id}`: {what}")));
        for term in &rule.written.terms {
            if let Err(what) = draft.term(number, term) {
                complain(format!("term `{term}`: {what}"));
            }
        }
        for pattern in &rule.written.phrases {
            let compiled =
                phrase::compile(pattern, &packs.classes).and_then(|phrase| Ok((build(&phrase.regex)?, phrase)));
            match compiled {
                Ok((regex, phrase)) => {
                    draft.slots(&phrase);
                    let slots = ((1_u16 << phrase.slots.len()) - 1) as u8;
                    draft.phrases.push(Phrase { rule: number, regex, slots });
                    draft.words.extend(phrase.words);
                    draft.open.extend(phrase.open);
                }
                Err(what) => complain(format!("phrase `{pattern}`: {what}")),
            }
        }
        let allow = rule.written.allow.iter().map(|allowed| allowed.to_lowercase()).collect();
        draft.detectors.extend(rule.written.detect.map(|detector| Detection { detector, rule: number, allow }));
        match unless(rule, packs) {
            Ok(unless) => draft.rules.push(compiled_rule(&rule.written, unless)),
            Err(what) => complain(what),
        }
    }
    draft
}

fn compiled_rule(written: &Written, unless: Option<Regex>) -> Rule {
    Rule {
        id: written.id.clone(),
        category: written.category,
        adult: written.from_adult.unwrap_or(written.severity),
        mentee: written.from_mentee.unwrap_or(written.severity),
        why: written.why.trim().to_owned(),
        unless,
    }
}

fn build(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(PHRASE_BYTES_MAX)
        .dfa_size_limit(PHRASE_CACHE_BYTES_MAX)
        .build()
        .map_err(|error| format!("it is too large to match quickly, so make it shorter ({error})"))
}

fn unless(rule: &Placed<Written>, packs: &Packs) -> Result<Option<Regex>, String> {
    let mut parts = Vec::new();
    for pattern in &rule.written.unless {
        let phrase = phrase::compile(pattern, &packs.classes).map_err(|what| format!("unless `{pattern}`: {what}"))?;
        parts.push(phrase.regex);
    }
    if parts.is_empty() { Ok(None) } else { build(&parts.join("|")).map(Some) }
}

impl Draft {
    fn term(&mut self, rule: usize, term: &str) -> Result<(), String> {
        let (stem, open) = term.strip_suffix('*').map_or((term, false), |stem| (stem, true));
        let words = plain_words(stem);
        if words.is_empty() {
            return Err("it has no letters: write a word".into());
        }
        if stem.contains(['*', '(', '|', '{', '#', '?']) {
            return Err("a term is plain words, with `*` only at its end: put patterns into `phrases`".into());
        }
        if open && words.chars().count() < 3 {
            return Err("fewer than three letters before `*` match too much: write whole words".into());
        }
        self.words.extend(words.split(' ').map(str::to_owned));
        if !words.contains(' ') {
            self.strong.insert(words.clone());
        }
        if let (true, Some(last)) = (open, words.split(' ').next_back()) {
            self.open.insert(last.to_owned());
        }
        self.terms.push((literal(&words, open), Literal::Term { rule, open }));
        Ok(())
    }

    /// Enters the slots of the phrase that comes next.
    fn slots(&mut self, phrase: &phrase::Phrase) {
        let number = self.phrases.len() as u32;
        for (at, slot) in phrase.slots.iter().enumerate() {
            for word in slot {
                self.slots.entry(word.clone()).or_default().push((number, 1 << at));
            }
        }
    }
}

/// A word as it stands between the spaces of a reading.
fn literal(words: &str, open: bool) -> String {
    format!(" {words}{}", if open { "" } else { " " })
}

fn assemble(sources: &[Source], packs: &Packs, draft: Draft) -> Result<Rules, String> {
    let slots = draft.slots.into_iter().map(|((word, open), slots)| (literal(&word, open), Literal::Slots(slots)));
    let (patterns, literals): (Vec<String>, Vec<Literal>) = draft.terms.into_iter().chain(slots).unzip();
    let words = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(&patterns)
        .map_err(|error| format!("the terms cannot be compiled together: {error}"))?;
    let ids: Vec<&str> = packs.rules.iter().map(|rule| rule.written.id.as_str()).collect();
    let combines = packs.combines.iter().map(|combine| combination(combine, &ids)).collect::<Result<_, _>>()?;
    Ok(Rules {
        version: version(sources),
        rules: draft.rules,
        combines,
        words,
        literals,
        phrases: draft.phrases,
        vocabulary: Vocabulary::new(&draft.words, &draft.strong, &draft.open),
        detectors: draft.detectors,
    })
}

fn combination(placed: &Placed<pack::WrittenCombine>, ids: &[&str]) -> Result<Combine, String> {
    let written = &placed.written;
    let fulfils = |name: &str| -> Vec<usize> {
        let stem = name.strip_suffix('*').unwrap_or(name);
        let fits = |id: &str| if name.ends_with('*') { id.starts_with(stem) } else { id == name };
        ids.iter().enumerate().filter(|(_, id)| fits(id)).map(|(number, _)| number).collect()
    };
    let mut all = Vec::new();
    for name in &written.all {
        let rules = fulfils(name);
        if rules.is_empty() {
            return Err(format!("combine `{}`: there is no rule `{name}`", written.id));
        }
        all.push(rules);
    }
    Ok(Combine {
        id: written.id.clone(),
        category: written.category,
        severity: written.severity,
        why: written.why.trim().to_owned(),
        all,
    })
}

/// The first 12 hex digits of a hash over all packs in the order of their names.
fn version(sources: &[Source]) -> String {
    let mut ordered: Vec<&Source> = sources.iter().collect();
    ordered.sort_by(|a, b| (&a.name, &a.toml).cmp(&(&b.name, &b.toml)));
    let mut hash = Sha256::new();
    for source in ordered {
        hash.update((source.name.len() as u64).to_be_bytes());
        hash.update(&source.name);
        hash.update((source.toml.len() as u64).to_be_bytes());
        hash.update(&source.toml);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Tries one example as said by each side, and gives what was seen of it.
fn tried(rules: &Rules, example: &Example) -> Result<Vec<(bool, Vec<Finding>)>, String> {
    let messages = example.messages();
    let parse = |text: &String| Text::parse(text).map_err(|_| format!("the example `{text}` is empty or too long"));
    let Some((last, earlier)) = messages.split_last() else { return Err("an example has no message".into()) };
    let last = parse(last)?;
    let mut outcomes = Vec::new();
    for speaker in [Role::Mentor, Role::Mentee] {
        let mut window = Window::new(speaker);
        for (at, text) in earlier.iter().enumerate() {
            window.push(MessageId::from_bits(at as u128 + 1), &parse(text)?, Timestamp(at as i64));
        }
        let held = matches!(judge(rules, &window, last.clone()), super::Verdict::Hold { .. });
        outcomes.push((held, look(rules, &window, &last)));
    }
    Ok(outcomes)
}

fn try_examples(rules: &Rules, packs: &Packs, problems: &mut Vec<Problem>) {
    for rule in &packs.rules {
        let written = &rule.written;
        // A rule that never holds by itself must still be found.
        let loudest = written.severity.max(written.from_adult.unwrap_or(Severity::Low));
        let holds = loudest.max(written.from_mentee.unwrap_or(Severity::Low)) >= super::HOLD_FROM;
        for what in kept(rules, &written.id, holds, &written.hold, &written.pass) {
            problems.push(rule.problem(format!("rule `{}`: {what}", written.id)));
        }
    }
    for combine in &packs.combines {
        let written = &combine.written;
        for what in kept(rules, &written.id, written.severity >= super::HOLD_FROM, &written.hold, &written.pass) {
            problems.push(combine.problem(format!("combine `{}`: {what}", written.id)));
        }
    }
}

fn kept(rules: &Rules, id: &str, holds: bool, hold: &[Example], pass: &[Example]) -> Vec<String> {
    let mut broken = Vec::new();
    for example in hold {
        match tried(rules, example) {
            Err(what) => broken.push(what),
            Ok(outcomes) => {
                let seen = outcomes
                    .iter()
                    .any(|(held, findings)| (*held || !holds) && findings.iter().any(|finding| finding.rule == id));
                if !seen {
                    broken.push(format!(
                        "does not hold its example {:?}: widen the rule or mend the example",
                        example.messages()
                    ));
                }
            }
        }
    }
    for example in pass {
        match tried(rules, example) {
            Err(what) => broken.push(what),
            Ok(outcomes) => {
                if let Some(finding) = outcomes.iter().filter(|(held, _)| *held).flat_map(|(_, f)| f).next() {
                    broken.push(format!(
                        "its example {:?} must pass, but `{}` holds it: narrow that rule or add an `unless`",
                        example.messages(),
                        finding.rule
                    ));
                }
            }
        }
    }
    broken
}
