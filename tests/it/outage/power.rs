//! Power cuts. A server that serves a crowd is watched by `strace`; then the files are made again as a cut at many moments of
//! that could have left them: with what had been made durable alone, and with any sectors of the rest. Everything that a client
//! had been told before the cut must be in each.

use super::records::ground_of;
use super::trace::{FILES, Left, Trace};
use super::works;
use crate::crowd::{Crowd, Ground, any, rounds, skipped};
use crate::history::{chain_of, log_of};
use crate::process::{PATIENCE, Server};
use handrail::store::Store;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// What clients were told is so: messages that are taken, and items with their version.
#[derive(Default)]
struct Promises {
    messages: BTreeMap<String, bool>,
    items: BTreeMap<String, u64>,
}

impl Promises {
    fn of(told: &[String]) -> Self {
        let mut promises = Self::default();
        for said in told {
            // Several frames may have gone out at once, each with a few bytes before it.
            for frame in said
                .match_indices("{\"op\":")
                .filter_map(|(at, _)| serde_json::Deserializer::from_str(&said[at..]).into_iter::<Value>().next()?.ok())
            {
                promises.note(&frame);
            }
        }
        promises
    }

    fn note(&mut self, frame: &Value) {
        let shown = frame["op"] == "event" && frame["type"] == "message";
        if shown || (frame["op"] == "ok" && frame["message"].is_string()) {
            let delivered = shown || frame["status"] == "delivered";
            *self.messages.entry(crate::process::word(&frame["message"])).or_default() |= delivered;
        }
        if let (Some(item), Some(version)) = (frame["item"]["item"].as_str(), frame["item"]["version"].as_u64()) {
            let known = self.items.entry(item.to_owned()).or_default();
            *known = version.max(*known);
        }
    }

    /// The first that the record does not keep, in words.
    fn broken_in(&self, record: &Connection) -> Option<String> {
        let one = |sql: &str, id: &str| record.query_row(sql, [id], |row| row.get::<_, Option<u64>>(0)).ok().flatten();
        let message = self.messages.iter().find(|(id, delivered)| {
            let sql = if **delivered { "seq" } else { "1" };
            one(&format!("SELECT {sql} FROM message WHERE id = ?1"), id).is_none()
        });
        let item = self.items.iter().find(|(id, version)| {
            one("SELECT version FROM item WHERE id = ?1", id).is_none_or(|found| found < **version)
        });
        let message = message.map(|(id, _)| format!("message {id} is gone"));
        message.or(item.map(|(id, version)| format!("item {id} is older than version {version}")))
    }
}

/// Opens the files that a cut left, as a start does, and says what is not as it should be.
fn what_is_wrong(files: &[Vec<u8>; 2], promises: &Promises) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in FILES.iter().zip(files) {
        std::fs::write(folder.path().join(name), bytes).expect("an image");
    }
    if let Err(error) = Store::open(folder.path()) {
        return Some(format!("it does not open: {error}"));
    }
    let record = Connection::open(folder.path().join(FILES[0])).expect("the record");
    let sound: Result<String, _> = record.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    if sound.as_deref() != Ok("ok") {
        return Some(format!("it is not sound: {sound:?}"));
    }
    let chain = log_of(&record).map_err(|error| error.to_string()).and_then(|log| chain_of(&log));
    chain.err().or_else(|| promises.broken_in(&record))
}

/// A server whose calls are written to that file.
fn watched(ground: &Ground, to: &Path) -> Server {
    let to = to.to_string_lossy();
    let calls = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate";
    let strace = ["strace", "-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", calls, "-o", &to];
    Server::serve_under(&ground.config, &strace.map(str::to_owned), &[])
}

/// Whether a trace is whole: the last that it tells of a process is its end.
fn has_ended(trace: &Path, process: u32) -> bool {
    let text = std::fs::read_to_string(trace).expect("a trace");
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.any(|(of, what)| of == process.to_string() && what.trim_start().starts_with("+++ killed"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    cut_at_many_moments(&Ground::new(""), rounds(150, 1_000), rounds(20, 150)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_while_an_earlier_record_is_brought_forward_loses_nothing_of_it() {
    cut_at_many_moments(&ground_of(1), rounds(20, 100), rounds(20, 150)).await;
}

/// Plays so many messages on that ground, and cuts the power at so many moments of it: half of them while it starts.
async fn cut_at_many_moments(ground: &Ground, messages: usize, cuts: usize) {
    if !works("strace", &["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]) {
        return skipped("a power cut", "there is no strace here, or it may not trace");
    }
    let before = FILES.map(|file| std::fs::read(ground.data.join(file)).unwrap_or_default());
    let file = tempfile::NamedTempFile::new().expect("a file for the trace");
    let server = watched(ground, file.path());
    let crowd = Crowd::gather(ground, &server);
    crowd.talk(messages, 4 * PATIENCE).await;
    let process = server.pid();
    server.kill();
    let patience = Instant::now() + PATIENCE;
    while !has_ended(file.path(), process) {
        assert!(Instant::now() < patience, "the trace has no end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let trace = Trace::read(file.path(), before.clone());
    let all = Promises::of(&trace.told(trace.lines));
    assert!(all.messages.len() >= messages && trace.syncs() > messages / 16, "{} were told of", all.messages.len());
    assert!(what_is_wrong(&before, &all).is_some(), "these promises can be broken");
    let first = trace.first_told("\"op\":\"ok\"").expect("somebody was told something");
    for at in 0..cuts {
        let (from, to) = if at % 2 == 0 { (first, trace.lines) } else { (0, first) };
        let until = from + usize::try_from(any((to - from) as u64)).expect("a line");
        let promises = Promises::of(&trace.told(until));
        for left in [Left::Synced, Left::Torn] {
            let wrong = what_is_wrong(&trace.cut(until, left), &promises);
            assert_eq!(wrong, None, "a cut at line {until} of {}, {left:?}", trace.lines);
        }
    }
    let server = ground.serve();
    crowd.follow(&server);
    crowd.settle(&server).await;
}
