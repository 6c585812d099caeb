//! Labelled files judged: each is read, counted, and told as a table or as JSON.

use super::bench::{Bench, Judged};
use super::figures::Figures;
use super::line::{Columns, Labels, Said};
use super::report;
use super::source::{LINE_BYTES_MAX, Next, next, open};
use anyhow::Context;
use handrail_domain::filter::Rules;
use serde::Serialize;
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// What is measured, and how it is told.
pub struct Measured {
    /// Files of labelled rows, plain or gzip.
    pub files: Vec<PathBuf>,
    /// Count conversations instead of rows.
    pub by_conv: bool,
    /// List the rows that should be held and were not.
    pub misses: bool,
    /// List the rows that should be delivered and were held.
    pub false_holds: bool,
    /// One JSON object instead of tables.
    pub as_json: bool,
}

#[derive(Serialize)]
struct All<'a> {
    version: &'a str,
    rules: usize,
    files: Vec<Report>,
}

/// What came of one file.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) figures: Figures,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) misses: Vec<Listed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) false_holds: Vec<Listed>,
}

/// A row that was judged otherwise than it is labelled.
#[derive(Serialize)]
pub(super) struct Listed {
    pub(super) line: u64,
    pub(super) cat: String,
    pub(super) tech: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) text: String,
    pub(super) ctx: Vec<String>,
    pub(super) findings: Vec<Matched>,
}

/// What a rule saw in a listed row.
#[derive(Serialize)]
pub(super) struct Matched {
    pub(super) rule: String,
    pub(super) matched: String,
}

/// Judges every row of the files and tells how many were held as they should be.
pub fn eval(rules: Rules, asked: &Measured, out: &mut impl Write) -> anyhow::Result<()> {
    // A wrong path is said before anything is measured.
    for path in &asked.files {
        open(path)?;
    }
    let mut bench = Bench::new(rules);
    let mut files = Vec::new();
    if !asked.as_json {
        writeln!(out, "Rules {} ({} rules), 95 % intervals\n", bench.rules().version(), bench.rules().len())?;
    }
    for path in &asked.files {
        let mut from = open(path)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let report = measure(&mut bench, &mut from, name, asked)
            .with_context(|| format!("cannot read {} to its end", path.display()))?;
        if asked.as_json {
            files.push(report);
        } else {
            out.write_all(report::text(&report, asked.by_conv).as_bytes())?;
        }
    }
    if asked.as_json {
        let all = All { version: bench.rules().version(), rules: bench.rules().len(), files };
        serde_json::to_writer(&mut *out, &all)?;
        writeln!(out)?;
    }
    Ok(())
}

fn measure(bench: &mut Bench, from: &mut impl BufRead, file: String, asked: &Measured) -> std::io::Result<Report> {
    let (misses, false_holds) = (Vec::new(), Vec::new());
    let mut report = Report { file, figures: Figures::default(), misses, false_holds };
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        number += 1;
        match next(from, &mut line)? {
            Next::End => break,
            Next::TooLong => report.figures.add_bad(number, format!("it has over {LINE_BYTES_MAX} bytes")),
            Next::Line => match row(bench, &line) {
                Ok((said, labels, judged)) => {
                    report.figures.add(&labels, &judged);
                    list(&mut report, asked, number, (said, labels, &judged));
                }
                Err(why) => report.figures.add_bad(number, why),
            },
        }
    }
    if asked.by_conv {
        report.figures.count_conversations();
    }
    Ok(report)
}

fn row(bench: &mut Bench, line: &[u8]) -> Result<(Said, Labels, Judged), String> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8: write it in UTF-8")?;
    let columns = Columns::read(line)?;
    let (said, labels) = (columns.said()?, columns.labels()?);
    let judged = bench.judge(&said)?;
    Ok((said, labels, judged))
}

/// Keeps a row that was asked for.
fn list(report: &mut Report, asked: &Measured, line: u64, (said, labels, judged): (Said, Labels, &Judged)) {
    let to = match (labels.hold, judged.held) {
        (Some(true), false) if asked.misses => &mut report.misses,
        (Some(false), true) if asked.false_holds => &mut report.false_holds,
        (Some(_) | None, _) => return,
    };
    let matched =
        |seen: &super::bench::Seen| Matched { rule: seen.finding.rule.clone(), matched: seen.finding.excerpt.clone() };
    to.push(Listed {
        line,
        cat: labels.cat,
        tech: labels.tech,
        sub: labels.sub,
        text: said.text,
        ctx: said.before,
        findings: judged.seen.iter().map(matched).collect(),
    });
}
