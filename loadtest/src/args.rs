//! The command line: what may be asked for, and a clear sentence for what may not.

use crate::ground::On;
use crate::link::Target;
use clap::{Args, Parser, Subcommand};
use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// Load test for Handrail, judged by an oracle.
#[derive(Debug, Parser)]
#[command(name = "handrail-load", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Send at a fixed rate, watch every socket, and judge what came of it.
    ///
    /// Ends with 0 when every promise was kept and every threshold met, with 1 when not, with 2 when it could not run.
    Run(Box<Run>),
    /// Send faster and faster until the slowest of a hundred messages is too slow, and say at what rate that is.
    ///
    /// Ends with 0 when a knee was found, with 1 when a promise was broken on the way, with 2 when it could not run.
    Knee(Knee),
    /// Drop every link at once, kill the server, and with several nodes let one die and one be replaced; and measure how long
    /// everybody takes to be back.
    ///
    /// Ends as `run` does.
    Storm(Storm),
    /// Open many sockets that say nothing, hold them, and measure what each costs.
    ///
    /// Ends as `run` does.
    Idle(Idle),
    /// Let people say as much as they can, one message after the other, to this server and to floors: servers that do next to
    /// nothing. Says how far apart they are.
    ///
    /// Ends with 0 when all could be measured and no ratio is below what was asked for, with 1 when one is, with 2 when it could
    /// not run.
    Floors(Floors),
    /// Make one report of those of several generators that ran at the same time, each with its --share.
    ///
    /// Ends with 0 when all of them passed, with 1 when one did not, with 2 when they do not belong together.
    Merge(Merge),
    /// Say what got better or worse between two reports of `run`, and whether it is more than noise.
    ///
    /// Ends with 0 when nothing got worse, with 1 when something did, with 2 when they cannot be compared. A run as a file is
    /// `handrail-load profile FILE --json REPORT`; loadtest/profiles has some.
    Compare(Compare),
}

/// Which reports.
#[derive(Debug, Clone, Args)]
pub(crate) struct Compare {
    /// The report, or several runs with commas between: their median counts, and their spread is the noise.
    #[arg(value_delimiter = ',', num_args = 1, required = true)]
    pub(crate) before: Vec<PathBuf>,
    /// The same of what is compared with it.
    #[arg(value_delimiter = ',', num_args = 1, required = true)]
    pub(crate) after: Vec<PathBuf>,
}

/// Which reports are one run.
#[derive(Debug, Clone, Args)]
pub(crate) struct Merge {
    /// The reports of `run`, one of each generator.
    #[arg(required = true, num_args = 2..)]
    pub(crate) reports: Vec<PathBuf>,
    /// Where to write the merged report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

/// A generator's part of a run: one of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which, from 1 on.
    pub(crate) which: u32,
    /// Of how many.
    pub(crate) of: u32,
}

/// What a comparison with floors is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Floors {
    /// Relationships that take part: twice as many sockets.
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) relationships: u32,
    /// The server's binary. Default: `handrail` beside this program. `handrail-floor` is looked for there too.
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// Measure a server of Socket.IO's and its Redis too: the folder `loadtest/peers/socketio`, after `npm ci` there.
    #[arg(long, value_name = "DIR")]
    pub(crate) socketio: Option<PathBuf>,
    /// How long each is measured, after a third of that to warm up.
    #[arg(long, default_value = "9s", value_parser = duration)]
    pub(crate) step: Duration,
    /// How often each is measured, in turn: the median counts.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Messages a second of the second measurement, where nobody waits for an answer.
    #[arg(long, default_value = "250", value_parser = rate)]
    pub(crate) rate: f64,
    /// Fail when the server carries less than this share of what the floor `record` carries.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) min_share: Option<f64>,
    /// Where to write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

/// What the search for the knee is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Knee {
    /// Relationships that take part: twice as many sockets.
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) relationships: u32,
    #[command(flatten)]
    pub(crate) on: On,
    /// Messages a second to begin with.
    #[arg(long, default_value = "250", value_parser = rate)]
    pub(crate) from: f64,
    /// How long each rate is measured, after a third of that to warm up.
    #[arg(long, default_value = "12s", value_parser = duration)]
    pub(crate) step: Duration,
    /// The knee is where the 99th percentile to the partner goes above this.
    #[arg(long, value_name = "MS", default_value = "50", value_parser = positive)]
    pub(crate) max_p99_ms: f64,
    /// Where to write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

