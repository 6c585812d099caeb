//! The server that a run starts for itself: `handrail demo` on a free loopback port, awaited until it is ready, stopped with
//! SIGTERM, killed with SIGKILL where the run asks for that. What it prints goes to a file in its data folder.

use crate::http::Http;
use crate::link::Target;
use crate::wire::Certificate;
use anyhow::{Context as _, bail, ensure};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// How long a server may take to be ready; seeding a thousand people is part of the first start.
const READY_MAX: Duration = Duration::from_secs(90);
/// How long a server may take to drain and stop after SIGTERM.
const STOP_MAX: Duration = Duration::from_secs(30);
/// How often readiness is asked for.
const READY_EVERY: Duration = Duration::from_millis(25);
/// The name of the list of who can sign in, in its data folder.
const ACCOUNTS: &str = "demo-accounts.json";
/// The name of what the server prints, in its data folder.
const LOG: &str = "server.log";

/// How to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) relationships: u32,
    pub(crate) redis: Option<String>,
    /// The database server that holds the record; without one it is a file in `data`.
    pub(crate) postgres: Option<String>,
    /// Host and port to listen on.
    pub(crate) authority: String,
    /// Without limits on what a person may say.
    pub(crate) unlimited: bool,
    /// What it shows to be itself, where TLS is spoken.
    pub(crate) tls: Option<Certificate>,
}

/// A server that this program started.
pub(crate) struct Server {
    recipe: Recipe,
    child: Child,
}

/// The server's binary: the one that was named, or the one beside this program.
pub(crate) fn program(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let program = match named {
        Some(named) => named.to_owned(),
        None => std::env::current_exe().context("where this program is")?.with_file_name("handrail"),
    };
    ensure!(
        program.is_file(),
        "no server at {}: build it with `cargo build --profile dist -p handrail`, or name it with --server PATH",
        program.display()
    );
    Ok(program)
}

/// A loopback port that is free now.
pub(crate) fn free_authority() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.to_string())
}

impl Server {
    /// Starts it and waits until it is ready. Tells how long that took.
    pub(crate) async fn start(recipe: Recipe) -> anyhow::Result<(Self, Duration)> {
        std::fs::create_dir_all(&recipe.data).with_context(|| format!("making {}", recipe.data.display()))?;
        let from = Instant::now();
        let mut server = Self { child: spawn(&recipe)?, recipe };
        server.ready(from).await?;
        Ok((server, from.elapsed()))
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where it is.
    pub(crate) fn target(&self) -> Target {
        let trust = self.recipe.tls.as_ref().map(|tls| tls.trust.clone());
        Target { authority: self.recipe.authority.clone(), path: "/live".into(), trust }
    }

    /// Where the accounts of its demo are.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.recipe.data.join(ACCOUNTS)
    }

    /// Starts another one over the same record and bus, with files of its own in the folder `data`.
    pub(crate) async fn beside(&self, data: PathBuf) -> anyhow::Result<(Self, Duration)> {
        std::fs::create_dir_all(&data).with_context(|| format!("making {}", data.display()))?;
        // The record is seeded already: who can sign in is what the first one wrote down.
        std::fs::copy(self.accounts(), data.join(ACCOUNTS)).context("handing on who can sign in")?;
        Self::start(Recipe { data, authority: free_authority()?, ..self.recipe.clone() }).await
    }

    /// The record that it wrote, for whoever checks it afterwards.
    pub(crate) fn record(&self) -> Written {
        let Recipe { program, data, postgres, .. } = &self.recipe;
        Written { program: program.clone(), data: data.clone(), postgres: postgres.clone() }
    }

