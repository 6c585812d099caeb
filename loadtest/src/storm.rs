//! Everybody at once: all links drop, a server is killed, a node dies or is replaced; and how long it takes until everybody is
//! back, or is told who is gone.

use crate::accounts::{self, Cast};
use crate::args::Storm;
use crate::ground::{Ground, command, prepare_report, write_report};
use crate::link::{Gone, Heard, Target};
use crate::meter::{Quantiles, Times};
use crate::sitter::{Sitter, all};
use crate::{proc, server::Server};
use handrail_domain::ids::AccountId;
use handrail_domain::wire::Presence;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Within that time of a node's death everybody is told who went with it (DESIGN.md: the node's lease).
const OFFLINE_MAX: Duration = Duration::from_secs(10);
/// How much later than that a machine with few cores may tell the last of them.
const TOLD_LATE_MAX: Duration = Duration::from_secs(2);
/// A node is gone within that time after it was asked to stop.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// Who comes back shows a token, which costs well below a millisecond. Argon2id as the server is set takes tens of them: an arrival
/// that costs more than this had its password hashed.
const ARRIVAL_CPU_US_MAX: f64 = 10_000.0;

/// What happens to everybody, or to half of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Arrive,
    LinksDrop,
    ServerDies,
    NodeDies,
    /// After that, its people come back to it.
    NodeIsBack,
    NodeDrains,
}

impl What {
    fn words(self) -> &'static str {
        match self {
            What::Arrive => "everybody arrives",
            What::LinksDrop => "all links drop",
            What::ServerDies => "the server is killed and starts again",
            What::NodeDies => "a node dies: its people are offline",
            What::NodeIsBack => "the node is back, and its people",
            What::NodeDrains => "a node is drained: its people are elsewhere",
        }
    }

    /// The longest that the last of them may take, after the server's return if that is what they wait for; and the longest that
    /// the server may.
    fn bounds(self, args: &Storm) -> (Option<Duration>, Option<Duration>) {
        match self {
            What::LinksDrop | What::ServerDies => (Some(args.max_back), None),
            What::NodeDies => (Some(OFFLINE_MAX + TOLD_LATE_MAX), None),
            What::NodeDrains => (None, Some(DRAIN_MAX)),
            What::Arrive | What::NodeIsBack => (None, None),
        }
    }
}

/// One thing that happened, and how long each of those whom it concerned took.
#[derive(Debug, Serialize)]
struct Gust {
    what: What,
    ms: Quantiles,
    turned_away: u32,
    /// Those who never came back, or were never told.
    never: usize,
    server_cpu_us_each: Option<f64>,
    /// How long the server took to be ready, or to be gone.
    server_ms: Option<f64>,
}

/// What came of all of them.
#[derive(Debug, Serialize)]
struct Report {
    command: String,
    version: &'static str,
    machine: String,
    nodes: usize,
    sockets: usize,
    gusts: Vec<Gust>,
    failures: Vec<String>,
    passed: bool,
}

/// Everybody, and where they are.
struct Crew {
    sitters: Vec<Sitter>,
    /// The partner of each.
    partners: Vec<Option<AccountId>>,
    targets: Arc<Vec<Target>>,
}

impl Crew {
    fn of(cast: &Cast, targets: Vec<Target>) -> Self {
        let mut partners = vec![None; cast.people.len()];
        for place in &cast.places {
            for (one, other) in place.parties.iter().zip(place.parties.iter().rev()) {
                partners[*one] = Some(cast.people[*other].account).filter(|_| one != other);
            }
        }
        Self { sitters: cast.people.iter().map(Sitter::new).collect(), partners, targets: Arc::new(targets) }
    }

    /// The node that the one of this number goes to.
    fn node(&self, who: usize) -> usize {
        who % self.targets.len()
    }

    /// Those whom it concerns hold their link to its end and come back, when they are told to and to a node chosen by `place`;
    /// the others stay as they are. Times from `from`.
    async fn come_back(
        &mut self,
        what: What,
        from: Instant,
        place: impl Fn(usize) -> usize,
        concerned: impl Fn(usize) -> bool,
    ) -> anyhow::Result<Gust> {
        let done = all(std::mem::take(&mut self.sitters), |who, mut one| {
            let (targets, place, concerned) = (self.targets.clone(), place(who), concerned(who));
            async move {
                if !concerned {
                    return (one, None);
                }
                if let Gone::After(pause) = one.sit_to_the_end().await {
                    tokio::time::sleep(pause).await;
                }
                let back = one.come_back(&targets[place]).await;
                (one, Some(back.map(|turned_away| (from.elapsed(), turned_away))))
            }
        });
        let (sitters, came): (Vec<_>, Vec<_>) = done.await?.into_iter().unzip();
        self.sitters = sitters;
        let (mut times, mut turned_away, mut never) = (Times::default(), 0, 0);
        for came in came.into_iter().flatten() {
            match came {
                Ok((took, away)) => {
                    times.add(took);
                    turned_away += away;
                }
                Err(_) => never += 1,
            }
        }
        Ok(Gust { what, ms: times.quantiles(), turned_away, never, server_cpu_us_each: None, server_ms: None })
    }

