//! What Linux says of a process: its CPU time and its memory. Read from /proc, so the process need not help.

use std::io::Read as _;
use std::time::Duration;

/// Ticks of /proc/PID/stat in a second: USER_HZ, 100 on every Linux architecture that this runs on.
const TICKS_PER_SECOND: u64 = 100;

/// User and system time of a process and its dead threads, or nothing if it is gone.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    cpu_of(&read(&format!("/proc/{pid}/stat"))?)
}

/// The same of a process and those that it started, as PostgreSQL starts one for each session.
pub(crate) fn cpu_of_family(pid: u32) -> Option<Duration> {
    let first = family_of(&read(&format!("/proc/{pid}/stat"))?)?;
    let others =
        std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let children = others.filter_map(|other| family_of(&read(&format!("/proc/{other}/stat"))?));
    let alive = children.filter(|child| child.parent == pid).map(|child| child.own);
    Some(first.own + first.ended + alive.sum::<Duration>())
}

/// Resident memory of a process in bytes, or nothing if it is gone.
pub(crate) fn rss(pid: u32) -> Option<u64> {
    memory_of(&read(&format!("/proc/{pid}/status"))?, "VmRSS:")
}

/// The part of it that the process filled itself. The rest is its program's file: tens of MiB, which the system takes out of memory
/// and reads again as it likes.
pub(crate) fn anonymous(pid: u32) -> Option<u64> {
    memory_of(&read(&format!("/proc/{pid}/status"))?, "RssAnon:")
}

/// The kind of file system that holds a folder: on `tmpfs` an fsync costs nothing, and a measurement says so.
pub(crate) fn file_system(folder: &std::path::Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = read("/proc/self/mounts")?;
    let fields = mounts.lines().map(|line| line.split(' '));
    let holding = fields.filter_map(|mut fields| {
        let (point, kind) = (fields.nth(1)?, fields.next()?);
        folder.starts_with(point).then(|| (point.len(), kind.to_owned()))
    });
    holding.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

/// The machine in a few words.
pub(crate) fn machine() -> String {
    let cpu = read("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model));
    let kernel = read("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} cores, {}, Linux {}", cores(), model.unwrap_or("unknown processor"), kernel.trim())
}

/// How many cores there are.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn read(path: &str) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// What /proc/PID/stat says of a process: who started it, its CPU time, and that of its children that have ended.
struct Family {
    parent: u32,
    own: Duration,
    ended: Duration,
}

fn cpu_of(stat: &str) -> Option<Duration> {
    Some(family_of(stat)?.own)
}

fn family_of(stat: &str) -> Option<Family> {
    // The second field is the program's name in brackets, and may hold anything.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 2..)?.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let time = |user, system| Some(Duration::from_millis((ticks(user)? + ticks(system)?) * 1_000 / TICKS_PER_SECOND));
    Some(Family { parent: fields.get(1)?.parse().ok()?, own: time(11, 12)?, ended: time(13, 14)? })
}

fn memory_of(status: &str, kind: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(kind))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_whatever_the_program_is_called() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 2017 0 0 0 123 45 0 0 20 0 9 0 8876 1 2";
        assert_eq!(cpu_of(stat), Some(Duration::from_millis(1_680)));
        let family = family_of(&stat.replacen("0 0 20", "7 3 20", 1)).unwrap();
        assert_eq!((family.parent, family.ended), (1, Duration::from_millis(100)));
        assert_eq!(cpu_of("4711 (x"), None);
        assert_eq!(cpu_of(""), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmRSS:\t   16384 kB\nRssAnon:\t    1024 kB\nThreads:\t9\n";
        assert_eq!(memory_of(status, "VmRSS:"), Some(16 * 1_024 * 1_024));
        assert_eq!(memory_of(status, "RssAnon:"), Some(1_024 * 1_024));
        assert_eq!(memory_of("Name:\tx\n", "VmRSS:"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        assert!(cpu(std::process::id()).is_some());
        assert!(rss(std::process::id()).is_some_and(|bytes| bytes > 500_000));
        assert!(anonymous(std::process::id()).is_some_and(|bytes| bytes > 100_000));
        assert_eq!(cpu(u32::MAX), None);
        let own = cpu(std::process::id());
        assert!(cpu_of_family(std::process::id()) >= own);
    }
}
