//! What a test runs against when it starts its own: one server or several over one record and one bus, with the stores that it
//! was asked to start beside them. All of it ends with the test.

use crate::link::Target;
use crate::postgres::{self, Postgres};
use crate::redis::{self, Redis};
use crate::server::{self, Recipe, Server};
use crate::wire::Certificate;
use anyhow::{Context as _, ensure};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files that are open beside the sockets.
pub(crate) const SPARE_FILES: u64 = 256;

/// Which servers a test starts, and over what.
#[derive(Debug, Clone, Args)]
pub(crate) struct On {
    /// Redis for the servers that the test starts: redis://HOST:PORT, or `auto` for one of the test's own.
    #[arg(long, value_name = "URL", value_parser = redis)]
    pub(crate) redis: Option<String>,
    /// PostgreSQL for the record of the servers that the test starts: postgres://USER:PASSWORD@HOST:PORT/DATABASE, or `auto`
    /// for one of the test's own. Without it the record is a file.
    #[arg(long, value_name = "URL", value_parser = postgres)]
    pub(crate) postgres: Option<String>,
    /// How many servers the test starts over the same PostgreSQL and Redis. People go to one after the other, and the two of
    /// a relationship to different ones.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) nodes: u8,
    /// The server's binary. Default: `handrail` beside this program.
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// Start the servers without limits on what a person may say a second: to find what they carry, not what they allow.
    #[arg(long)]
    pub(crate) unlimited: bool,
    /// Speak TLS to the servers, with a certificate of the test's own.
    #[arg(long)]
    pub(crate) tls: bool,
    /// The server's data folder, kept afterwards. Default: a fresh one beside the JSON report, removed after a good run.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

impl On {
    /// How many servers to start. Several need a record and a bus that all of them reach.
    pub(crate) fn nodes(&self) -> anyhow::Result<usize> {
        ensure!(
            self.nodes == 1 || (self.redis.is_some() && self.postgres.is_some()),
            "several nodes share a record and a bus: add --postgres auto --redis auto"
        );
        Ok(usize::from(self.nodes))
    }
}

fn redis(text: &str) -> Result<String, String> {
    let good = text == redis::START || text.starts_with("redis://");
    good.then(|| text.to_owned()).ok_or_else(|| format!("`{text}` is not redis://HOST:PORT, and not `auto`"))
}

fn postgres(text: &str) -> Result<String, String> {
    let good = text == postgres::START || text.starts_with("postgres://");
    good.then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is not postgres://USER:PASSWORD@HOST:PORT/DATABASE, and not `auto`"))
}

/// The servers that a test started, and what they lean on.
pub(crate) struct Ground {
    pub(crate) nodes: Vec<Server>,
    /// How long each took to be ready.
    pub(crate) starts: Vec<Duration>,
    /// Where the bus is, if there is one.
    pub(crate) redis: Option<String>,
    pub(crate) data: PathBuf,
    kept: bool,
    own_redis: Option<Redis>,
    own_postgres: Option<Postgres>,
}

impl Ground {
    /// Starts everything, the first node alone: it seeds the record. `json` is where the report goes.
    pub(crate) async fn start(on: &On, relationships: u32, json: &Path) -> anyhow::Result<Self> {
        let nodes = on.nodes()?;
        server::allow_many_files(2 * u64::from(relationships) + SPARE_FILES)?;
        let data = on.data.clone().unwrap_or_else(|| data_folder(json));
        let (mut redis, mut postgres) = (on.redis.clone(), on.postgres.clone());
        let (mut own_redis, mut own_postgres) = (None, None);
        if redis.as_deref() == Some(redis::START) {
            let own = Redis::start(&data).await?;
            redis = Some(own.url.clone());
            own_redis = Some(own);
        }
        if postgres.as_deref() == Some(postgres::START) {
            let own = Postgres::start(&data).await?;
            postgres = Some(own.url.clone());
            own_postgres = Some(own);
        }
        let recipe = Recipe {
            program: server::program(on.server.as_deref())?,
            data: data.clone(),
            relationships,
            redis: redis.clone(),
            postgres,
            authority: server::free_authority()?,
            unlimited: on.unlimited,
            tls: on.tls.then(|| Certificate::make(&data)).transpose()?,
        };
        let (first, took) = Server::start(recipe).await?;
        let kept = on.data.is_some();
        let mut ground = Self { nodes: vec![first], starts: vec![took], redis, data, kept, own_redis, own_postgres };
        for node in 2..=nodes {
            let (next, took) = ground.nodes[0].beside(ground.data.join(format!("node-{node}"))).await?;
            ground.nodes.push(next);
            ground.starts.push(took);
        }
        Ok(ground)
    }

