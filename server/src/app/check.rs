//! Whether everything that a server needs is there, asked before it is started or while it runs: nothing is made and nothing changed. Each
//! answer is a sentence that says what is, or what to do.

use super::load_rules;
use crate::bus::RedisBus;
use crate::config::{self, Bus, Certificate, Config};
use crate::fresh;
use crate::gateway::tls::{Tls, acme};
use crate::store::{self, Glance};
use handrail_domain::time::Timestamp;
use rustix::process::{Resource, getrlimit};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A record needs room to grow, and a copy of its pages beside it: with less than this free, it is said.
const FREE_LEAST: u64 = 1 << 30;
/// Open files beside connections.
const FILES_SPARE: u64 = 256;
/// A certificate that ends within so many days is said to.
const DAYS_LEAST: i64 = 14;
/// So far may the last line of the log lie in the future: nodes' clocks agree to within a second or so.
const AHEAD_MAX_MS: i64 = 2_000;

/// What was looked at, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// One or two words.
    pub what: &'static str,
    /// How it is; or what is wrong, and what to do.
    pub found: Result<String, String>,
}

/// Looks at everything that this configuration names, one after the other.
pub async fn check(config: &Config) -> Vec<Looked> {
    let record = record(config).await;
    let clock = clock(record.as_ref().ok().copied().flatten(), fresh::now());
    let said = record.map(|glance| match glance {
        Some(Glance { last, .. }) => format!("{last} lines in its log"),
        None => "there is none yet; the server makes one".to_owned(),
    });
    let mut looked = vec![
        Looked { what: "rules", found: rules(&config.fixed.rules) },
        Looked { what: "record", found: said },
        Looked { what: "clock", found: clock },
        Looked { what: "folder", found: folder(&config.fixed.store) },
        Looked { what: "disk", found: disk(&config.fixed.store) },
        Looked { what: "open files", found: files(config.fixed.server.max_connections as u64) },
    ];
    if let Some(named) = config.fixed.server.tls.clone() {
        looked.push(Looked { what: "certificate", found: certificate(named, fresh::now()) });
    }
    if let Bus::Redis(url) = &config.fixed.bus {
        looked.push(Looked { what: "Redis", found: redis(url.reveal()).await });
    }
    looked
}

fn rules(rules: &config::Rules) -> Result<String, String> {
    let begun = Instant::now();
    let rules = load_rules(rules).map_err(|error| format!("{error:#}"))?;
    Ok(format!("version {}, read and tried in {} ms", rules.version(), begun.elapsed().as_millis()))
}

async fn record(config: &Config) -> Result<Option<Glance>, String> {
    let (folder, database) = (config.fixed.store.clone(), config.fixed.database.clone());
    let look = move || match database {
        Some(url) => store::glance_at(url.reveal()),
        None => store::glance(&folder),
    };
    let looked = tokio::task::spawn_blocking(look).await.map_err(|error| error.to_string())?;
    looked.map_err(|error| error.to_string())
}

/// A clock that was set back makes open claims and undo windows wait until it has come round.
fn clock(record: Option<Glance>, now: Timestamp) -> Result<String, String> {
    let Some(at) = record.and_then(|glance| glance.at) else {
        return Ok("nothing to compare it with yet".to_owned());
    };
    let since_ms = now.since_ms(at);
    if since_ms < -AHEAD_MAX_MS {
        let ahead = Duration::from_millis(since_ms.unsigned_abs()).as_secs();
        return Err(format!(
            "the log's last line is {ahead} s in the future: set this machine's clock, or the other node's"
        ));
    }
    let ago = Duration::from_millis(since_ms.max(0).unsigned_abs()).as_secs();
    Ok(format!("the log's last line was written {ago} s ago"))
}

/// The nearest folder above that is there: the server makes the rest.
fn there(folder: &Path) -> PathBuf {
    folder.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn folder(folder: &Path) -> Result<String, String> {
    let at = there(folder);
    let probe = at.join(format!(".handrail-check-{}", fresh::token(8)));
    let wrote = std::fs::write(&probe, b"");
    // What could not be written need not be removed.
    let _gone = std::fs::remove_file(&probe);
    wrote.map_err(|error| {
        format!("nothing can be written in {}: {error}; give it to the server's user", at.display())
    })?;
    Ok(format!("{} can be written", at.display()))
}

fn disk(folder: &Path) -> Result<String, String> {
    let at = there(folder);
    let found = rustix::fs::statvfs(&at).map_err(|error| format!("{}: {error}", at.display()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let mib = free >> 20;
    if free < FREE_LEAST {
        return Err(format!(
            "{mib} MiB are free on the disk of {}: make room, or messages will be refused",
            at.display()
        ));
    }
    Ok(format!("{mib} MiB are free"))
}

fn files(connections: u64) -> Result<String, String> {
    let needed = connections + FILES_SPARE;
    match getrlimit(Resource::Nofile).maximum {
        Some(allowed) if allowed < needed => Err(format!(
            "the system allows {allowed} and server.max_connections needs {needed}: raise LimitNOFILE, or lower max_connections"
        )),
        Some(allowed) => Ok(format!("{allowed} are allowed, {needed} are needed")),
        None => Ok("as many as are needed".to_owned()),
    }
}

fn certificate(named: Certificate, now: Timestamp) -> Result<String, String> {
    let files = match named {
        Certificate::Files(files) => files,
        Certificate::Ordered(acme) => acme::files(&acme),
    };
    if files.certificate == files.key && !files.certificate.exists() {
        return Ok("there is none yet; the server orders one when it starts".to_owned());
    }
    let tls = Tls::load(files).map_err(|error| error.to_string())?;
    let Some(days) = tls.days_left(now) else { return Ok("it and its key belong together".to_owned()) };
    if days < DAYS_LEAST {
        return Err(format!(
            "it ends in {days} days: put a renewed one in its place; the server need not be restarted"
        ));
    }
    Ok(format!("it and its key belong together; it ends in {days} days"))
}

async fn redis(url: &str) -> Result<String, String> {
    let begun = Instant::now();
    RedisBus::reach(url).await.map_err(|error| error.to_string())?;
    Ok(format!("it answered in {} ms", begun.elapsed().as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_the_log_is_found_and_one_that_agrees_is_not() {
        let glance = |at| Some(Glance { last: 1, at: Some(Timestamp(at)) });
        assert!(clock(glance(1_000), Timestamp(5_000)).is_ok_and(|said| said.contains("4 s ago")));
        assert!(clock(glance(6_000), Timestamp(5_000)).is_ok(), "within what nodes differ by");
        assert!(clock(glance(65_000), Timestamp(5_000)).is_err_and(|said| said.contains("60 s in the future")));
        assert!(clock(None, Timestamp(0)).is_ok());
    }

    #[test]
    fn more_connections_than_open_files_are_refused_with_both_numbers() {
        let Some(allowed) = getrlimit(Resource::Nofile).maximum else { return };
        assert!(files(allowed).is_err_and(|said| said.contains(&allowed.to_string()) && said.contains("LimitNOFILE")));
        assert!(allowed <= FILES_SPARE || files(allowed - FILES_SPARE).is_ok());
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above_it() {
        let above = tempfile::tempdir().unwrap();
        let deep = above.path().join("a/b/c");
        assert!(folder(&deep).is_ok_and(|said| said.contains(&above.path().display().to_string())));
        assert!(!deep.exists() && std::fs::read_dir(above.path()).unwrap().next().is_none(), "nothing is left behind");
        assert!(disk(&deep).is_ok());
    }
}