/// What a storm is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Storm {
    /// Relationships that take part: twice as many sockets.
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) relationships: u32,
    #[command(flatten)]
    pub(crate) on: On,
    /// Fail when the last of those whose links dropped is back later than this; after a kill, later than this after the
    /// server's return.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) max_back: Duration,
    /// Where to write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

/// What a test of idle sockets is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Idle {
    /// Relationships that take part: twice as many sockets, each of another account.
    #[arg(long, default_value = "5000", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) relationships: u32,
    #[command(flatten)]
    pub(crate) on: On,
    /// How long to hold them: 30s, 5m.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) hold: Duration,
    /// Fail when a socket takes more memory than this, in KiB.
    #[arg(long, value_name = "KIB", default_value = "12", value_parser = positive)]
    pub(crate) max_kib: f64,
    /// Where to write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

/// What a run is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// Relationships that take part: twice as many sockets. Without it and with --against: all of the file.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) relationships: Option<u32>,
    /// Messages a second, over all people, sent at fixed intended times whatever the server does.
    #[arg(long, default_value = "50", value_parser = rate)]
    pub(crate) rate: f64,
    /// How long to measure: 500ms, 60s, 5m, 8h.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// How long to send before that; it counts in the counts and not in the latencies.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) warmup: Duration,
    /// A running server, ws://HOST:PORT/live. Without it the test starts and stops its own.
    #[arg(long, value_name = "URL", requires = "accounts", conflicts_with_all = ["redis", "postgres", "server", "data", "kill_every"])]
    pub(crate) against: Option<String>,
    /// The accounts of that server, as `handrail demo` writes them.
    #[arg(long, value_name = "FILE", requires = "against")]
    pub(crate) accounts: Option<PathBuf>,
    /// Only every N-th relationship, from the K-th on, at an N-th of the rate: so that N generators together are one run. `merge`
    /// makes one report of theirs.
    #[arg(long, value_name = "K/N", requires = "against", value_parser = part)]
    pub(crate) share: Option<Part>,
    /// Allow a target that is not this machine. Everybody on it will feel the load.
    #[arg(long)]
    pub(crate) i_own_this_server: bool,
    #[command(flatten)]
    pub(crate) on: On,
    /// The share of messages that must be held, 0 to 1.
    #[arg(long, default_value = "0.02", value_parser = share)]
    pub(crate) unsafe_share: f64,
    /// Supervisors at each site; two or more compete on purpose. 0: nobody decides.
    #[arg(long, default_value = "2", value_parser = clap::value_parser!(u32).range(0..=64))]
    pub(crate) supervisors: u32,
    /// Fail when the 99th percentile from intended send to the partner's socket is above this.
    #[arg(long, value_name = "MS", value_parser = positive)]
    pub(crate) max_p99_ms: Option<f64>,
    /// The same of the 99.9th percentile.
    #[arg(long, value_name = "MS", value_parser = positive)]
    pub(crate) max_p999_ms: Option<f64>,
    /// Fail when the 99th percentile from intended send to a watching supervisor's socket is above this.
    #[arg(long, value_name = "MS", value_parser = positive)]
    pub(crate) max_hold_p99_ms: Option<f64>,
    /// Fail when the servers spend more processor time on a message than this, in microseconds.
    #[arg(long, value_name = "US", value_parser = positive)]
    pub(crate) max_cpu_us: Option<f64>,
    /// Fail when the servers' memory grows faster than this over the second half of the run, in MiB an hour.
    #[arg(long, value_name = "MIB", value_parser = positive)]
    pub(crate) max_growth_mib: Option<f64>,
    /// Devices more, of people who are talked to, that read at 1 KiB/s or not at all and answer nothing.
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) slow: u32,
    /// People more who send frames that are none, half requests and floods.
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub(crate) attackers: u32,
    /// Ask the server to stop where --kill-every would kill it: a drain.
    #[arg(long, requires = "kill_every")]
    pub(crate) gently: bool,
    /// Kill the started server with SIGKILL this often, and start it again on the same data and port.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) kill_every: Option<Duration>,
    /// The longest random pause before a socket is opened again. Default: 20s as the protocol says; 1s with --kill-every.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) backoff_max: Option<Duration>,
    /// How long to wait at the end for what is on its way.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub(crate) drain: Duration,
    /// Makes a run repeatable. Default: another one each time.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to write the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: PathBuf,
}

