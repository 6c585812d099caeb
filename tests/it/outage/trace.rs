//! What a server asked of the disk and told its clients, in order, as `strace` wrote it down; and the files that a power cut
//! at any moment of it could have left.

use crate::crowd::any;
use std::collections::BTreeMap;
use std::path::Path;

/// A disk writes so many bytes at once, or not at all.
const SECTOR: usize = 512;
/// The files that a record is, without what is made again at every start.
pub(super) const FILES: [&str; 2] = ["handrail.db", "handrail.db-wal"];

/// One call, with the lines at which it was begun and had ended.
struct Call {
    begun: usize,
    ended: usize,
    /// Of a change: the line from which on it is on the disk for good.
    durable: usize,
    what: What,
}

enum What {
    Write { file: usize, offset: usize, bytes: Vec<u8> },
    Truncate { file: usize, length: usize },
    Sync { file: usize },
    Told { bytes: Vec<u8> },
}

impl What {
    /// The file that it changes.
    fn changes(&self) -> Option<usize> {
        match self {
            What::Write { file, .. } | What::Truncate { file, .. } => Some(*file),
            What::Sync { .. } | What::Told { .. } => None,
        }
    }
}

/// All that a server did, and what its files held before.
pub(super) struct Trace {
    before: [Vec<u8>; 2],
    calls: Vec<Call>,
    pub(super) lines: usize,
}

/// How much of what was not made durable is on the disk after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing of it.
    Synced,
    /// Any sectors of it.
    Torn,
}

impl Trace {
    /// Reads what `strace -f -y -xx` wrote.
    pub(super) fn read(file: &Path, before: [Vec<u8>; 2]) -> Self {
        let text = std::fs::read_to_string(file).expect("a trace");
        let (mut calls, mut unfinished) = (Vec::new(), BTreeMap::new());
        let mut lines = 0;
        for (at, line) in text.lines().enumerate() {
            lines = at + 1;
            let Some((process, rest)) = line.split_once(' ') else { continue };
            let rest = rest.trim_start();
            if let Some(beginning) = rest.strip_suffix("<unfinished ...>") {
                unfinished.insert(process, (at, beginning.to_owned()));
                continue;
            }
            let (begun, whole) = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
                Some((_, end)) => match unfinished.remove(process) {
                    Some((begun, beginning)) => (begun, beginning + end),
                    None => continue,
                },
                None => (at, rest.to_owned()),
            };
            calls.extend(what(&whole).map(|what| Call { begun, ended: at, durable: usize::MAX, what }));
        }
        // What a kill cut off had begun, and may have been done.
        let cut = unfinished.into_values().filter_map(|(begun, call)| Some((begun, what(&call)?)));
        let cut = cut.filter(|(_, what)| what.changes().is_some());
        calls.extend(cut.map(|(begun, what)| Call { begun, ended: lines, durable: usize::MAX, what }));
        calls.sort_by_key(|call| call.begun);
        note_durable(&mut calls);
        Self { before, calls, lines }
    }

    /// Everything that clients were told before that line.
    pub(super) fn told(&self, until: usize) -> Vec<String> {
        let told = self.calls.iter().filter_map(|call| match &call.what {
            What::Told { bytes } if call.begun < until => Some(String::from_utf8_lossy(bytes).into_owned()),
            What::Told { .. } | What::Write { .. } | What::Truncate { .. } | What::Sync { .. } => None,
        });
        told.collect()
    }

    /// The line at which a client was first told these words.
    pub(super) fn first_told(&self, words: &str) -> Option<usize> {
        let told = self.calls.iter().find(|call| match &call.what {
            What::Told { bytes } => String::from_utf8_lossy(bytes).contains(words),
            What::Write { .. } | What::Truncate { .. } | What::Sync { .. } => false,
        });
        told.map(|call| call.begun)
    }

    /// How often something was made durable.
    pub(super) fn syncs(&self) -> usize {
        self.calls.iter().filter(|call| matches!(call.what, What::Sync { .. })).count()
    }

    /// The files as a power cut at that line may have left them.
    pub(super) fn cut(&self, until: usize, left: Left) -> [Vec<u8>; 2] {
        let mut files = self.before.clone();
        for call in self.calls.iter().filter(|call| call.begun < until) {
            let Some(file) = call.what.changes() else { continue };
            let keep = || call.durable < until || (left == Left::Torn && any(2) == 0);
            match &call.what {
                What::Write { offset, bytes, .. } => write(&mut files[file], *offset, bytes, keep),
                What::Truncate { length, .. } if keep() => files[file].resize(*length, 0),
                What::Truncate { .. } | What::Sync { .. } | What::Told { .. } => (),
            }
        }
        files
    }
}