    async fn ready(&mut self, from: Instant) -> anyhow::Result<()> {
        let mut http = Http::new(&self.target());
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server stopped before it was ready ({status}); its last words: {}", self.last_words());
            }
            if http.get("/health/ready", None).await.is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            ensure!(
                from.elapsed() < READY_MAX,
                "the server was not ready after {} s; its last words: {}",
                READY_MAX.as_secs(),
                self.last_words()
            );
            tokio::time::sleep(READY_EVERY).await;
        }
    }

    fn last_words(&self) -> String {
        let log = self.recipe.data.join(LOG);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        let last: Vec<&str> = lines.into_iter().rev().collect();
        format!("{} (all of them in {})", last.join(" / "), log.display())
    }

    /// Kills it as a power cut would.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing the server")
    }

    /// Starts it again on the same data and port. Tells how long it took to be ready.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<Duration> {
        let from = Instant::now();
        self.child = spawn(&self.recipe)?;
        self.ready(from).await?;
        Ok(from.elapsed())
    }

    /// The one and then the other.
    pub(crate) async fn kill_and_start(&mut self) -> anyhow::Result<Duration> {
        self.kill().await?;
        self.start_again().await
    }

    /// Asks it to stop, waits until it has, and starts it again on the same data and port. Says how long the start took.
    pub(crate) async fn drain_and_start(&mut self) -> anyhow::Result<Duration> {
        let status = self.ask_to_stop().await?;
        anyhow::ensure!(status.success(), "the server that was asked to stop ended with {status}");
        self.start_again().await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.ask_to_stop().await
    }

    async fn ask_to_stop(&mut self) -> anyhow::Result<ExitStatus> {
        stop(&mut self.child).await
    }
}

/// Asks a program to stop, and waits until it has.
pub(crate) async fn stop(child: &mut Child) -> anyhow::Result<ExitStatus> {
    let pid = child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    let Some(pid) = pid else { bail!("the server was gone before it was asked to stop") };
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).context("asking the server to stop")?;
    match tokio::time::timeout(STOP_MAX, child.wait()).await {
        Ok(status) => Ok(status?),
        Err(_) => {
            child.kill().await?;
            bail!("the server had not stopped {} s after SIGTERM; it was killed", STOP_MAX.as_secs())
        }
    }
}

/// A record that a server wrote, and the program that checks it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    program: PathBuf,
    data: PathBuf,
    postgres: Option<String>,
}

impl Written {
    /// Has the server's own program check it, as an auditor would. Gives what it says if all is well.
    ///
    /// # Errors
    /// If something is wrong with the record, or it could not be checked; in the program's own words.
    pub(crate) async fn audit(&self) -> anyhow::Result<String> {
        // A password in the address is on no disk: the configuration is handed in.
        let mut command = Command::new(&self.program);
        command.args(["audit", "verify", "--config", "/dev/stdin"]).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        let mut stdin = child.stdin.take().context("no way to hand in a configuration")?;
        stdin.write_all(self.configuration()?.as_bytes()).await.context("handing in a configuration")?;
        drop(stdin);
        let done = child.wait_with_output().await?;
        let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().replace('\n', " ");
        match done.status.code() {
            Some(0) => Ok(words(&done.stdout)),
            Some(1) => bail!("the record is not whole: {}", words(&done.stderr)),
            _ => bail!("the record could not be checked ({}): {}", done.status, words(&done.stderr)),
        }
    }

    fn configuration(&self) -> anyhow::Result<String> {
        let data = std::path::absolute(&self.data).context("where the data is")?;
        let mut text = format!("[store]\npath = {}\n", toml::Value::from(data.to_string_lossy().as_ref()));
        if let Some(url) = &self.postgres {
            text += &format!("url = {}\n", toml::Value::from(url.as_str()));
        }
        Ok(text)
    }
}

fn spawn(recipe: &Recipe) -> anyhow::Result<Child> {
    let log = recipe.data.join(LOG);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log)
        .with_context(|| format!("opening {}", log.display()))?;
    let mut command = Command::new(&recipe.program);
    command.arg("demo").arg("--data").arg(&recipe.data).arg("--listen").arg(&recipe.authority);
    command.arg("--relationships").arg(recipe.relationships.to_string());
    if let Some(redis) = &recipe.redis {
        command.arg("--redis").arg(redis);
    }
    if let Some(postgres) = &recipe.postgres {
        command.arg("--database").arg(postgres);
    }
    if recipe.unlimited {
        command.arg("--unlimited");
    }
    if let Some(tls) = &recipe.tls {
        command.arg("--certificate").arg(&tls.certificate).arg("--key").arg(&tls.key);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    command.spawn().with_context(|| format!("starting {}", recipe.program.display()))
}

/// Raises the number of files that this process may open, and the server after it, to what the system allows: a socket is a
/// file, and the usual 1,024 are too few for 500 relationships.
pub(crate) fn allow_many_files(needed: u64) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    let now = getrlimit(Resource::Nofile).current;
    ensure!(
        now.is_none_or(|now| now >= needed),
        "the system allows {} open files and this run needs {needed}: raise it with `ulimit -n {needed}`",
        now.unwrap_or_default()
    );
    Ok(())
}