    /// All links drop at once, and everybody comes back at once, without a pause: worse than any real crowd.
    async fn lose_links(&mut self, nodes: &[Server]) -> anyhow::Result<Gust> {
        let cpu = || nodes.iter().filter_map(Server::pid).map(proc::cpu).sum::<Option<Duration>>();
        let (before, from) = (cpu(), Instant::now());
        self.sitters.iter_mut().for_each(Sitter::lose);
        let many = self.targets.len();
        let mut gust = self.come_back(What::LinksDrop, from, |who| who % many, |_| true).await?;
        let spent = cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
        gust.server_cpu_us_each = spent.map(|spent| spent.as_secs_f64() * 1e6 / self.sitters.len().max(1) as f64);
        Ok(gust)
    }

    /// The only server is killed and started again. Times from its death; they come back by the protocol's pauses.
    async fn kill(&mut self, server: &mut Server) -> anyhow::Result<Gust> {
        let from = Instant::now();
        let (gust, ready) =
            tokio::join!(self.come_back(What::ServerDies, from, |_| 0, |_| true), server.kill_and_start());
        Ok(Gust { server_ms: Some(ms(ready?)), ..gust? })
    }

    /// The last node dies. Times until the partners of its people, who are elsewhere, are told that they are gone.
    async fn let_a_node_die(&mut self, nodes: &mut [Server]) -> anyhow::Result<Gust> {
        let dead = nodes.len() - 1;
        let from = Instant::now();
        nodes[dead].kill().await?;
        let on: Vec<usize> = (0..self.sitters.len()).map(|who| self.node(who)).collect();
        let gone: Vec<AccountId> =
            self.sitters.iter().zip(&on).filter(|(_, on)| **on == dead).map(|(one, _)| one.account).collect();
        let partners = std::mem::take(&mut self.partners);
        let done = all(std::mem::take(&mut self.sitters), |who, mut one| {
            let partner = partners[who].filter(|partner| on[who] != dead && gone.contains(partner));
            async move {
                let Some(partner) = partner else { return (one, None) };
                let told = tokio::time::timeout(2 * OFFLINE_MAX, is_told(&mut one, partner)).await;
                let took = told.ok().and_then(Result::ok).map(|()| from.elapsed());
                (one, Some(took))
            }
        });
        let (sitters, told): (Vec<_>, Vec<_>) = done.await?.into_iter().unzip();
        (self.sitters, self.partners) = (sitters, partners);
        let mut times = Times::default();
        let told: Vec<Option<Duration>> = told.into_iter().flatten().collect();
        told.iter().flatten().for_each(|took| times.add(*took));
        let never = told.iter().filter(|took| took.is_none()).count();
        let ready = nodes[dead].start_again().await?;
        self.come_back(What::NodeIsBack, Instant::now(), |_| dead, |who| on[who] == dead).await?;
        Ok(Gust {
            what: What::NodeDies,
            ms: times.quantiles(),
            turned_away: 0,
            never,
            server_cpu_us_each: None,
            server_ms: Some(ms(ready)),
        })
    }

    /// The last node is asked to stop. Times until its people, who do as `bye` says, are welcome at the first one.
    async fn drain(&mut self, last: Server) -> anyhow::Result<Gust> {
        let (many, from) = (self.targets.len(), Instant::now());
        let stopped = async {
            let ended = last.stop().await;
            (ended, from.elapsed())
        };
        let (gust, (ended, took)) =
            tokio::join!(self.come_back(What::NodeDrains, from, |_| 0, |who| who % many == many - 1), stopped);
        let status = ended?;
        anyhow::ensure!(status.success(), "the node that was drained ended with {status}");
        Ok(Gust { server_ms: Some(ms(took)), ..gust? })
    }
}