/// A change is durable once its file was synced: by a call that began after it had ended, and that has ended itself.
fn note_durable(calls: &mut [Call]) {
    let syncs = calls.iter().filter_map(|call| match call.what {
        What::Sync { file } => Some((file, call.begun, call.ended)),
        What::Write { .. } | What::Truncate { .. } | What::Told { .. } => None,
    });
    let syncs: Vec<_> = syncs.collect();
    for call in calls {
        let of_file =
            syncs.iter().filter(|(file, begun, _)| call.what.changes() == Some(*file) && *begun >= call.ended);
        call.durable = of_file.map(|(_, _, ended)| *ended).min().unwrap_or(usize::MAX);
    }
}

/// Writes those sectors that are kept.
fn write(file: &mut Vec<u8>, offset: usize, bytes: &[u8], keep: impl Fn() -> bool) {
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + SECTOR - (offset + at) % SECTOR);
        if keep() {
            let needed = file.len().max(offset + end);
            file.resize(needed, 0);
            file[offset + at..offset + end].copy_from_slice(&bytes[at..end]);
        }
        at = end;
    }
}

/// A call that succeeded and that is about the record or a client.
fn what(call: &str) -> Option<What> {
    let (name, arguments) = call.split_once('(')?;
    let result = call.rsplit_once(" = ").map(|(_, result)| result);
    if result.is_some_and(|result| result.starts_with('-')) {
        return None;
    }
    let path = String::from_utf8(hex(arguments.split_once('<')?.1.split_once('>')?.0)).ok()?;
    let file = FILES.iter().position(|file| Path::new(&path).ends_with(file));
    let quoted: Vec<u8> = arguments.split('"').skip(1).step_by(2).flat_map(hex).collect();
    let number = |from_end: usize| {
        let inside = arguments.rsplit_once(')').map_or(arguments, |(inside, _)| inside);
        inside.rsplit(',').nth(from_end)?.trim().parse::<usize>().ok()
    };
    match (name, file) {
        ("pwrite64", Some(file)) => Some(What::Write { file, offset: number(0)?, bytes: quoted }),
        ("ftruncate", Some(file)) => Some(What::Truncate { file, length: number(0)? }),
        ("fsync" | "fdatasync", Some(file)) => result.map(|_| What::Sync { file }),
        ("write", Some(_)) => {
            panic!("the record is written in a way that is not known here: {}", &call[..call.len().min(200)])
        }
        ("sendto" | "write" | "writev" | "sendmsg", None) => Some(What::Told { bytes: quoted }),
        _ => None,
    }
}

/// The bytes of `\x68\x69`.
fn hex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map_while(|two| u8::from_str_radix(two.get(..2)?, 16).ok()).collect()
}

#[test]
fn a_trace_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path: String = "d/handrail.db-wal".bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let socket: String = "TCP:[1]".bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let text = format!(
        "7 pwrite64(4<{path}>, \"\\x61\\x62\", 2, 510) = 2\n7 pwrite64(4<{path}>, \"\\x63\\x64\", 2, 511 <unfinished ...>\n\
         8 sendto(9<{socket}>, \"\\x68\\x69\", 2, MSG_NOSIGNAL, NULL, 0) = 2\n7 <... pwrite64 resumed>) = 2\n\
         7 fsync(4<{path}>) = -1 EIO (Input/output error) (INJECTED)\n7 fdatasync(4<{path}>) = 0\n7 ftruncate(4<{path}>, 1) = 0\n"
    );
    let file = folder.path().join("trace");
    std::fs::write(&file, text).expect("a trace");
    let trace = Trace::read(&file, [Vec::new(), Vec::new()]);
    assert_eq!((trace.lines, trace.syncs()), (7, 1), "a sync that failed is none");
    assert_eq!((trace.told(2), trace.told(3)), (vec![], vec!["hi".to_owned()]));
    assert_eq!(trace.cut(5, Left::Synced)[1], b"", "nothing was made durable before");
    let all = [vec![0; 510], b"acd".to_vec()].concat();
    assert_eq!(trace.cut(6, Left::Synced)[1], all, "and then all of it was");
    assert_eq!(trace.cut(7, Left::Synced)[1], all, "a file that was cut short may be whole again");
}
