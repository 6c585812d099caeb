//! One run from beginning to end: a server, the people, the clock, the end, the verdict. It decides nothing about a message;
//! that is for the oracle.

use crate::accounts::{self, Cast, Member};
use crate::args::{self, Run};
use crate::bench::Bench;
use crate::http::Http;
use crate::link::Target;
use crate::oracle::Oracle;
use crate::person::Person;
use crate::plan::{Nth, Plan};
use crate::postgres::Postgres;
use crate::progress::Progress;
use crate::redis::Redis;
use crate::report::{Judged, Report, ServerCost, Setting};
use crate::server::{self, Recipe, Server};
use crate::supervisor::{Badge, Supervisor};
use crate::{postgres, proc, redis};
use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Messages that may wait for one person's task. Beyond this the generator itself is stuck, and the run is not valid.
const INBOX: usize = 4_096;
/// How long everybody may take to be live.
const JOIN_MAX: Duration = Duration::from_secs(120);
/// How often it is looked whether something is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Connections that read the history at the end.
const READERS: usize = 4;
/// Files that are open beside the sockets.
const SPARE_FILES: u64 = 256;
/// Relationships of a started server when none are asked for.
const RELATIONSHIPS: u32 = 50;
/// The last kill leaves the server this long before sending ends, so that every run also sees it recover under load.
const LAST_KILL_BEFORE: Duration = Duration::from_secs(3);

/// A CPU reading of everything that is measured.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    server: Option<Duration>,
    redis: Option<Duration>,
    postgres: Option<Duration>,
    own: Option<Duration>,
    rss: Option<u64>,
}

/// The processes that are measured.
struct Measured {
    nodes: Vec<u32>,
    redis: Option<u32>,
    postgres: Option<u32>,
}

impl Measured {
    fn read(&self) -> Reading {
        let nodes = (!self.nodes.is_empty()).then_some(&self.nodes);
        Reading {
            at: Instant::now(),
            server: nodes.and_then(|nodes| nodes.iter().copied().map(proc::cpu).sum()),
            redis: self.redis.and_then(proc::cpu),
            postgres: self.postgres.and_then(proc::cpu_of_family),
            own: proc::cpu(std::process::id()),
            rss: nodes.and_then(|nodes| nodes.iter().copied().map(proc::rss).sum()),
        }
    }
}

/// What the generator's part of a run gives back.
struct Sent {
    readings: Option<(Reading, Reading)>,
    starts: Vec<Duration>,
    kills: u64,
    judged: Judged,
}

/// Carries out a run. True when every promise was kept and every threshold met.
pub(crate) async fn run(mut args: Run) -> anyhow::Result<bool> {
    let counts = args.counts()?;
    prepare_report(&args.json)?;
    let data = data_folder(&args);
    let nodes = args.nodes()?;
    let (own_redis, own_postgres) = stores(&mut args, &data).await?;
    let (mut started, mut starts) = (Vec::new(), Vec::new());
    let (targets, file) = match (&args.against, &args.accounts) {
        (Some(url), Some(file)) => (vec![args::target(url, args.i_own_this_server)?], file.clone()),
        _ => {
            let needed = 2 * u64::from(args.relationships.unwrap_or(RELATIONSHIPS)) + SPARE_FILES;
            server::allow_many_files(needed)?;
            (started, starts) = servers(&args, &data, nodes).await?;
            let target = |server: &Server| Target { authority: server.authority().to_owned(), path: "/live".into() };
            (started.iter().map(target).collect(), started[0].accounts())
        }
    };
    let cast = accounts::cast(&file, args.relationships.map(|n| n as usize), args.supervisors as usize)?;
    server::allow_many_files(cast.people.len() as u64 + SPARE_FILES)?;
    let bench = bench(&args, counts, targets, &cast)?;
    let (stop, stopped) = watch::channel(false);
    let (tasks, inboxes) = crew(&bench, &cast, &stopped);
    everybody(&bench, cast.people.len() + cast.supervisors.len()).await?;
    let postgres = own_postgres.as_ref().and_then(Postgres::pid);
    let mut sent = send(&args, &bench, inboxes, &mut started, postgres).await;
    sent.starts.splice(0..0, starts);
    drain(&bench, args.drain).await;
    judge_record(&bench, &cast, &mut sent.judged).await;
    let _ = stop.send(true);
    tasks.join_all().await;
    let own = !started.is_empty();
    for server in started {
        match server.stop().await {
            Ok(status) if status.success() => {}
            Ok(status) => sent.judged.failures.push(format!("the server ended with {status}")),
            Err(error) => sent.judged.failures.push(error.to_string()),
        }
    }
    drop(own_redis);
    if let Some(postgres) = own_postgres {
        postgres.stop().await;
    }
    let report = report(&args, &bench, &cast, sent, own.then_some(data.as_path()));
    write_report(&args.json, &report)?;
    if own && args.data.is_none() && report.passed {
        let _ = std::fs::remove_dir_all(&data);
    } else if own {
        crate::say(&format!("the server's data and log are in {}", data.display()));
    }
    crate::print(&report.to_string());
    Ok(report.passed)
}

