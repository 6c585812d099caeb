//! Many sockets that say nothing: what each costs a server in memory and, over a while, in processor time.

use crate::accounts;
use crate::args::Idle;
use crate::ground::{Ground, command, prepare_report, write_report};
use crate::proc;
use crate::server::Server;
use crate::sitter::{Sitter, all};
use anyhow::Context as _;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many sockets are opened at the same time.
const OPENING_MAX: usize = 64;
/// After the last arrival, until memory is read.
const SETTLE: Duration = Duration::from_secs(5);

/// What idle sockets cost. All nodes together.
#[derive(Debug, Serialize)]
struct Report {
    command: String,
    version: &'static str,
    machine: String,
    nodes: usize,
    sockets: usize,
    opened_ms: u64,
    held_s: f64,
    rss_before_mib: f64,
    rss_mib: f64,
    kib_each: f64,
    server_cpu_share: f64,
    dropped: usize,
    failures: Vec<String>,
    passed: bool,
}

/// Carries it out. True when nobody lost their socket and none took more than it may.
pub(crate) async fn run(args: Idle) -> anyhow::Result<bool> {
    prepare_report(&args.json)?;
    let ground = Ground::start(&args.on, args.relationships, &args.json).await?;
    let cast = accounts::cast(&ground.accounts(), Some(args.relationships as usize), 0, None)?;
    let rss = |nodes: &[Server]| nodes.iter().filter_map(Server::pid).map(proc::rss).sum::<Option<u64>>();
    let cpu = |nodes: &[Server]| nodes.iter().filter_map(Server::pid).map(proc::cpu).sum::<Option<Duration>>();
    let (before, from) = (rss(&ground.nodes), Instant::now());
    let targets = Arc::new(ground.targets());
    let opening = Arc::new(Semaphore::new(OPENING_MAX));
    let sitters: Vec<Sitter> = cast.people.iter().map(Sitter::new).collect();
    let opened = all(sitters, |who, mut one| {
        let (targets, opening) = (targets.clone(), opening.clone());
        async move {
            let _turn = opening.acquire().await;
            let came = one.come_back(&targets[who % targets.len()]).await;
            (one, came.is_ok())
        }
    });
    let opened = opened.await?;
    let (took, sockets) = (from.elapsed(), opened.iter().filter(|(_, came)| *came).count());
    crate::say(&format!("{sockets} sockets are live after {} ms", took.as_millis()));
    let sitters = opened.into_iter().map(|(one, _)| one).collect();
    let until = tokio::time::Instant::now() + SETTLE + args.hold;
    let holding = all(sitters, |_, mut one| async move {
        let dropped = tokio::time::timeout_at(until, one.sit_to_the_end()).await.is_ok();
        (one, dropped)
    });
    let measured = async {
        tokio::time::sleep(SETTLE).await;
        let (cpu_from, rss) = (cpu(&ground.nodes), rss(&ground.nodes));
        // A moment before they leave.
        tokio::time::sleep(args.hold.mul_f64(0.95)).await;
        (rss, cpu(&ground.nodes).zip(cpu_from).map(|(to, from)| to.saturating_sub(from)))
    };
    let (held, (rss_at, spent)) = tokio::join!(holding, measured);
    let held = held?;
    let dropped = held.iter().filter(|(_, dropped)| *dropped).count();
    drop(held);
    let mut failures = Vec::new();
    let (remains, _whole) = ground.stop(&mut failures).await;
    let (before, rss_at) = (before.context("the server's memory")?, rss_at.context("the server's memory")?);
    let kib_each = rss_at.saturating_sub(before) as f64 / 1_024.0 / sockets.max(1) as f64;
    if sockets < cast.people.len() || dropped > 0 {
        failures.push(format!("of {} sockets {sockets} came live and {dropped} were lost", cast.people.len()));
    }
    if kib_each > args.max_kib {
        failures.push(format!("a socket takes {kib_each:.1} KiB, and {} are allowed", args.max_kib));
    }
    let held_s = args.hold.as_secs_f64() * 0.95;
    let report = Report {
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        machine: proc::machine(),
        nodes: targets.len(),
        sockets,
        opened_ms: u64::try_from(took.as_millis())?,
        held_s,
        rss_before_mib: before as f64 / f64::from(1 << 20),
        rss_mib: rss_at as f64 / f64::from(1 << 20),
        kib_each,
        server_cpu_share: spent.map_or(0.0, |spent| spent.as_secs_f64() / held_s),
        dropped,
        passed: failures.is_empty(),
        failures,
    };
    write_report(&args.json, &report)?;
    remains.tidy(report.passed);
    crate::print(&report.to_string());
    Ok(report.passed)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} idle sockets at {} nodes; {}", self.sockets, self.nodes, self.machine)?;
        writeln!(f, "opened in {} ms, held for {:.0} s, {} lost", self.opened_ms, self.held_s, self.dropped)?;
        writeln!(
            f,
            "{:.1} KiB each: {:.1} MiB before, {:.1} MiB with them   {:.1} % of a core while idle",
            self.kib_each,
            self.rss_before_mib,
            self.rss_mib,
            self.server_cpu_share * 100.0
        )?;
        self.failures.iter().try_for_each(|failure| writeln!(f, "{failure}"))?;
        writeln!(f, "{}", if self.passed { "PASSED" } else { "FAILED" })
    }
}
