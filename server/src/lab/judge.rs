//! Lines in, verdicts out: one for each line, in order, at once. What cannot be read gets a verdict that says so, and the run
//! goes on.

use super::bench::{Bench, Judged};
use super::line::Columns;
use super::source::{BATCH_BYTES, LINE_BYTES_MAX, Next, next};
use handrail_domain::filter::Rules;
use handrail_domain::finding::{Category, Severity, Span};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, BufReader, BufWriter, Read, Write};

#[derive(Serialize)]
struct Verdict<'a> {
    id: Option<&'a RawValue>,
    verdict: &'static str,
    severity: Option<Severity>,
    findings: Vec<Found<'a>>,
    took_us: u64,
}

#[derive(Serialize)]
struct Found<'a> {
    rule: &'a str,
    category: Category,
    severity: Severity,
    span: Option<Span>,
}

#[derive(Serialize)]
struct Unread<'a> {
    id: Option<&'a RawValue>,
    verdict: &'static str,
    error: &'a str,
}

/// Judges every line of the input.
pub fn judge(rules: Rules, input: impl Read, output: impl Write) -> io::Result<()> {
    let mut bench = Bench::new(rules);
    let mut input = BufReader::with_capacity(BATCH_BYTES, input);
    let mut output = BufWriter::with_capacity(BATCH_BYTES, output);
    let (mut line, mut first) = (Vec::new(), true);
    loop {
        // Reading on may wait for somebody who waits for these verdicts.
        if !input.buffer().contains(&b'\n') {
            output.flush()?;
        }
        match next(&mut input, &mut line)? {
            Next::End => return output.flush(),
            Next::TooLong => {
                let error = format!("the line has over {LINE_BYTES_MAX} bytes: send less at once");
                write(&mut output, &Unread { id: None, verdict: "error", error: &error })?;
            }
            Next::Line => answer(&mut bench, without_mark(&line, first), &mut output)?,
        }
        first = false;
    }
}

/// A byte order mark at the start of all is no part of the first line.
fn without_mark(line: &[u8], first: bool) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| first).unwrap_or(line)
}

fn answer(bench: &mut Bench, line: &[u8], output: &mut impl Write) -> io::Result<()> {
    let Ok(text) = std::str::from_utf8(line) else {
        let mended = String::from_utf8_lossy(line);
        let id = Columns::read(&mended).ok().and_then(|columns| columns.id);
        let id = id.filter(|id| !id.get().contains(char::REPLACEMENT_CHARACTER));
        return write(output, &Unread { id, verdict: "error", error: "the line is not UTF-8: write it in UTF-8" });
    };
    let columns = match Columns::read(text) {
        Ok(columns) => columns,
        Err(error) => return write(output, &Unread { id: None, verdict: "error", error: &error }),
    };
    match columns.said().and_then(|said| bench.judge(&said)) {
        Ok(judged) => write(output, &told(columns.id, &judged)),
        Err(error) => write(output, &Unread { id: columns.id, verdict: "error", error: &error }),
    }
}

fn told<'a>(id: Option<&'a RawValue>, judged: &'a Judged) -> Verdict<'a> {
    let found = judged.seen.iter().map(|seen| Found {
        rule: &seen.finding.rule,
        category: seen.finding.category,
        severity: seen.finding.severity,
        span: seen.span,
    });
    let took_us = u64::try_from(judged.took.as_micros()).unwrap_or(u64::MAX);
    Verdict { id, verdict: judged.verdict(), severity: judged.severity(), findings: found.collect(), took_us }
}

fn write(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}
