//! `handrail filter`: the filter's laboratory on the command line.

use super::{record, role};
use crate::app::{load_rules, read_rules};
use crate::config;
use crate::lab;
use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use handrail_domain::filter::Rules;
use handrail_domain::people::Role;
use std::io::{BufWriter, ErrorKind, StdoutLock, Write};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Filter {
    #[command(flatten)]
    Lab(Lab),
    #[command(flatten)]
    Record(record::OfRecord),
}

#[derive(Subcommand)]
pub(super) enum Lab {
    /// Say why a text is held or delivered.
    Test(Test),
    /// Compile rule packs and try their examples.
    Check(RulesFolder),
    /// Judge JSON lines from standard input: one verdict a line, in order.
    ///
    /// Columns: text, and optionally id, ctx (earlier messages of the same sender), restricted (terms of the relationship) and
    /// role (mentor, mentee or guest_officer). Each line stands alone.
    Judge(RulesFolder),
    /// Measure the rules on labelled JSON lines, plain or gzip.
    ///
    /// Columns: text, hold (1, 0, or null to count the rate only), cat, and optionally ctx, restricted, role, tech, kind, span,
    /// sub and conv.
    Eval(Eval),
}

#[derive(Args)]
pub(super) struct RulesFolder {
    /// The folder of the rule packs; otherwise the default packs inside the binary.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Test {
    /// The message.
    text: String,
    #[command(flatten)]
    rules: RulesFolder,
    /// Who says it: mentor, mentee or guest_officer.
    #[arg(long = "as", value_name = "ROLE", default_value = "mentee", value_parser = role)]
    speaker: Role,
    /// What the same sender said before; may be given several times, oldest first.
    #[arg(long, value_name = "TEXT")]
    before: Vec<String>,
    /// A restricted term of the relationship; may be given several times.
    #[arg(long, value_name = "TERM")]
    restricted: Vec<String>,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Eval {
    /// Files of JSON lines.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    rules: RulesFolder,
    /// Say it in one JSON object.
    #[arg(long)]
    json: bool,
    /// Count conversations (the column conv) instead of rows, by sub.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// List the rows that should be held and were not.
    #[arg(long)]
    misses: bool,
    /// List the rows that should be delivered and were held.
    #[arg(long)]
    false_holds: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Whole conversations.
    Conv,
}

impl RulesFolder {
    fn place(self) -> config::Rules {
        self.rules.map_or(config::Rules::Embedded, config::Rules::Folder)
    }

    fn load(self) -> anyhow::Result<Rules> {
        load_rules(&self.place())
    }
}

/// Does what was asked.
pub(super) async fn run(asked: Filter) -> anyhow::Result<()> {
    match asked {
        Filter::Lab(asked) => put_out(|out| told(asked, out)),
        Filter::Record(asked) => {
            let text = record::ask(asked).await?;
            put_out(|out| Ok(out.write_all(&text)?))
        }
    }
}

/// Writes to the output. A reader that has seen enough and closes the pipe is no error.
fn put_out(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let done = write(&mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Err(error) if closed(&error) => Ok(()),
        done => done,
    }
}

fn closed(error: &anyhow::Error) -> bool {
    let mut causes = error.chain();
    causes.any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(ErrorKind::BrokenPipe)
    })
}

fn told(asked: Lab, out: &mut impl Write) -> anyhow::Result<()> {
    match asked {
        Lab::Test(test) => {
            let role = test.speaker;
            ensure!(role.converses(), "a {} writes no messages: --as mentor, mentee or guest_officer", role.as_str());
            let (text, before, restricted) = (test.text, test.before, test.restricted);
            lab::explain(test.rules.load()?, &lab::Said { text, before, restricted, role }, test.json, out)
        }
        Lab::Check(rules) => lab::check(&read_rules(&rules.place())?, out),
        Lab::Judge(rules) => Ok(lab::judge(rules.load()?, std::io::stdin().lock(), out)?),
        Lab::Eval(eval) => {
            let asked = lab::Measured {
                files: eval.files,
                by_conv: eval.by == Some(By::Conv),
                misses: eval.misses,
                false_holds: eval.false_holds,
                as_json: eval.json,
            };
            lab::eval(eval.rules.load()?, &asked, out)
        }
    }
}
