//! Rule packs as they are written: TOML, read strictly. Unknown keys are refused, and every complaint names file, line and rule.
//! This module never judges a text.

use super::detect::Detector;
use super::phrase::Classes;
use crate::finding::{Category, Severity};
use serde::Deserialize;
use std::fmt;
use toml::Spanned;

/// One rule pack file: its name for complaints, and what is written in it.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name, such as `abuse.toml`.
    pub name: String,
    /// What is written in it.
    pub toml: String,
}

/// Why a set of packs cannot be used: every complaint, at most [`PROBLEMS_MAX`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesError {
    pub(super) problems: Vec<Problem>,
}

/// How many complaints are told at once.
pub const PROBLEMS_MAX: usize = 20;

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) what: String,
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().take(PROBLEMS_MAX).enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.file)?;
            if let Some(line) = problem.line {
                write!(f, ":{line}")?;
            }
            write!(f, ": {}", problem.what)?;
        }
        match self.problems.len().saturating_sub(PROBLEMS_MAX) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for RulesError {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pack: Head,
    #[serde(default)]
    classes: Classes,
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<Written>>,
    #[serde(default, rename = "combine")]
    combines: Vec<Spanned<WrittenCombine>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    version: String,
    #[expect(dead_code, reason = "for those who read the pack; being a known key is what it does here")]
    about: String,
}

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) category: Category,
    pub(super) severity: Severity,
    /// The severity when a mentor or an officer says it, if it differs.
    pub(super) from_adult: Option<Severity>,
    /// The severity when a mentee says it, if it differs.
    pub(super) from_mentee: Option<Severity>,
    pub(super) why: String,
    /// What it weighs as a sign of drift, 1 to 10; 0 if it is none.
    #[serde(default)]
    pub(super) drift: u8,
    #[serde(default)]
    pub(super) terms: Vec<String>,
    #[serde(default)]
    pub(super) phrases: Vec<String>,
    pub(super) detect: Option<Detector>,
    /// Numbers or hosts that the detector leaves alone.
    #[serde(default)]
    pub(super) allow: Vec<String>,
    #[serde(default)]
    pub(super) unless: Vec<String>,
    #[serde(default)]
    pub(super) hold: Vec<Example>,
    #[serde(default)]
    pub(super) pass: Vec<Example>,
}

/// Rules that weigh more when they are found together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCombine {
    pub(super) id: String,
    pub(super) category: Category,
    pub(super) severity: Severity,
    pub(super) why: String,
    /// Ids of rules, or the start of ids with `.*`; each must be found.
    pub(super) all: Vec<String>,
    #[serde(default)]
    pub(super) hold: Vec<Example>,
    #[serde(default)]
    pub(super) pass: Vec<Example>,
}

/// An example: one message, or several of the same sender of which the last is judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Example {
    One(String),
    Several(Vec<String>),
}

impl Example {
    /// The messages, oldest first.
    pub(super) fn messages(&self) -> &[String] {
        match self {
            Example::One(text) => std::slice::from_ref(text),
            Example::Several(texts) => texts,
        }
    }
}

/// A thing of a pack and where it stands.
pub(super) struct Placed<T> {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) written: T,
}

impl<T> Placed<T> {
    pub(super) fn problem(&self, what: String) -> Problem {
        Problem { file: self.file.clone(), line: Some(self.line), what }
    }
}

/// All packs together.
#[derive(Default)]
pub(super) struct Packs {
    pub(super) classes: Classes,
    pub(super) rules: Vec<Placed<Written>>,
    pub(super) combines: Vec<Placed<WrittenCombine>>,
}

fn line_of(toml: &str, offset: usize) -> usize {
    toml.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Reads every pack; complaints about one do not hide those about another.
pub(super) fn read(sources: &[Source], problems: &mut Vec<Problem>) -> Packs {
    let mut packs = Packs::default();
    for source in sources {
        match toml::from_str::<File>(&source.toml) {
            Ok(file) => add(source, file, &mut packs, problems),
            Err(error) => problems.push(Problem {
                file: source.name.clone(),
                line: error.span().map(|span| line_of(&source.toml, span.start)),
                what: error.message().to_owned(),
            }),
        }
    }
    packs
}

fn add(source: &Source, file: File, packs: &mut Packs, problems: &mut Vec<Problem>) {
    let mut complain = |what: String| problems.push(Problem { file: source.name.clone(), line: None, what });
    if file.pack.id.trim().is_empty() || file.pack.version.trim().is_empty() {
        complain("[pack] needs an `id` and a `version` that are not empty".into());
    }
    for (name, phrases) in file.classes {
        if phrases.is_empty() {
            complain(format!("class `{name}` is empty: write a phrase or remove it"));
        }
        if packs.classes.insert(name.clone(), phrases).is_some() {
            complain(format!("class `{name}` is in another pack already: give it another name or remove one"));
        }
    }
    let line = |span: std::ops::Range<usize>| line_of(&source.toml, span.start);
    for rule in file.rules {
        let line = line(rule.span());
        packs.rules.push(Placed { file: source.name.clone(), line, written: rule.into_inner() });
    }
    for combine in file.combines {
        let line = line(combine.span());
        packs.combines.push(Placed { file: source.name.clone(), line, written: combine.into_inner() });
    }
}
