//! How far Handrail is from what can be had: the same people, one message after the other, on this server and on two that do next to nothing
//! (`loadtest/floors`), each started fresh, in turn, in one run. A machine that is busy with others is busy for all three, so it is their
//! ratios that are worth reading. Where that is asked for, a chat as one is often built stands beside them (`loadtest/peers/socketio`).

use crate::accounts::{self, Cast};
use crate::args::Floors;
use crate::closed::{Counted, Pace, Talk, Tongue};
use crate::ground::{Remains, SPARE_FILES, command, prepare_report, write_report};
use crate::link::Target;
use crate::meter::{Quantiles, Times};
use crate::proc;
use crate::server::{self, Recipe, Server};
use anyhow::{Context as _, ensure};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long a floor may take to listen.
const LISTEN_MAX: Duration = Duration::from_secs(10);

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Relay,
    Record,
    Handrail,
    SocketIo,
}

impl Who {
    /// Those that are measured, in turn.
    fn all(args: &Floors) -> Vec<Who> {
        let peer = args.socketio.is_some().then_some(Who::SocketIo);
        [Who::Relay, Who::Record, Who::Handrail].into_iter().chain(peer).collect()
    }

    fn name(self) -> &'static str {
        match self {
            Who::Relay => "relay",
            Who::Record => "record",
            Who::Handrail => "handrail",
            Who::SocketIo => "socketio",
        }
    }
}

/// One measurement.
#[derive(Debug, Clone, Copy, Serialize)]
struct Figures {
    messages_per_s: f64,
    cpu_us_per_message: f64,
    answer_ms: Quantiles,
    rss_mib: f64,
    /// The generator's share of all cores.
    generator_cpu_share: f64,
}

/// One server in all rounds.
#[derive(Debug, Serialize)]
struct Measured {
    name: &'static str,
    closed: Figures,
    paced: Figures,
    closed_rounds: Vec<Figures>,
    paced_rounds: Vec<Figures>,
}

#[derive(Debug, Serialize)]
struct Report {
    servers: Vec<Measured>,
    /// What Handrail carries, of what the floors `relay` and `record` carry.
    share_of_relay: f64,
    share_of_record: f64,
    /// Its processor time a message, in those of the floor `record`: where everybody speaks at once, and at the rate.
    cpu_to_record: f64,
    cpu_to_record_paced: f64,
    /// The same in those of Socket.IO and its Redis, if they were measured.
    cpu_to_socketio: Option<f64>,
    cpu_to_socketio_paced: Option<f64>,
    min_share: Option<f64>,
    passed: bool,
    relationships: u32,
    rate: f64,
    step_s: f64,
    rounds: u32,
    machine: String,
    data_file_system: Option<String>,
    command: String,
    version: &'static str,
}

/// Measures all of them. True when no ratio is below what was asked for.
pub(crate) async fn run(args: Floors) -> anyhow::Result<bool> {
    prepare_report(&args.json)?;
    server::allow_many_files(2 * u64::from(args.relationships) + SPARE_FILES)?;
    let mut rounds: Vec<(Who, [Figures; 2])> = Vec::new();
    for round in 1..=args.rounds {
        for who in Who::all(&args) {
            let closed = measure(&args, who, Pace::Closed).await?;
            let paced = measure(&args, who, Pace::Rate(args.rate)).await?;
            crate::say(&format!("round {round}, {}", line(who.name(), &closed, &paced)));
            rounds.push((who, [closed, paced]));
        }
    }
    let report = report(&args, &rounds)?;
    write_report(&args.json, &report)?;
    crate::print(&table(&report));
    Ok(report.passed)
}

/// What is measured, while it runs.
enum Running {
    Floor(Child),
    Handrail(Box<Server>),
}

async fn measure(args: &Floors, who: Who, pace: Pace) -> anyhow::Result<Figures> {
    let data = args.json.with_extension(format!("{}-{}", who.name(), std::process::id()));
    std::fs::create_dir_all(&data).with_context(|| format!("making {}", data.display()))?;
    let authority = server::free_authority()?;
    let (running, tongue) = start(args, who, &data, &authority).await?;
    let pid = match &running {
        Running::Floor(child) => child.id(),
        Running::Handrail(server) => server.pid(),
    };
    let pid = pid.context("the server stopped before it was measured")?;
    let target = Target { authority, path: "/live".into(), trust: None };
    let talk = Talk::start(&target, &tongue, 2 * args.relationships as usize, pace).await?;
    tokio::time::sleep(args.step / 3).await;
    talk.begin();
    let before = reading(pid)?;
    tokio::time::sleep(args.step).await;
    let after = reading(pid)?;
    let counted = talk.end();
    talk.stop().await;
    match running {
        Running::Floor(mut child) => server::stop(&mut child).await.map(drop)?,
        Running::Handrail(server) => ensure!(server.stop().await?.success(), "the server did not end well"),
    }
    Remains::of(data).tidy(true);
    figures(&counted, &before, &after)
}

