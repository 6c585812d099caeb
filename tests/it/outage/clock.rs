//! Clocks that jump under a running server: by hours, by a year, forward and back. Order is by number, never by time; a jump
//! decides nothing; what was due is done when its time has come by the new clock.

use crate::crowd::{Crowd, Ground, rounds, skipped};
use crate::history::Row;
use crate::process::{PATIENCE, Server};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A wall clock that a server can be given, and that can be set while it runs. What measures durations goes on as it did.
pub(super) struct FakeClock {
    library: PathBuf,
    file: PathBuf,
    _folder: TempDir,
}

impl FakeClock {
    /// One that is right; nothing where the library for it is missing.
    pub(super) fn new() -> Option<Self> {
        let places = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
        let library =
            places.map(|place| place.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists())?;
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Self { library, file: folder.path().join("clock"), _folder: folder };
        clock.set("+0s");
        Some(clock)
    }

    /// Sets it that much before or after the machine's own.
    pub(super) fn set(&self, offset: &str) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{offset}\n")).expect("a clock");
        std::fs::rename(new, &self.file).expect("another time");
    }

    /// `handrail serve` by this clock.
    pub(super) fn serve(&self, config: &Path) -> Server {
        let environment = [
            ("LD_PRELOAD", self.library.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_string_lossy().into_owned()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ];
        Server::serve_under(config, &[], &environment)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_releases_nothing_loses_nothing_and_changes_no_order() {
    let Some(clock) = FakeClock::new() else {
        return skipped("a clock that jumps", "libfaketime is not here (Debian's package `faketime`)");
    };
    let ground = Ground::new("");
    let server = clock.serve(&ground.config);
    let crowd = Crowd::gather(&ground, &server);
    for _ in 0..rounds(1, 10) {
        for jump in ["+2h", "-2h", "+0s", "-365d", "+365d"] {
            clock.set(jump);
            crowd.talk(30, PATIENCE).await;
        }
    }
    // Back where time went on: the furthest ahead that it ever was.
    let (history, after) = crowd.settle(&server).await;
    let undecided = |row: &&Row| row.status == "held";
    assert!(history.seen.len() > 50 && after.rows.iter().any(|row| undecided(&row)), "some still wait");
    // By the new clock their time is over, so they are rung; nobody decided for them.
    assert!(after.log.iter().any(|line| line.act == "overdue"), "a year later somebody is rung");
}
