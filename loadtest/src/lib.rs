//! A load test for Handrail, and the oracle that judges it. It speaks the live protocol over real sockets, as any client would,
//! and knows of the server what PROTOCOL.md says and nothing else.
//!
//! Read in this order: `corpus`, `plan` (what is said, and when), `oracle` (which promises hold), `meter`, `bench` (what all
//! clients share), `link`, `person`, `supervisor` (the clients), `accounts`, `server`, `run` (one run from beginning to end),
//! `report`.

#![warn(missing_docs)]

mod accounts;
mod args;
mod bench;
pub mod corpus;
mod http;
mod link;
pub mod meter;
pub mod oracle;
mod person;
pub mod plan;
mod postgres;
mod proc;
mod progress;
mod redis;
pub mod report;
mod run;
mod server;
mod supervisor;

use clap::Parser as _;
use std::io::Write as _;
use std::process::ExitCode;

/// The promises did not hold, or a threshold was not met.
const FAILED: u8 = 1;
/// The run could not be carried out.
const COULD_NOT_RUN: u8 = 2;

/// The program: reads the command line, does what it says, and ends with 0, 1 (failed) or 2 (could not run).
pub fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let args::Verb::Run(args) = cli.verb;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run::run(*args)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            say(&format!("handrail-load could not run: {error:#}"));
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// A line for the one who waits.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The report. Nobody reading it is no reason to fail.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