/// Starts what `auto` asks for, and puts its address into the arguments.
async fn stores(args: &mut Run, data: &Path) -> anyhow::Result<(Option<Redis>, Option<Postgres>)> {
    let (mut own_redis, mut own_postgres) = (None, None);
    if args.redis.as_deref() == Some(redis::START) {
        let redis = Redis::start(data).await?;
        args.redis = Some(redis.url.clone());
        own_redis = Some(redis);
    }
    if args.postgres.as_deref() == Some(postgres::START) {
        let postgres = Postgres::start(data).await?;
        args.postgres = Some(postgres.url.clone());
        own_postgres = Some(postgres);
    }
    Ok((own_redis, own_postgres))
}

/// Starts the nodes, the first one alone: it seeds the record.
async fn servers(args: &Run, data: &Path, nodes: usize) -> anyhow::Result<(Vec<Server>, Vec<Duration>)> {
    let (first, took) = Server::start(recipe(args, data)?).await?;
    let (mut started, mut starts) = (vec![first], vec![took]);
    for node in 2..=nodes {
        let (next, took) = started[0].beside(data.join(format!("node-{node}"))).await?;
        started.push(next);
        starts.push(took);
    }
    Ok((started, starts))
}

/// A report that cannot be written is known before the run, not after it; and a run that fails leaves no old one behind.
fn prepare_report(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("making {} for the report", folder.display()))?;
    let probe = std::fs::OpenOptions::new().create(true).append(true).open(file);
    probe
        .and_then(|_| std::fs::remove_file(file))
        .with_context(|| format!("cannot write the report {}", file.display()))
}

fn write_report(file: &Path, report: &Report) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)? + "\n";
    std::fs::write(file, json).with_context(|| format!("cannot write the report {}", file.display()))
}

/// On the disk that holds the report, not in the system's folder for temporary files: that one may be memory, where an fsync
/// costs nothing and a durable server looks better than it is.
fn data_folder(args: &Run) -> PathBuf {
    let beside = args.json.with_extension(format!("data-{}", std::process::id()));
    args.data.clone().unwrap_or(beside)
}

fn recipe(args: &Run, data: &Path) -> anyhow::Result<Recipe> {
    Ok(Recipe {
        program: server::program(args.server.as_deref())?,
        data: data.to_owned(),
        relationships: args.relationships.unwrap_or(RELATIONSHIPS),
        redis: args.redis.clone(),
        postgres: args.postgres.clone(),
        authority: server::free_authority()?,
    })
}

fn bench(args: &Run, counts: (Nth, Nth), targets: Vec<Target>, cast: &Cast) -> anyhow::Result<Arc<Bench>> {
    let seed = args.seed.map_or_else(getrandom::u64, Ok).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let plan = Arc::new(Plan {
        seed,
        rate: args.rate,
        warmup: counts.0,
        count: counts.1,
        unsafe_share: args.unsafe_share,
        places: cast.places.clone(),
    });
    let people = cast.people.iter().map(|member| member.account).collect();
    let oracle = Oracle::new(plan.clone(), people, args.supervisors > 0);
    Ok(Arc::new(Bench::new(plan, targets, oracle, args.backoff(), args.kill_every.is_some())))
}

