//! Nothing of the protocol goes untested: every error code and close code stands in some test here or in a story, or in a list
//! of exceptions that says why, and that may only shrink.

use handrail_domain::refusal::Code;
use std::path::Path;

/// Codes that no test of a running server can bring about, and why.
const UNSEEN: &[(&str, &str)] = &[
    ("code_needed", "the second step of signing in is not built yet"),
    ("internal", "only a bug answers so; that a panic ends alone is tested where the fault is put in"),
];

/// Close codes of PROTOCOL.md that no test here brings about, and why.
const UNCLOSED: &[(&str, &str)] = &[
    ("1000", "the client's own"),
    ("1001", "the client's own"),
    ("1013", "a full server says so before the upgrade, with 503"),
    ("4003", "a client without a common version is refused before the upgrade, with 426"),
    ("4100", "only a bug closes so"),
    ("4102", "takes a client that reads nothing; in the tests of the outbox"),
    ("4104", "takes a store that cannot be read; in the tests of faults"),
    ("4200", "takes a feed with a hole in it; in the tests of the outbox"),
];

const CLOSES: &[&str] = &[
    "1000", "1001", "1012", "1013", "4000", "4001", "4002", "4003", "4004", "4100", "4101", "4102", "4103", "4104",
    "4200", "4201",
];

/// What the tests of the protocol and the stories say, but for this file and the table of temporary codes.
fn said() -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut said = String::new();
    for folder in ["it/protocol", "scenarios"] {
        let entries = std::fs::read_dir(tests.join(folder)).expect("the tests' sources");
        let files = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.ends_with("codes.rs") && !path.ends_with("mod.rs"));
        said.extend(files.map(|path| std::fs::read_to_string(path).expect("a source")));
    }
    // What belongs to one noun is tested where the noun is.
    for noun in ["it/library.rs", "it/scheme/briefing.rs", "it/scheme/relationships.rs"] {
        said.push_str(&std::fs::read_to_string(tests.join(noun)).expect("a source"));
    }
    said
}

fn check(all: impl Iterator<Item = String>, seen: impl Fn(&str) -> bool, exceptions: &[(&str, &str)]) {
    for code in all {
        let excepted = exceptions.iter().any(|(except, _)| *except == code);
        match (seen(&code), excepted) {
            (true, false) | (false, true) => (),
            (false, false) => panic!("{code} is in no test: add one"),
            (true, true) => panic!("{code} is tested now: take it off the list of exceptions"),
        }
    }
}

#[test]
fn every_error_code_is_in_some_test() {
    let said = said();
    let seen = |code: &str| said.contains(&format!("\"{code}\"")) || said.contains(&format!("-> {code}\n"));
    check(Code::ALL.iter().map(|code| code.as_str().to_owned()), seen, UNSEEN);
}

#[test]
fn every_close_code_is_in_some_test() {
    let said = said();
    let seen = |code: &str| said.contains(&format!("({code}, "));
    check(CLOSES.iter().map(|code| (*code).to_owned()), seen, UNCLOSED);
}