    /// Where each node is.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.nodes.iter().map(Server::target).collect()
    }

    /// Who can sign in.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.nodes[0].accounts()
    }

    /// The first process of the PostgreSQL that was started.
    pub(crate) fn postgres_pid(&self) -> Option<u32> {
        self.own_postgres.as_ref().and_then(Postgres::pid)
    }

    /// Stops everything, and has the record checked that was written. What did not stop as it should, and a record that is not
    /// whole, are added to `failures`; what the check said is the other answer.
    pub(crate) async fn stop(self, failures: &mut Vec<String>) -> (Remains, Option<String>) {
        let record = self.nodes.first().map(Server::record);
        for node in self.nodes {
            match node.stop().await {
                Ok(status) if status.success() => {}
                Ok(status) => failures.push(format!("the server ended with {status}")),
                Err(error) => failures.push(error.to_string()),
            }
        }
        drop(self.own_redis);
        let audited = match record {
            Some(record) => record.audit().await.map_err(|error| failures.push(format!("{error:#}"))).ok(),
            None => None,
        };
        if let Some(postgres) = self.own_postgres {
            postgres.stop().await;
        }
        (Remains { data: self.data, kept: self.kept }, audited)
    }
}

/// What servers wrote while they ran.
pub(crate) struct Remains {
    data: PathBuf,
    kept: bool,
}

impl Remains {
    /// What is in a folder that goes with the test.
    pub(crate) fn of(data: PathBuf) -> Self {
        Self { data, kept: false }
    }

    /// Removes it after a good run; after another one somebody will want to read it.
    pub(crate) fn tidy(self, passed: bool) {
        if passed && !self.kept {
            // What cannot be removed is found beside the report.
            let _left = std::fs::remove_dir_all(&self.data);
        } else {
            crate::say(&format!("the server's data and log are in {}", self.data.display()));
        }
    }
}

/// On the disk that holds the report, not in the system's folder for temporary files: that one may be memory, where an fsync
/// costs nothing and a durable server looks better than it is.
fn data_folder(json: &Path) -> PathBuf {
    json.with_extension(format!("data-{}", std::process::id()))
}

/// A report that cannot be written is known before the run, not after it; and a run that fails leaves no old one behind.
pub(crate) fn prepare_report(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("making {} for the report", folder.display()))?;
    let probe = std::fs::OpenOptions::new().create(true).append(true).open(file);
    probe
        .and_then(|_| std::fs::remove_file(file))
        .with_context(|| format!("cannot write the report {}", file.display()))
}

/// Writes a report as JSON.
pub(crate) fn write_report(file: &Path, report: &impl Serialize) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)? + "\n";
    std::fs::write(file, json).with_context(|| format!("cannot write the report {}", file.display()))
}

/// Writes a report as a page.
pub(crate) fn write_page(file: &Path, page: &str) -> anyhow::Result<()> {
    std::fs::write(file, page).with_context(|| format!("cannot write the page {}", file.display()))
}

/// The command as it was given. A URL may carry a password: then it is left out.
pub(crate) fn command() -> String {
    let words = std::env::args().map(|word| if word.contains('@') { "(left out)".to_owned() } else { word });
    words.collect::<Vec<_>>().join(" ")
}