impl Run {
    /// How many messages are sent before the measured window, and in all.
    pub(crate) fn counts(&self) -> anyhow::Result<(u32, u32)> {
        let (warmup, all) = (self.warmup.as_secs_f64(), (self.warmup + self.duration).as_secs_f64());
        let count = (all * self.rate).round();
        anyhow::ensure!(count >= 1.0, "--rate and --duration make less than one message: raise one of them");
        let most = crate::corpus::TAGS_MAX;
        anyhow::ensure!(
            count <= f64::from(most),
            "--rate and --duration make {count} messages and one run can number {most}: lower one of them"
        );
        Ok(((warmup * self.rate).round() as u32, count as u32))
    }

    /// What this generator does of it, if there are others.
    pub(crate) fn own_part(&self) -> Self {
        let of = self.share.map_or(1, |part| part.of);
        Self { rate: self.rate / f64::from(of), ..self.clone() }
    }

    /// What is asked of several nodes must be possible.
    pub(crate) fn check_nodes(&self) -> anyhow::Result<()> {
        let nodes = self.on.nodes()?;
        anyhow::ensure!(
            nodes == 1 || self.kill_every.is_none(),
            "of several nodes none is killed in a run: leave out --kill-every; `handrail-load storm` kills one"
        );
        Ok(())
    }

