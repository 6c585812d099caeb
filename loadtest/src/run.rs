//! One run from beginning to end: a server, the people, the clock, the end, the verdict. It decides nothing about a message;
//! that is for the oracle.

use crate::accounts::{self, Cast, Member};
use crate::args::{self, Run};
use crate::bench::Bench;
use crate::ground::{Ground, SPARE_FILES, command, prepare_report, write_page, write_report};
use crate::http::Http;
use crate::link::Target;
use crate::oracle::Oracle;
use crate::page::page;
use crate::person::Person;
use crate::plan::{Nth, Plan};
use crate::progress::Progress;
use crate::report::{Judged, Report, ServerCost, Setting};
use crate::server::{self, Server};
use crate::supervisor::{Badge, Supervisor};
use crate::timeline::Recorder;
use crate::{nuisance, proc, redis};
use anyhow::ensure;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Messages that may wait for one person's task. Beyond this the generator itself is stuck, and the run is not valid.
const INBOX: usize = 4_096;
/// How long everybody may take to be live.
const JOIN_MAX: Duration = Duration::from_secs(120);
/// How long the answers to what supervisors asked for last may take.
const CLOSING_LEAST: Duration = Duration::from_secs(2);
/// How long what was decided last may take to have its effect: longer than any undo window of a demonstration.
const CLOSING_MAX: Duration = Duration::from_secs(45);
/// How often it is looked whether something is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Connections that read the history at the end.
const READERS: usize = 4;
/// Relationships of a started server when none are asked for.
const RELATIONSHIPS: u32 = 50;
/// The last kill leaves the server this long before sending ends, so that every run also sees it recover under load.
const LAST_KILL_BEFORE: Duration = Duration::from_secs(3);

/// A CPU reading of everything that is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) at: Instant,
    pub(crate) server: Option<Duration>,
    pub(crate) redis: Option<Duration>,
    pub(crate) postgres: Option<Duration>,
    pub(crate) own: Option<Duration>,
    pub(crate) rss: Option<u64>,
    pub(crate) anonymous: Option<u64>,
}

/// The processes that are measured.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    nodes: Vec<u32>,
    redis: Option<u32>,
    postgres: Option<u32>,
}