/// Waits until somebody is told that their partner is offline.
async fn is_told(one: &mut Sitter, partner: AccountId) -> Result<(), Gone> {
    while !matches!(one.sit().await?, Heard::Presence { account, state: Presence::Offline } if account == partner) {}
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Carries it out. True when everybody came back in time.
pub(crate) async fn run(args: Storm) -> anyhow::Result<bool> {
    prepare_report(&args.json)?;
    let mut ground = Ground::start(&args.on, args.relationships, &args.json).await?;
    let cast = accounts::cast(&ground.accounts(), Some(args.relationships as usize), 0, None)?;
    let mut crew = Crew::of(&cast, ground.targets());
    let many = crew.targets.len();
    let first = crew.come_back(What::Arrive, Instant::now(), |who| who % many, |_| true).await?;
    let mut gusts = vec![first, crew.lose_links(&ground.nodes).await?];
    if let [only] = ground.nodes.as_mut_slice() {
        gusts.push(crew.kill(only).await?);
    } else {
        gusts.push(crew.let_a_node_die(&mut ground.nodes).await?);
        if let Some(last) = ground.nodes.pop() {
            gusts.push(crew.drain(last).await?);
        }
    }
    let mut failures = judge(&args, &gusts);
    crew.sitters.clear();
    let (remains, _whole) = ground.stop(&mut failures).await;
    let report = Report {
        command: command(),
        version: env!("CARGO_PKG_VERSION"),
        machine: proc::machine(),
        nodes: many,
        sockets: cast.people.len(),
        passed: failures.is_empty(),
        gusts,
        failures,
    };
    write_report(&args.json, &report)?;
    remains.tidy(report.passed);
    crate::print(&report.to_string());
    Ok(report.passed)
}

fn judge(args: &Storm, gusts: &[Gust]) -> Vec<String> {
    let mut failures = Vec::new();
    for gust in gusts {
        let (longest, server_longest) = gust.what.bounds(args);
        let what = gust.what.words();
        if gust.never > 0 {
            failures.push(format!("{what}: {} never", gust.never));
        }
        let waited = gust.server_ms.filter(|_| gust.what == What::ServerDies).unwrap_or_default();
        if let Some(longest) = longest.filter(|longest| gust.ms.max > ms(*longest) + waited) {
            failures.push(format!("{what}: the last after {:.0} ms, and {longest:?} is allowed", gust.ms.max - waited));
        }
        if let Some(cpu) = gust.server_cpu_us_each.filter(|cpu| *cpu > ARRIVAL_CPU_US_MAX) {
            failures.push(format!("{what}: {cpu:.0} µs CPU each, as if passwords were hashed"));
        }
        let server = gust.server_ms.zip(server_longest).filter(|(took, longest)| *took > ms(*longest));
        if let Some((took, longest)) = server {
            failures.push(format!("{what}: the server was gone after {took:.0} ms, and {longest:?} is allowed"));
        }
    }
    failures
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} sockets at {} nodes; {}\n", self.sockets, self.nodes, self.machine)?;
        writeln!(f, "ms until it is so for each {:26} {:>8} {:>8} {:>8} {:>7}", "", "p50", "p99", "max", "count")?;
        for gust in &self.gusts {
            let Quantiles { p50, p99, max, count, .. } = gust.ms;
            write!(f, "{:53} {p50:>8.0} {p99:>8.0} {max:>8.0} {count:>7}", gust.what.words())?;
            if gust.turned_away > 0 {
                write!(f, "   turned away {} times", gust.turned_away)?;
            }
            if let Some(cpu) = gust.server_cpu_us_each {
                write!(f, "   server {cpu:.0} µs CPU each")?;
            }
            if let Some(took) = gust.server_ms {
                write!(f, "   server {took:.0} ms")?;
            }
            writeln!(f)?;
        }
        self.failures.iter().try_for_each(|failure| writeln!(f, "{failure}"))?;
        writeln!(f, "{}", if self.passed { "PASSED" } else { "FAILED" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Verb};
    use clap::Parser;

    fn asked(more: &str) -> Storm {
        let line = format!("handrail-load storm --json r.json {more}");
        match Cli::try_parse_from(line.split_whitespace()).unwrap().verb {
            Verb::Storm(asked) => asked,
            Verb::Run(_) | Verb::Knee(_) | Verb::Floors(_) | Verb::Merge(_) | Verb::Idle(_) | Verb::Compare(_) => {
                panic!("another verb")
            }
        }
    }

    fn gust(what: What, last: Duration) -> Gust {
        let mut times = Times::default();
        times.add(last);
        Gust { what, ms: times.quantiles(), turned_away: 0, never: 0, server_cpu_us_each: None, server_ms: None }
    }

    #[test]
    fn who_is_back_late_or_never_fails_a_storm() {
        let (soon, late) = (Duration::from_secs(4), Duration::from_secs(6));
        let back = |last| Gust { server_ms: Some(1_500.0), ..gust(What::ServerDies, last) };
        assert!(judge(&asked(""), &[gust(What::LinksDrop, soon), back(late)]).is_empty());
        assert_eq!(judge(&asked(""), &[back(late + soon)]).len(), 1);
        let hashed = Gust { server_cpu_us_each: Some(30_000.0), ..gust(What::LinksDrop, soon) };
        assert_eq!(judge(&asked(""), &[hashed]).len(), 1);
        assert_eq!(judge(&asked(""), &[gust(What::LinksDrop, late)]).len(), 1);
        assert!(judge(&asked("--max-back 10s"), &[gust(What::LinksDrop, late)]).is_empty());
        assert_eq!(judge(&asked(""), &[Gust { never: 1, ..gust(What::Arrive, soon) }]).len(), 1);
        assert_eq!(judge(&asked(""), &[gust(What::NodeDies, Duration::from_secs(13))]).len(), 1);
        let slow = Gust { server_ms: Some(31_000.0), ..gust(What::NodeDrains, soon) };
        assert_eq!(judge(&asked(""), &[slow]).len(), 1);
    }
}