async fn start(args: &Floors, who: Who, data: &Path, authority: &str) -> anyhow::Result<(Running, Tongue)> {
    if who != Who::Handrail {
        let child = floor(args, who, data, authority)?;
        listening(authority).await?;
        let tongue = if who == Who::SocketIo { Tongue::SocketIo } else { Tongue::Floor };
        return Ok((Running::Floor(child), tongue));
    }
    let recipe = Recipe {
        program: server::program(args.server.as_deref())?,
        data: data.to_owned(),
        relationships: args.relationships,
        redis: None,
        postgres: None,
        authority: authority.to_owned(),
        unlimited: true,
        tls: None,
    };
    let (server, _) = Server::start(recipe).await?;
    let cast: Cast = accounts::cast(&server.accounts(), Some(args.relationships as usize), 0, None)?;
    Ok((Running::Handrail(Box::new(server)), Tongue::Handrail(cast)))
}

fn floor(args: &Floors, who: Who, data: &Path, authority: &str) -> anyhow::Result<Child> {
    let mut command = match &args.socketio {
        Some(folder) if who == Who::SocketIo => {
            ensure!(folder.join("node_modules").is_dir(), "first run `npm ci` in {}", folder.display());
            let mut node = Command::new("node");
            node.arg(folder.join("server.mjs"));
            node
        }
        _ => {
            let mut floor = Command::new(floors()?);
            floor.arg(who.name());
            floor
        }
    };
    command.arg("--listen").arg(authority).arg("--data").arg(data).kill_on_drop(true);
    command.spawn().with_context(|| format!("starting {}", who.name()))
}

/// The program of the floors.
fn floors() -> anyhow::Result<PathBuf> {
    let program: PathBuf = std::env::current_exe().context("where this program is")?.with_file_name("handrail-floor");
    ensure!(
        program.is_file(),
        "no floors at {}: build them with `cargo build --profile dist -p handrail-floor`",
        program.display()
    );
    Ok(program)
}

