//! A compiled set of rules: immutable, shared by all threads, replaced as a whole. Compiling reads, lints, builds the engines
//! and tries every pack's own examples; a set that does not keep its own promises is never used.

use super::automaton::{Automaton, Gate, Wait};
use super::detect::{Detector, WORDS};
use super::drift::Sign;
use super::lexicon::{Lexicon, Symbol};
use super::pack::{self, Packs, Problem, RulesError, Source, Written};
use super::phrase::{Node, Reader};
use super::vocabulary::Vocabulary;
use super::{lint, trial};
use crate::finding::{Category, Finding, Severity};
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// How many rules all packs may have together.
pub const RULES_MAX: usize = 2_000;

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) category: Category,
    adult: Severity,
    mentee: Severity,
    pub(super) why: String,
    /// What excuses a hit that it overlaps.
    pub(super) unless: Vec<Automaton>,
    /// What a hit weighs as a sign of drift.
    drift: u8,
    /// It looks for a first name alone, and not for somebody else of that name.
    pub(super) first_name: bool,
}

impl Rule {
    /// A rule that weighs the same whoever speaks, and excuses nothing.
    pub(super) fn plain(id: String, category: Category, severity: Severity, why: String) -> Self {
        Rule { id, category, adult: severity, mentee: severity, why, unless: Vec::new(), drift: 0, first_name: false }
    }

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

/// What meeting a word may mean.
#[derive(Debug)]
pub(super) enum Use {
    /// It is all that a rule looks for.
    Term { rule: usize },
    /// It is one of several words in a row that a rule looks for.
    Words { rule: usize, words: Box<[Symbol]>, at: usize },
}

/// The phrases that wait at one word, each with its gate beside it.
#[derive(Debug, Default)]
pub(super) struct Slots {
    pub(super) gates: Vec<Gate>,
    /// The phrase, and how it waits.
    pub(super) waits: Vec<(u32, Wait)>,
}

impl Slots {
    fn add(&mut self, phrase: u32, automaton: &Automaton, wait: Wait) {
        self.gates.push(Gate::of(automaton, &wait));
        self.waits.push((phrase, wait));
    }
}

/// A phrase of a rule, run only where a word of its rarest slot stands.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) rule: usize,
    pub(super) automaton: Automaton,
}

/// A compiled set of rules.
#[derive(Debug)]
pub struct Rules {
    version: String,
    packs: Vec<Source>,
    pub(super) rules: Vec<Rule>,
    pub(super) combines: Vec<Combine>,
    pub(super) lexicon: Lexicon,
    /// For each symbol, what meeting it may mean.
    pub(super) uses: Vec<Box<[Use]>>,
    /// For each symbol, the phrases of which every match has such a word.
    pub(super) slots: Vec<Slots>,
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

/// What is gathered of all rules before their words are counted.
#[derive(Default)]
struct Draft {
    rules: Vec<Rule>,
    /// For each term, its rule and its words.
    terms: Vec<(usize, Vec<Symbol>)>,
    phrases: Vec<(usize, Node)>,
    detectors: Vec<Detection>,
    /// Words that a rule looks for alone.
    strong: BTreeSet<String>,
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
        lint::lint(&packs, &mut problems);
        let mut reader = Reader::new(&packs.classes);
        let draft = draft(&packs, &mut reader, &mut problems);
        let rules = assemble(sources, &packs, reader, draft, &mut problems);
        if problems.is_empty() {
            trial::try_examples(&rules, &packs, &mut problems);
        }
        if problems.is_empty() { Ok(rules) } else { Err(RulesError { problems }) }
    }

    /// Packs that were changed after they were read, whose examples may no longer hold.
    #[cfg(test)]
    pub(super) fn untried(sources: &[Source], packs: &Packs) -> Rules {
        let mut problems = Vec::new();
        let mut reader = Reader::new(&packs.classes);
        let draft = draft(packs, &mut reader, &mut problems);
        let rules = assemble(sources, packs, reader, draft, &mut problems);
        assert!(problems.is_empty(), "{}", RulesError { problems });
        rules
    }

