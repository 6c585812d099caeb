//! PostgreSQL for the server: one that the run starts for itself, or one that is there. The load test itself keeps nothing in it.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What `--postgres` says instead of a URL when the run shall start one.
pub(crate) const START: &str = "auto";
/// Keeps a PostgreSQL in a folder for as long as its input is open: the one that the tests use too.
const KEEPER: &str = include_str!("../../scripts/postgres");
/// The database that the run makes.
const DATABASE: &str = "handrail";
/// How long the keeper may take for one word.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A PostgreSQL that the run started, on a free loopback port. It ends, and its data goes, when this is dropped.
pub(crate) struct Postgres {
    pub(crate) url: String,
    folder: PathBuf,
    keeper: Child,
    input: ChildStdin,
}

impl Postgres {
    /// Starts one with its usual settings, which wait for the disk at every commit.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder.join("postgres"))?;
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let authority = crate::server::free_authority()?;
        let port = authority.rsplit(':').next().unwrap_or_default();
        let mut command = Command::new("bash");
        command.args(["-c", KEEPER, "postgres"]).arg(&folder).arg(port).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().context("starting bash, which starts PostgreSQL")?;
        let (input, output) = keeper.stdin.take().zip(keeper.stdout.take()).context("its input and output")?;
        let url = format!("postgres://handrail:handrail@{authority}/{DATABASE}");
        let mut postgres = Self { url, folder, keeper, input };
        let mut answers = BufReader::new(output);
        postgres.tell("start", &mut answers).await?;
        postgres.tell(&format!("create {DATABASE}"), &mut answers).await?;
        Ok(postgres)
    }

    async fn tell(&mut self, word: &str, answers: &mut BufReader<ChildStdout>) -> anyhow::Result<()> {
        self.input.write_all(format!("{word}\n").as_bytes()).await?;
        let mut answer = String::new();
        // An answer that never comes is as empty as one of a keeper that has ended.
        let _late = tokio::time::timeout(ANSWER_MAX, answers.read_line(&mut answer)).await;
        ensure!(
            answer.trim() == "done",
            "PostgreSQL did not start in {}: install it with `apt-get install postgresql`, and let its user `postgres` reach the \
             folder, for instance with --data",
            self.folder.display()
        );
        Ok(())
    }

    /// The id of its first process.
    pub(crate) fn pid(&self) -> Option<u32> {
        let told = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        told.lines().next()?.trim().parse().ok()
    }

    /// Ends it and waits until its data is gone.
    pub(crate) async fn stop(self) {
        let Self { mut keeper, input, .. } = self;
        drop(input);
        let _ended = tokio::time::timeout(ANSWER_MAX, keeper.wait()).await;
    }
}