async fn listening(authority: &str) -> anyhow::Result<()> {
    let from = Instant::now();
    while tokio::net::TcpStream::connect(authority).await.is_err() {
        ensure!(from.elapsed() < LISTEN_MAX, "a floor did not listen in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

struct Reading {
    at: Instant,
    server: Duration,
    own: Duration,
    rss: u64,
}

fn reading(pid: u32) -> anyhow::Result<Reading> {
    let gone = "the server went while it was measured";
    Ok(Reading {
        at: Instant::now(),
        server: proc::cpu_of_family(pid).context(gone)?,
        own: proc::cpu(std::process::id()).unwrap_or_default(),
        rss: proc::rss(pid).context(gone)?,
    })
}

fn figures(counted: &Counted, before: &Reading, after: &Reading) -> anyhow::Result<Figures> {
    let refused: Vec<String> = counted.refused.iter().map(|(name, many)| format!("{many} {name}")).collect();
    ensure!(refused.is_empty(), "not everything was answered, so nothing was measured: {}", refused.join(", "));
    ensure!(counted.answered > 0, "nothing was answered in the measured time");
    let (wall, messages) = ((after.at - before.at).as_secs_f64(), counted.answered as f64);
    let latency: &Times = &counted.latency;
    Ok(Figures {
        messages_per_s: messages / wall,
        cpu_us_per_message: (after.server - before.server).as_secs_f64() * 1e6 / messages,
        answer_ms: latency.quantiles(),
        rss_mib: after.rss as f64 / f64::from(1 << 20),
        generator_cpu_share: (after.own - before.own).as_secs_f64() / wall / proc::cores() as f64,
    })
}

fn report(args: &Floors, rounds: &[(Who, [Figures; 2])]) -> anyhow::Result<Report> {
    let mut servers = Vec::new();
    for who in Who::all(args) {
        let of = |which: usize| rounds.iter().filter(|(of, _)| *of == who).map(|(_, both)| both[which]).collect();
        let (closed_rounds, paced_rounds): (Vec<Figures>, Vec<Figures>) = (of(0), of(1));
        let closed = median(&closed_rounds, |one| one.messages_per_s).context("nothing was measured")?;
        let paced = median(&paced_rounds, |one| one.cpu_us_per_message).context("nothing was measured")?;
        servers.push(Measured { name: who.name(), closed, paced, closed_rounds, paced_rounds });
    }
    let [relay, record, own, peer @ ..] = &servers[..] else { anyhow::bail!("there are three or more") };
    let share_of_record = own.closed.messages_per_s / record.closed.messages_per_s;
    Ok(Report {
        share_of_relay: own.closed.messages_per_s / relay.closed.messages_per_s,
        share_of_record,
        cpu_to_record: own.closed.cpu_us_per_message / record.closed.cpu_us_per_message,
        cpu_to_record_paced: own.paced.cpu_us_per_message / record.paced.cpu_us_per_message,
        cpu_to_socketio: peer.first().map(|peer| own.closed.cpu_us_per_message / peer.closed.cpu_us_per_message),
        cpu_to_socketio_paced: peer.first().map(|peer| own.paced.cpu_us_per_message / peer.paced.cpu_us_per_message),
        min_share: args.min_share,
        passed: args.min_share.is_none_or(|least| share_of_record >= least),
        relationships: args.relationships,
        rate: args.rate,
        step_s: args.step.as_secs_f64(),
        rounds: args.rounds,
        machine: proc::machine(),
        data_file_system: args.json.parent().and_then(proc::file_system),
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        servers,
    })
}

/// The middle one by some figure; of an even number the lower middle.
fn median(all: &[Figures], by: impl Fn(&Figures) -> f64) -> Option<Figures> {
    let mut sorted = all.to_vec();
    sorted.sort_by(|one, other| by(one).total_cmp(&by(other)));
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

fn line(name: &str, closed: &Figures, paced: &Figures) -> String {
    format!(
        "{name:<9} {:>9.0} messages/s {:>7.1} µs CPU, answered in {:>6.2} / {:>7.2} ms | at the rate {:>7.1} µs CPU, {:>6.2} / {:>6.2} ms",
        closed.messages_per_s,
        closed.cpu_us_per_message,
        closed.answer_ms.p50,
        closed.answer_ms.p99,
        paced.cpu_us_per_message,
        paced.answer_ms.p50,
        paced.answer_ms.p99,
    )
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "{} relationships, {} rounds of {} s each way, medians; at the rate: {} messages/s\n{}; data on {}\n\n",
        report.relationships,
        report.rounds,
        report.step_s,
        report.rate,
        report.machine,
        report.data_file_system.as_deref().unwrap_or("an unknown file system")
    );
    for one in &report.servers {
        text += &line(one.name, &one.closed, &one.paced);
        text.push('\n');
    }
    let _fits = writeln!(
        text,
        "\nHandrail carries {:.2} of `record` and {:.2} of `relay`; a message costs it {:.1} times `record`, at the rate {:.1} times",
        report.share_of_record, report.share_of_relay, report.cpu_to_record, report.cpu_to_record_paced
    );
    if let (Some(closed), Some(paced)) = (report.cpu_to_socketio, report.cpu_to_socketio_paced) {
        let _fits = writeln!(text, "and {closed:.2} of what it costs Socket.IO with its Redis, at the rate {paced:.2}");
    }
    text += if report.passed { "PASSED\n" } else { "FAILED: less than the share that was asked for\n" };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(messages_per_s: f64) -> Figures {
        let (answer_ms, cpu_us_per_message) = (Times::default().quantiles(), 1e6 / messages_per_s);
        Figures { messages_per_s, cpu_us_per_message, answer_ms, rss_mib: 1.0, generator_cpu_share: 0.5 }
    }

    fn floors(min_share: Option<f64>) -> Floors {
        Floors {
            relationships: 1,
            server: None,
            socketio: None,
            step: Duration::from_secs(1),
            rounds: 3,
            rate: 1.0,
            min_share,
            json: "target/load/floors.json".into(),
        }
    }

    #[test]
    fn the_median_of_the_rounds_counts_and_not_the_best() {
        let all = [of(3.0), of(1.0), of(900.0)];
        assert_eq!(median(&all, |one| one.messages_per_s).map(|one| one.messages_per_s), Some(3.0));
        assert!(median(&[], |one| one.messages_per_s).is_none());
    }

    #[test]
    fn less_than_the_share_that_was_asked_for_fails() {
        let rounds: Vec<_> = Who::all(&floors(None))
            .into_iter()
            .zip([100.0, 50.0, 20.0])
            .map(|(who, s)| (who, [of(s), of(s)]))
            .collect();
        let least = |share| report(&floors(share), &rounds).expect("a report");
        assert_eq!(least(None).share_of_record, 0.4);
        assert_eq!(least(None).share_of_relay, 0.2);
        assert_eq!(least(None).cpu_to_record, 2.5);
        assert!(least(None).passed && least(Some(0.4)).passed && !least(Some(0.5)).passed);
        assert!(table(&least(Some(0.5))).contains("FAILED"));
        assert!(!table(&least(None)).contains("Socket.IO"));
    }

    #[test]
    fn where_socket_io_is_measured_too_its_cost_is_said() {
        let args = Floors { socketio: Some("loadtest/peers/socketio".into()), ..floors(None) };
        let rounds: Vec<_> =
            Who::all(&args).into_iter().zip([100.0, 50.0, 20.0, 5.0]).map(|(who, s)| (who, [of(s), of(s)])).collect();
        let report = report(&args, &rounds).expect("a report");
        assert_eq!((report.cpu_to_socketio, report.cpu_to_socketio_paced), (Some(0.25), Some(0.25)));
        assert!(table(&report).contains("0.25 of what it costs Socket.IO"));
    }

    #[test]
    fn what_was_refused_is_no_measurement() {
        let now = || Reading { at: Instant::now(), server: Duration::ZERO, own: Duration::ZERO, rss: 1 };
        let counted = Counted { answered: 5, latency: Times::default(), refused: [("busy".to_owned(), 2)].into() };
        let error = figures(&counted, &now(), &now()).unwrap_err().to_string();
        assert!(error.contains("2 busy"), "{error}");
    }
}