    /// The longest pause before a socket is opened again.
    pub(crate) fn backoff(&self) -> Duration {
        let usual = if self.kill_every.is_some() { 1 } else { 20 };
        self.backoff_max.unwrap_or(Duration::from_secs(usual))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time: write a number and ms, s, m or h, such as 60s");
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let number: f64 = text[..split].parse().map_err(|_| wrong())?;
    let unit = match &text[split..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}

fn number(text: &str, least: f64, most: f64, what: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        Ok(_) | Err(_) => Err(format!("`{text}` is not {what}")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    number(text, 0.01, 1_000_000.0, "a rate: write messages a second, from 0.01 to 1000000")
}

fn part(text: &str) -> Result<Part, String> {
    let numbers = text.split_once('/').and_then(|(which, of)| Some((which.parse().ok()?, of.parse().ok()?)));
    let part =
        numbers.map(|(which, of)| Part { which, of }).filter(|part| (1..=part.of.min(1_000)).contains(&part.which));
    part.ok_or_else(|| format!("`{text}` is not a share: write which generator of how many, such as 1/2"))
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 0.0, 1.0, "a share: write a number from 0 to 1, such as 0.02")
}

fn positive(text: &str) -> Result<f64, String> {
    number(text, 0.001, 1e9, "a number above 0")
}

/// The target of `--against`: an address that this program may load.
pub(crate) fn target(url: &str, owned: bool) -> anyhow::Result<Target> {
    let Some(rest) = url.strip_prefix("ws://") else {
        anyhow::bail!("`{url}` is not ws://HOST:PORT/live; for a server behind TLS, run the test on its own machine");
    };
    let (authority, path) = rest.split_once('/').map_or((rest, "/live".to_owned()), |(a, p)| (a, format!("/{p}")));
    anyhow::ensure!(
        authority.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()),
        "`{url}` has no port: write ws://HOST:PORT/live"
    );
    let path = if path == "/" { "/live".to_owned() } else { path };
    if !owned {
        let loopback = authority.to_socket_addrs().map(|found| found.map(|at| at.ip()).collect::<Vec<IpAddr>>());
        let loopback = loopback.is_ok_and(|found| !found.is_empty() && found.iter().all(IpAddr::is_loopback));
        anyhow::ensure!(
            loopback,
            "{authority} is not this machine: a load test would be felt by everybody on it. If it is yours, add --i-own-this-server"
        );
    }
    Ok(Target { authority: authority.to_owned(), path, trust: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &str) -> Result<Run, String> {
        let cli = Cli::try_parse_from(format!("handrail-load run {args}").split_whitespace());
        cli.map(|cli| match cli.verb {
            Verb::Run(run) => *run,
            Verb::Knee(_) | Verb::Floors(_) | Verb::Merge(_) | Verb::Storm(_) | Verb::Idle(_) | Verb::Compare(_) => {
                panic!("another verb")
            }
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn the_line_of_the_readme_is_understood() {
        let run = parsed("--relationships 500 --rate 250 --duration 60s --json r.json").unwrap();
        assert_eq!(run.counts().unwrap(), (2_500, 17_500));
        assert_eq!((run.supervisors, run.unsafe_share), (2, 0.02));
        assert_eq!(run.backoff(), Duration::from_secs(20));
        let run = parsed("--kill-every 5s --json r.json").unwrap();
        assert_eq!(run.backoff(), Duration::from_secs(1));
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "60", "s", "1d", "-5s", "1..5s", "99999999999999999999h"] {
            assert!(duration(wrong).unwrap_err().contains("such as 60s"), "{wrong}");
        }
    }

    #[test]
    fn bad_arguments_are_refused_with_what_to_write() {
        for (args, says) in [
            ("--rate 0 --json r", "messages a second"),
            ("--rate fast --json r", "messages a second"),
            ("--rate nan --json r", "messages a second"),
            ("--unsafe-share 2 --json r", "from 0 to 1"),
            ("--relationships 0 --json r", "1..=100000"),
            ("--max-p99-ms 0 --json r", "above 0"),
            ("--redis 127.0.0.1:6379 --json r", "redis://HOST:PORT"),
            ("--postgres 127.0.0.1:5432 --json r", "postgres://USER"),
            ("--nodes 0 --json r", "1..=16"),
            ("--rate 5", "--json"),
            ("--against ws://127.0.0.1:1/live --json r", "--accounts"),
            ("--accounts f --json r", "--against"),
            ("--against ws://127.0.0.1:1/live --accounts f --kill-every 5s --json r", "cannot be used with"),
        ] {
            let said = parsed(args).unwrap_err();
            assert!(said.contains(says), "{args}: {said}");
        }
        for alone in ["--nodes 2 --json r", "--nodes 2 --redis auto --json r"] {
            assert!(
                parsed(alone).unwrap().check_nodes().unwrap_err().to_string().contains("--postgres auto"),
                "{alone}"
            );
        }
        let two = "--nodes 2 --redis auto --postgres auto --json r";
        assert!(parsed(two).unwrap().check_nodes().is_ok());
        let killed = parsed(&format!("{two} --kill-every 5s")).unwrap().check_nodes().unwrap_err().to_string();
        assert!(killed.contains("storm"), "{killed}");
        assert!(parsed("--rate 0.01 --duration 1s --warmup 0s --json r").unwrap().counts().is_err());
        assert!(parsed("--rate 1000000 --duration 1h --json r").unwrap().counts().is_err());
    }

    #[test]
    fn only_this_machine_is_loaded_unless_its_owner_says_so() {
        let here = target("ws://127.0.0.1:4000/live", false).unwrap();
        assert_eq!((here.authority.as_str(), here.path.as_str()), ("127.0.0.1:4000", "/live"));
        assert_eq!(target("ws://[::1]:4000", false).unwrap().path, "/live");
        let other = target("ws://192.0.2.7:4000/live", false).unwrap_err().to_string();
        assert!(other.contains("--i-own-this-server"), "{other}");
        assert!(target("ws://192.0.2.7:4000/live", true).is_ok());
        for wrong in ["http://127.0.0.1:1/live", "wss://127.0.0.1:1/live", "ws://127.0.0.1/live", "ws://:80/live", ""] {
            assert!(target(wrong, true).is_err(), "{wrong}");
        }
    }
}