    /// A short hash of the packs, the same for the same packs in any order.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version that these packs would have, without compiling them.
    pub fn version_of(sources: &[Source]) -> String {
        version(sources)
    }

    /// The packs that it was made of, as they were written.
    pub fn packs(&self) -> &[Source] {
        &self.packs
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len() + self.combines.len()
    }

    /// The signs of drift among these findings, given now: at most one a rule.
    pub fn signs(&self, findings: &[Finding], now: Timestamp) -> Vec<Sign> {
        let given = self.rules.iter().filter(|rule| rule.drift > 0);
        given
            .filter(|rule| findings.iter().any(|finding| finding.rule == rule.id))
            .map(|rule| Sign { category: rule.category, points: rule.drift, at: now })
            .collect()
    }

    /// A set of rules that look for words in a row and nothing else, without packs.
    pub(super) fn of_words(
        rules: Vec<Rule>,
        rows: Vec<(usize, Vec<Symbol>)>,
        lexicon: Lexicon,
        words: &BTreeSet<String>,
        strong: &BTreeSet<String>,
    ) -> Rules {
        Rules {
            version: String::new(),
            packs: Vec::new(),
            rules,
            combines: Vec::new(),
            uses: uses_of(&lexicon, rows).into_iter().map(Into::into).collect(),
            slots: no_slots(&lexicon),
            phrases: Vec::new(),
            detectors: Vec::new(),
            vocabulary: Vocabulary::new(words, strong, &BTreeSet::new()),
            lexicon,
        }
    }

    /// Never true: a set without rules does not compile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn draft(packs: &Packs, reader: &mut Reader<'_>, problems: &mut Vec<Problem>) -> Draft {
    let mut draft = Draft::default();
    for (number, rule) in packs.rules.iter().enumerate() {
        let written = &rule.written;
        let mut complain = |what: String| problems.push(rule.problem(format!("rule `{}`: {what}", written.id)));
        for term in &written.terms {
            match term_words(reader, &mut draft.strong, term) {
                Ok(words) => draft.terms.push((number, words)),
                Err(what) => complain(format!("term `{term}`: {what}")),
            }
        }
        for pattern in &written.phrases {
            match reader.phrase(pattern) {
                Ok(node) => draft.phrases.push((number, node)),
                Err(what) => complain(format!("phrase `{pattern}`: {what}")),
            }
        }
        let mut unless = Vec::new();
        for pattern in &written.unless {
            match reader.phrase(pattern).and_then(|node| Automaton::new(&node, &[])) {
                Ok((automaton, _)) => unless.push(automaton),
                Err(what) => complain(format!("unless `{pattern}`: {what}")),
            }
        }
        let allow = written.allow.iter().map(|allowed| allowed.to_lowercase()).collect();
        draft.detectors.extend(written.detect.map(|detector| Detection { detector, rule: number, allow }));
        draft.rules.push(compiled_rule(written, unless));
    }
    draft
}

fn compiled_rule(written: &Written, unless: Vec<Automaton>) -> Rule {
    Rule {
        id: written.id.clone(),
        category: written.category,
        adult: written.from_adult.unwrap_or(written.severity),
        mentee: written.from_mentee.unwrap_or(written.severity),
        why: written.why.trim().to_owned(),
        unless,
        drift: written.drift,
        first_name: false,
    }
}

/// The words of a term; a word that stands alone is noted as strong.
fn term_words(reader: &mut Reader<'_>, strong: &mut BTreeSet<String>, term: &str) -> Result<Vec<Symbol>, String> {
    let (plain, open) = term.strip_suffix('*').map_or((term, false), |stem| (stem, true));
    if plain.contains(['*', '(', '|', '{', '#', '?']) {
        return Err("a term is plain words, with `*` only at its end: put patterns into `phrases`".into());
    }
    let words = super::phrase::plain_words(plain);
    if open && words.chars().count() < 3 {
        return Err("fewer than three letters before `*` match too much: write whole words".into());
    }
    let row = reader.row(plain, open)?;
    if row.len() == 1 {
        strong.insert(words);
    }
    Ok(row)
}

