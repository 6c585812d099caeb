//! What machines and networks do to a server: kills, frozen processes, lost and empty Redis, black holes, full and failing disks,
//! power cuts, clocks that jump, records from elsewhere. A crowd goes on all the while; afterwards everything that it did and saw
//! is held against what is there (`history`). Each has a short form, and a long one under `HANDRAIL_LONG`.

mod clock;
mod database;
mod disk;
mod frozen;
mod kill;
mod network;
mod power;
mod proxy;
mod race;
mod records;
mod rules;
mod trace;

pub(crate) use proxy::{Proxy, Wire};

use crate::process::{PATIENCE, Server, try_http};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What readiness says: its status, and the word for it. Nothing if nobody answers.
async fn ready(server: &Server) -> Option<(u16, String)> {
    let (status, body) = try_http(server.address, "GET", "/health/ready", "", "").await?;
    let body: serde_json::Value = serde_json::from_str(&body).ok()?;
    Some((status, crate::process::word(&body["status"])))
}

/// Waits until readiness says that word. Without Redis it stays 200: the service is degraded, not gone.
pub(crate) async fn becomes(server: &Server, want: &str) {
    let patience = Instant::now() + PATIENCE;
    loop {
        let found = ready(server).await;
        if found.as_ref().is_some_and(|(_, word)| word == want) {
            return;
        }
        assert!(Instant::now() < patience, "readiness never said {want}: {found:?}\n{}", server.said());
        sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a program can be run here at all.
fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}

/// How many files and sockets a server has open.
fn open_files(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("a process").count()
}