/// Everybody's task, and the way to tell each person that a message is due.
fn crew(bench: &Arc<Bench>, cast: &Cast, stopped: &watch::Receiver<bool>) -> (JoinSet<()>, Vec<mpsc::Sender<Nth>>) {
    let (mut tasks, mut inboxes) = (JoinSet::new(), Vec::new());
    for (who, member) in cast.people.iter().enumerate() {
        let (sender, inbox) = mpsc::channel(INBOX);
        inboxes.push(sender);
        tasks.spawn(Person::new(who, member.token.clone(), bench.clone(), inbox, stopped.clone()).run());
    }
    for member in &cast.supervisors {
        let colleagues: Vec<&Member> = cast.supervisors.iter().filter(|other| other.site == member.site).collect();
        let badge = Badge {
            which: colleagues.iter().position(|other| other.account == member.account).unwrap_or_default(),
            crew: colleagues.len(),
            account: member.account,
            site: member.site,
            token: member.token.clone(),
        };
        tasks.spawn(Supervisor::new(badge, bench.clone(), stopped.clone()).run());
    }
    (tasks, inboxes)
}

async fn everybody(bench: &Bench, all: usize) -> anyhow::Result<()> {
    let from = Instant::now();
    loop {
        let (live, gave_up) = (bench.joined.load(Relaxed), bench.gave_up.load(Relaxed));
        if live >= all {
            crate::say(&format!("{all} sockets are live after {} ms", from.elapsed().as_millis()));
            return Ok(());
        }
        ensure!(
            gave_up == 0 && from.elapsed() < JOIN_MAX,
            "only {live} of {all} sockets came live, and {gave_up} were refused ({:?}); are the accounts those of this server?",
            bench.ledger().meter.errors
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Sends what is planned, reads CPU at both ends of the measured window, and kills the server where the run asks for it.
async fn send(
    args: &Run,
    bench: &Arc<Bench>,
    inboxes: Vec<mpsc::Sender<Nth>>,
    started: &mut [Server],
    postgres: Option<u32>,
) -> Sent {
    let mut judged = Judged { max_p99_ms: args.max_p99_ms, ..Judged::default() };
    let progress = Progress::start(bench.clone());
    bench.begin(Instant::now() + LOOK_EVERY);
    let redis = match &args.redis {
        Some(url) => redis::process(url).await,
        None => None,
    };
    // Who is killed starts again with another number, and its costs are not those of a run.
    let nodes = started.iter().filter(|_| args.kill_every.is_none()).filter_map(Server::pid).collect();
    let window = tokio::spawn(window(bench.clone(), Measured { nodes, redis, postgres }));
    let (mut starts, mut kills) = (Vec::new(), 0);
    let killing = async {
        if let (Some(every), Some(server)) = (args.kill_every, started.first_mut()) {
            kill(bench, every, server, &mut starts, &mut kills).await
        } else {
            Ok(())
        }
    };
    let work = async { tokio::join!(pace(bench, inboxes), killing) };
    let interrupted = tokio::select! {
        ((), killed) = work => {
            if let Err(error) = killed {
                judged.failures.push(format!("the server did not come back: {error:#}"));
            }
            false
        }
        _ = tokio::signal::ctrl_c() => true,
    };
    progress.stop().await;
    let readings = if interrupted {
        window.abort();
        judged.doubts.push("it was interrupted".to_owned());
        None
    } else {
        window.await.ok()
    };
    Sent { readings, starts, kills, judged }
}

/// Hands each message to its sender when it is due: an open loop that waits for nobody's answer.
async fn pace(bench: &Bench, inboxes: Vec<mpsc::Sender<Nth>>) {
    for nth in 0..bench.plan.count {
        let Some(due) = bench.due(nth) else { return };
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        if inboxes[bench.plan.line(nth).sender].try_send(nth).is_err() {
            bench.ledger().meter.error("not_taken_up");
        }
    }
    if let Some(end) = bench.due(bench.plan.count) {
        tokio::time::sleep_until(end.into()).await;
    }
}

async fn kill(
    bench: &Bench,
    every: Duration,
    server: &mut Server,
    starts: &mut Vec<Duration>,
    kills: &mut u64,
) -> anyhow::Result<()> {
    let Some((from, end)) = bench.due(0).zip(bench.due(bench.plan.count)) else { return Ok(()) };
    let mut next = from + every;
    while next + LAST_KILL_BEFORE < end {
        tokio::time::sleep_until(next.into()).await;
        starts.push(server.kill_and_start().await?);
        *kills += 1;
        next = next.max(Instant::now()) + every;
    }
    Ok(())
}

async fn window(bench: Arc<Bench>, measured: Measured) -> (Reading, Reading) {
    let mut readings = Vec::new();
    for nth in [bench.plan.warmup, bench.plan.count] {
        if let Some(at) = bench.due(nth) {
            tokio::time::sleep_until(at.into()).await;
        }
        readings.push(measured.read());
    }
    (readings[0], readings[1])
}

/// Waits for what is on its way: answers, feeds, decisions in their undo window.
async fn drain(bench: &Bench, longest: Duration) {
    let from = Instant::now();
    while from.elapsed() < longest {
        if bench.ledger().oracle.unsettled() == 0 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    crate::say(&format!("{} messages were still on their way after {longest:?}", bench.ledger().oracle.unsettled()));
}

/// Reads the history of every conversation and the open items of every queue, and lays them before the oracle.
async fn judge_record(bench: &Arc<Bench>, cast: &Cast, judged: &mut Judged) {
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (bench, cast) = (bench.clone(), cast.clone());
        readers.spawn(async move {
            let mut http = Http::new(&bench.target(reader).authority);
            let mut unread = Vec::new();
            for (place, one) in cast.places.iter().enumerate().skip(reader).step_by(READERS) {
                let token = &cast.people[one.parties[0]].token;
                let above = bench.ledger().oracle.base(place);
                match http.history(one.id, above, token).await {
                    Ok(rows) => bench.ledger().oracle.recorded(place, &rows),
                    Err(error) => {
                        bench.ledger().oracle.unread(place);
                        unread.push(error);
                    }
                }
            }
            unread
        });
    }
    let unread: Vec<anyhow::Error> = readers.join_all().await.into_iter().flatten().collect();
    if let Some(first) = unread.first() {
        judged.failures.push(format!("the history of {} conversations could not be read: {first:#}", unread.len()));
    }
    let mut http = Http::new(&bench.target(0).authority);
    let mut sites = Vec::new();
    for member in &cast.supervisors {
        if sites.contains(&member.site) {
            continue;
        }
        sites.push(member.site);
        match http.open_ids(member.site, &member.token).await {
            Ok(items) => items.into_iter().for_each(|item| bench.ledger().oracle.still_open(item)),
            Err(error) => judged.failures.push(format!("the open items could not be read: {error:#}")),
        }
    }
}

fn report(args: &Run, bench: &Bench, cast: &Cast, sent: Sent, data: Option<&Path>) -> Report {
    let mut ledger = bench.ledger();
    let verdict = ledger.oracle.finish();
    let messages = f64::from(bench.plan.count - bench.plan.warmup).max(1.0);
    let spent = |of: fn(&Reading) -> Option<Duration>| {
        sent.readings.as_ref().and_then(|(from, to)| Some(of(to)?.saturating_sub(of(from)?)))
    };
    let each = |time: Duration| time.as_secs_f64() * 1e6 / messages;
    let rss = sent.readings.as_ref().and_then(|(_, to)| to.rss);
    let server = spent(|reading| reading.server).zip(rss).map(|(cpu, rss)| ServerCost {
        cpu_us_per_message: each(cpu),
        rss_mib: rss as f64 / f64::from(1 << 20),
        redis_cpu_us_per_message: spent(|reading| reading.redis).map(each),
        postgres_cpu_us_per_message: spent(|reading| reading.postgres).map(each),
    });
    let wall = sent.readings.as_ref().map_or(0.0, |(from, to)| (to.at - from.at).as_secs_f64());
    let own = spent(|reading| reading.own).map_or(0.0, |own| own.as_secs_f64());
    let cpu_share = if wall > 0.0 { own / wall / proc::cores() as f64 } else { 0.0 };
    let setting = Setting {
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        machine: proc::machine(),
        data_file_system: data.and_then(proc::file_system),
        seed: bench.plan.seed,
        relationships: cast.places.len(),
        people: cast.people.len(),
        supervisors: cast.supervisors.len(),
        nodes: usize::from(args.nodes),
        rate: args.rate,
        warmup_s: args.warmup.as_secs_f64(),
        duration_s: args.duration.as_secs_f64(),
        unsafe_share: args.unsafe_share,
        starts_ms: sent.starts.iter().map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)).collect(),
        kills: sent.kills,
    };
    Report::new(verdict, &ledger.meter, server, cpu_share, setting, sent.judged)
}

/// The command as it was given. A URL may carry a password: then it is left out.
fn command() -> String {
    let words = std::env::args().map(|word| if word.contains('@') { "(left out)".to_owned() } else { word });
    words.collect::<Vec<_>>().join(" ")
}