/// For each symbol, the terms that are looked for by it.
fn uses_of(lexicon: &Lexicon, terms: Vec<(usize, Vec<Symbol>)>) -> Vec<Vec<Use>> {
    let costs = lexicon.costs();
    let mut uses: Vec<Vec<Use>> = Vec::new();
    uses.resize_with(lexicon.len(), Vec::new);
    for (rule, words) in terms {
        match words[..] {
            [word] => uses[word as usize].push(Use::Term { rule }),
            _ => {
                // Looked for by its rarest word.
                let at = (0..words.len()).min_by_key(|at| costs[words[*at] as usize]).unwrap_or(0);
                uses[words[at] as usize].push(Use::Words { rule, words: words.into(), at });
            }
        }
    }
    uses
}

fn no_slots(lexicon: &Lexicon) -> Vec<Slots> {
    std::iter::repeat_with(Slots::default).take(lexicon.len()).collect()
}

fn assemble(sources: &[Source], packs: &Packs, reader: Reader<'_>, draft: Draft, problems: &mut Vec<Problem>) -> Rules {
    let costs = reader.lexicon.costs();
    let uses = uses_of(&reader.lexicon, draft.terms);
    let mut slots = no_slots(&reader.lexicon);
    let mut phrases = Vec::new();
    for (rule, node) in &draft.phrases {
        match Automaton::new(node, &costs).and_then(waited_for) {
            Ok((automaton, waits)) => {
                let phrase = phrases.len() as u32;
                waits.into_iter().for_each(|wait| slots[wait.symbol as usize].add(phrase, &automaton, wait));
                phrases.push(Phrase { rule: *rule, automaton });
            }
            Err(what) => {
                let rule = &packs.rules[*rule];
                problems.push(rule.problem(format!("rule `{}`: a phrase: {what}", rule.written.id)));
            }
        }
    }
    let mut words = reader.words;
    words.extend(WORDS.split_ascii_whitespace().map(str::to_owned));
    Rules {
        version: version(sources),
        packs: sources.to_vec(),
        rules: draft.rules,
        combines: combinations(packs, problems),
        uses: uses.into_iter().map(Into::into).collect(),
        slots,
        phrases,
        vocabulary: Vocabulary::new(&words, &draft.strong, &reader.open),
        lexicon: reader.lexicon,
        detectors: draft.detectors,
    }
}

/// A phrase is run only where one of its words stands, so it must have one.
fn waited_for((automaton, waits): (Automaton, Vec<Wait>)) -> Result<(Automaton, Vec<Wait>), String> {
    if waits.is_empty() {
        return Err("no word of it must be there: write one without `?` that is not a number".into());
    }
    Ok((automaton, waits))
}

fn combinations(packs: &Packs, problems: &mut Vec<Problem>) -> Vec<Combine> {
    let ids: Vec<&str> = packs.rules.iter().map(|rule| rule.written.id.as_str()).collect();
    let fulfils = |name: &str| -> Vec<usize> {
        let stem = name.strip_suffix('*').unwrap_or(name);
        let fits = |id: &str| if name.ends_with('*') { id.starts_with(stem) } else { id == name };
        ids.iter().enumerate().filter(|(_, id)| fits(id)).map(|(number, _)| number).collect()
    };
    let mut combines = Vec::new();
    for placed in &packs.combines {
        let written = &placed.written;
        let all: Vec<Vec<usize>> = written.all.iter().map(|name| fulfils(name)).collect();
        for (name, rules) in written.all.iter().zip(&all) {
            if rules.is_empty() {
                problems.push(placed.problem(format!("combine `{}`: there is no rule `{name}`", written.id)));
            }
        }
        let (id, why) = (written.id.clone(), written.why.trim().to_owned());
        combines.push(Combine { id, category: written.category, severity: written.severity, why, all });
    }
    combines
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
