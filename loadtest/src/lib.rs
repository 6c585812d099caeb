//! A load test for Handrail, and the oracle that judges it. It speaks the live protocol over real sockets, as any client would,
//! and knows of the server what PROTOCOL.md says and nothing else.
//!
//! Read in this order: `corpus`, `plan` (what is said, and when), `oracle` (which promises hold), `meter`, `bench` (what all
//! clients share), `link`, `person`, `supervisor`, `nuisance` (the clients), `accounts`, `server`, `ground`, `run` (one run from beginning to
//! end), `timeline` (the same step by step), `report`, `page` (it as a page), `profile` (a run as a file), `compare` (two reports), `merge` (several
//! as one), `knee` (how
//! much it carries), `closed` and `floors` (how far that is from what can be had); then `sitter`, `storm` and `idle`, which say nothing and only are there.

#![warn(missing_docs)]

mod accounts;
mod args;
mod bench;
mod closed;
mod compare;
pub mod corpus;
mod floors;
mod ground;
mod http;
mod idle;
mod knee;
mod link;
mod merge;
pub mod meter;
mod nuisance;
pub mod oracle;
mod page;
mod person;
pub mod plan;
mod postgres;
mod proc;
mod profile;
mod progress;
mod redis;
pub mod report;
mod run;
mod server;
mod sitter;
mod socketio;
mod storm;
mod supervisor;
pub mod timeline;
mod wire;

use clap::Parser as _;
use std::io::Write as _;
use std::process::ExitCode;

/// The promises did not hold, or a threshold was not met.
const FAILED: u8 = 1;
/// The run could not be carried out.
const COULD_NOT_RUN: u8 = 2;

/// The program: reads the command line, does what it says, and ends with 0, 1 (failed) or 2 (could not run).
pub fn main() -> ExitCode {
    let line = match profile::expanded(std::env::args_os().collect()) {
        Ok(line) => line,
        Err(error) => return could_not_run(&error),
    };
    let cli = match args::Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match cli.verb {
                args::Verb::Run(args) => run::run(*args).await,
                args::Verb::Knee(args) => knee::run(args).await,
                args::Verb::Floors(args) => floors::run(args).await,
                args::Verb::Storm(args) => storm::run(args).await,
                args::Verb::Idle(args) => idle::run(args).await,
                args::Verb::Merge(args) => merge::run(&args),
                args::Verb::Compare(args) => compare::run(&args.before, &args.after),
            }
        }),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => could_not_run(&error),
    }
}

fn could_not_run(error: &anyhow::Error) -> ExitCode {
    say(&format!("handrail-load could not run: {error:#}"));
    ExitCode::from(COULD_NOT_RUN)
}

/// A line for the one who waits.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The report. Nobody reading it is no reason to fail.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
