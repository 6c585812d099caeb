//! The binary: read the command line, do it, say what went wrong.

use clap::Parser;
use handrail::cli::{Cli, exit_code};
use std::io::Write;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if even this cannot be said.
            let _unsaid = writeln!(std::io::stderr(), "handrail: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}
