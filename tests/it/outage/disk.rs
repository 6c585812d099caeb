//! Disks that are full, and disks that fail.

use super::{ready, works};
use crate::crowd::{Crowd, Ground, any, rounds, skipped};
use crate::process::{PATIENCE, Server};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

/// A file system of its own that can be filled, gone with the test.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Nothing where one may not mount.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=32m", "tmpfs"]).arg(folder.path()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    /// Leaves no more than this free.
    fn fill(&self, left: usize) -> PathBuf {
        let (ballast, block) = (self.0.path().join("ballast"), vec![1; 4_096]);
        let mut out = std::fs::File::create(&ballast).unwrap();
        while std::io::Write::write_all(&mut out, &block).is_ok() {}
        let size = out.metadata().unwrap().len();
        out.set_len(size.saturating_sub(left as u64)).unwrap();
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that a failed test leaves behind may still have it open.
        let _unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_it_cannot_keep_and_takes_it_when_there_is_room() {
    let Some(disk) = SmallDisk::new() else {
        return skipped("a full disk", "only root can mount a tmpfs");
    };
    let ground = Ground::at(disk.0.path(), "");
    let mut server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(2, 20) {
        crowd.talk(10, PATIENCE).await;
        let ballast = disk.fill(usize::try_from(any(128)).unwrap() * 1_024);
        let (refused, patience) = (crowd.doubtful(), Instant::now() + PATIENCE);
        while crowd.doubtful() < refused + 5 {
            assert!(Instant::now() < patience, "a full disk refuses nothing:\n{}", server.said());
            sleep(Duration::from_millis(20)).await;
        }
        std::fs::remove_file(ballast).unwrap();
        // A server that stops rather than guess is right as well.
        if server.has_ended() {
            server = ground.serve();
            crowd.follow(&server);
        }
        crowd.talk(10, PATIENCE).await;
    }
    crowd.settle(&server).await;
}

/// A server over that ground whose disk fails once: the `at`th time that one of its threads makes its writes durable. When it
/// does stands in `trace`.
fn failing(ground: &Ground, at: u64, trace: &Path) -> Server {
    let inject = format!("inject=fdatasync,fsync:error=EIO:when={at}");
    let to = trace.to_string_lossy();
    let strace = ["strace", "-D", "-f", "-o", &to, "-e", "trace=fdatasync,fsync", "-e", &inject];
    Server::serve_under(&ground.config, &strace.map(str::to_owned), &[])
}

/// Whether the failure meets a commit. One that meets a checkpoint is none: those commits were durable before, and it is done
/// again. Then everybody is acknowledged as ever.
async fn meets_a_commit(server: &Server, crowd: &Crowd, trace: &Path) -> bool {
    let (mut since, patience) = (None, Instant::now() + 2 * PATIENCE);
    loop {
        if server.said().contains("a commit failed; nothing more is acknowledged") {
            return true;
        }
        if std::fs::read_to_string(trace).is_ok_and(|trace| trace.contains("INJECTED")) {
            let since = *since.get_or_insert(crowd.acknowledged());
            if crowd.acknowledged() > since + 5 * crowd.parties() {
                return false;
            }
        }
        assert!(Instant::now() < patience, "the disk never fails:\n{}", server.said());
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_stops_the_server_before_it_acknowledges_anything_more() {
    if !works("strace", &["-o", "/dev/null", "true"]) {
        return skipped("a failing disk", "there is no strace here, or it may not trace");
    }
    let ground = Ground::new("");
    let mut server = ground.serve();
    let crowd = Crowd::gather(&ground, &server);
    let (rounds, mut commits) = (rounds(2, 30), 0);
    for _ in 0..rounds {
        crowd.talk(10, PATIENCE).await;
        server.kill();
        let trace = tempfile::NamedTempFile::new().expect("a file for the trace");
        server = failing(&ground, 10 + any(40), trace.path());
        crowd.follow(&server);
        if meets_a_commit(&server, &crowd, trace.path()).await {
            commits += 1;
            stops(server, &crowd).await;
        } else {
            server.kill();
        }
        server = ground.serve();
        crowd.follow(&server);
    }
    assert!(commits * 2 > rounds, "only {commits} of {rounds} met a commit");
    crowd.settle(&server).await;
}

/// It acknowledges nothing more, is not ready, and ends with what to do.
async fn stops(server: Server, crowd: &Crowd) {
    let acknowledged = crowd.acknowledged();
    let ready = ready(&server).await;
    assert!(ready.as_ref().is_none_or(|(status, _)| *status == 503), "it says that it is ready: {ready:?}");
    let (ended, said) = server.ended_saying();
    assert_eq!(ended.code(), Some(1), "{said}");
    assert!(said.contains("the record could not be written; see the log above, then start again"), "{said}");
    // What was acknowledged before may have been read a little later.
    assert!(crowd.acknowledged() <= acknowledged + crowd.parties(), "it went on acknowledging");
}