impl Measured {
    pub(crate) fn read(&self) -> Reading {
        let nodes = (!self.nodes.is_empty()).then_some(&self.nodes);
        Reading {
            at: Instant::now(),
            server: nodes.and_then(|nodes| nodes.iter().copied().map(proc::cpu).sum()),
            redis: self.redis.and_then(proc::cpu),
            postgres: self.postgres.and_then(proc::cpu_of_family),
            own: proc::cpu(std::process::id()),
            rss: nodes.and_then(|nodes| nodes.iter().copied().map(proc::rss).sum()),
            anonymous: nodes.and_then(|nodes| nodes.iter().copied().map(proc::anonymous).sum()),
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

/// Carries out a run, and writes and prints its report. True when every promise was kept and every threshold met.
pub(crate) async fn run(args: Run) -> anyhow::Result<bool> {
    let report = measure(&args).await?;
    crate::print(&report.to_string());
    Ok(report.passed)
}

/// Carries out a run, and writes its report: the figures, and beside them a page.
pub(crate) async fn measure(args: &Run) -> anyhow::Result<Report> {
    let args = &args.own_part();
    let counts = args.counts()?;
    args.check_nodes()?;
    prepare_report(&args.json)?;
    let (mut ground, targets, file) = match (&args.against, &args.accounts) {
        (Some(url), Some(file)) => (None, vec![args::target(url, args.i_own_this_server)?], file.clone()),
        _ => {
            let relationships = args.relationships.unwrap_or(RELATIONSHIPS);
            // Who means harm has accounts of their own.
            let ground = Ground::start(&args.on, relationships + args.attackers.div_ceil(2), &args.json).await?;
            let (targets, file) = (ground.targets(), ground.accounts());
            (Some(ground), targets, file)
        }
    };
    let relationships = args.relationships.or(args.against.is_none().then_some(RELATIONSHIPS));
    let cast = accounts::cast(&file, relationships.map(|n| n as usize), args.supervisors as usize, args.share)?;
    let (slow, attackers) = others(args, &cast)?;
    server::allow_many_files((cast.people.len() + slow.len() + attackers.len()) as u64 + SPARE_FILES)?;
    let bench = bench(args, counts, targets, &cast)?;
    let (stop, stopped) = watch::channel(false);
    let (tasks, inboxes) = crew(&bench, &cast, &stopped);
    everybody(&bench, cast.people.len() + cast.supervisors.len()).await?;
    let (nuisance, troubles) = nuisance::start(&bench, slow, attackers, &stopped);
    let mut sent = send(args, &bench, inboxes, ground.as_mut()).await;
    drain(&bench, args.drain).await;
    judge_record(&bench, &cast, &mut sent.judged).await;
    let _ = stop.send(true);
    tasks.join_all().await;
    troubles.join_all().await;
    sent.judged.cut_off = nuisance.cut_off.load(Relaxed);
    sent.judged.attacks = nuisance.attacks.load(Relaxed);
    let file_system = ground.as_ref().and_then(|ground| proc::file_system(&ground.data));
    let mut remains = None;
    if let Some(ground) = ground {
        sent.starts.splice(0..0, ground.starts.iter().copied());
        let (left, audited) = ground.stop(&mut sent.judged.failures).await;
        (remains, sent.judged.audited) = (Some(left), audited);
    }
    let report = report(args, &bench, &cast, sent, file_system);
    write_report(&args.json, &report)?;
    write_page(&args.json.with_extension("html"), &page(&report))?;
    if let Some(remains) = remains {
        remains.tidy(report.passed);
    }
    Ok(report)
}

/// What opens accounts.
type Tokens = Vec<Arc<str>>;

/// Those who make it hard for others: the slow devices' tokens, and the attackers'.
fn others(args: &Run, cast: &Cast) -> anyhow::Result<(Tokens, Tokens)> {
    let (slow, attackers) = (args.slow as usize, args.attackers as usize);
    ensure!(slow <= cast.people.len(), "--slow {slow} is more than there are people: {}", cast.people.len());
    let spare = cast.spare.len();
    ensure!(
        spare >= attackers,
        "{attackers} attackers need accounts of their own, and the file has {spare} to spare: lower --attackers or --relationships"
    );
    let tokens = |members: &[Member], many: usize| members.iter().take(many).map(|one| one.token.clone()).collect();
    Ok((tokens(&cast.people, slow), tokens(&cast.spare, attackers)))
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
    mut ground: Option<&mut Ground>,
) -> Sent {
    let mut judged = Judged {
        max_p99_ms: args.max_p99_ms,
        max_p999_ms: args.max_p999_ms,
        max_hold_p99_ms: args.max_hold_p99_ms,
        max_cpu_us: args.max_cpu_us,
        max_growth_mib: args.max_growth_mib,
        ..Judged::default()
    };
    let progress = Progress::start(bench.clone());
    bench.begin(Instant::now() + LOOK_EVERY);
    let redis = match ground.as_ref().and_then(|ground| ground.redis.as_deref()) {
        Some(url) => redis::process(url).await,
        None => None,
    };
    let postgres = ground.as_ref().and_then(|ground| ground.postgres_pid());
    // Who is killed starts again with another number, and its costs are not those of a run.
    let nodes = ground.iter().filter(|_| args.kill_every.is_none()).flat_map(|ground| &ground.nodes);
    let nodes = nodes.filter_map(Server::pid).collect();
    let measured = Measured { nodes, redis, postgres };
    let recorder = Recorder::start(bench.clone(), measured.clone(), args.warmup + args.duration);
    let window = tokio::spawn(window(bench.clone(), measured));
    let (mut starts, mut marks) = (Vec::new(), Vec::new());
    let killing = async {
        if let (Some(every), Some(ground)) = (args.kill_every, ground.as_mut()) {
            kill(bench, every, args.gently, &mut ground.nodes[0], (&mut starts, &mut marks)).await
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
    judged.timeline = recorder.stop().await;
    let readings = if interrupted {
        window.abort();
        judged.doubts.push("it was interrupted".to_owned());
        None
    } else {
        window.await.ok()
    };
    let kills = marks.len() as u64;
    judged.marks_s = marks;
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
    gently: bool,
    server: &mut Server,
    (starts, marks): (&mut Vec<Duration>, &mut Vec<f64>),
) -> anyhow::Result<()> {
    let Some((from, end)) = bench.due(0).zip(bench.due(bench.plan.count)) else { return Ok(()) };
    let mut next = from + every;
    while next + LAST_KILL_BEFORE < end {
        tokio::time::sleep_until(next.into()).await;
        marks.push(from.elapsed().as_secs_f64());
        starts.push(if gently { server.drain_and_start().await? } else { server.kill_and_start().await? });
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

/// Waits for what is on its way: answers, feeds, decisions in their undo window. What still waits for a decision then is left as it is:
/// supervisors begin nothing more, and what they have decided takes effect, so that the history stands still while it is read.
async fn drain(bench: &Bench, longest: Duration) {
    let from = Instant::now();
    while from.elapsed() < longest {
        if bench.ledger().oracle.unsettled() == 0 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    crate::say(&format!("{} messages were still on their way after {longest:?}", bench.ledger().oracle.unsettled()));
    bench.closing.store(true, Relaxed);
    let from = Instant::now();
    tokio::time::sleep(CLOSING_LEAST).await;
    while bench.ledger().oracle.taking_effect() > 0 && from.elapsed() < CLOSING_MAX {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads the history of every conversation and the open items of every queue, and lays them before the oracle.
async fn judge_record(bench: &Arc<Bench>, cast: &Cast, judged: &mut Judged) {
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (bench, cast) = (bench.clone(), cast.clone());
        readers.spawn(async move {
            let mut http = Http::new(bench.target(reader));
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
    let mut http = Http::new(bench.target(0));
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

fn report(args: &Run, bench: &Bench, cast: &Cast, sent: Sent, file_system: Option<String>) -> Report {
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
        data_file_system: file_system,
        seed: bench.plan.seed,
        relationships: cast.places.len(),
        people: cast.people.len(),
        supervisors: cast.supervisors.len(),
        nodes: usize::from(args.on.nodes),
        rate: args.rate,
        warmup_s: args.warmup.as_secs_f64(),
        duration_s: args.duration.as_secs_f64(),
        unsafe_share: args.unsafe_share,
        starts_ms: sent.starts.iter().map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)).collect(),
        kills: sent.kills,
    };
    Report::new(verdict, &ledger.meter, server, cpu_share, setting, sent.judged)
}
