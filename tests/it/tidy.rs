//! Taste that a machine can hold. Each list of exceptions may only shrink: an entry that is not needed any more fails too.

use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Files that are longer, for now.
const LONG_FILES: &[&str] = &[];
/// Functions that are longer, for now: file, and name or first words.
const LONG_FUNCTIONS: &[(&str, &str)] =
    &[("client-web/src/link/outbox.ts", "newOutbox"), ("client-web/src/views/Composer.tsx", "Composer")];

/// The modules of the server: each may use those before its line, and nothing on its own line or after it.
const LAYERS: &[&[&str]] = &[
    &["fresh", "config", "trust"],
    &["telemetry"],
    &["store", "bus"],
    &["chat"],
    &["door", "records", "push"],
    &["gateway", "http"],
    &["app"],
    &["lab"],
    &["cli"],
];
/// What a module uses beside that: HTTP is bounded by the same limits as the socket, and told the peer by the same door; the
/// relay into Redis reads the log.
const CROSSINGS: &[(&str, &str)] = &[("bus", "store"), ("http", "gateway::accept"), ("http", "gateway::limits")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every file of the project with one of these endings: its path from the root, and its text.
pub(crate) fn files(endings: &[&str]) -> Vec<(String, String)> {
    let skipped = ["target", "node_modules", "dist", "results", "data", "handrail-demo"];
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || skipped.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let from_root = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push((from_root, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no {endings:?} under {}", root().display());
    found.sort();
    found
}

fn rust() -> Vec<(String, String)> {
    files(&[".rs"])
}

/// A Rust file without the tests at its foot, and without comments; nothing of a file that is all tests.
fn product(path: &str, text: &str) -> String {
    let begins =
        |(at, mark): &(usize, &str)| text[at + mark.len()..].lines().next().is_some_and(|line| line.ends_with('{'));
    let foot = text.match_indices("#[cfg(test)]\nmod ").find(begins).map_or(text.len(), |(at, _)| at);
    let all_tests = path.ends_with("tests.rs") || path.starts_with("tests/") || path.contains("/tests/");
    let code = if all_tests { "" } else { &text[..foot] };
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// The exceptions that were met must be those that are listed.
#[track_caller]
fn only<T: Ord + std::fmt::Debug>(what: &str, mut found: Vec<T>, mut listed: Vec<T>) {
    found.sort();
    found.dedup();
    listed.sort();
    let new: Vec<_> = found.iter().filter(|one| !listed.contains(one)).collect();
    assert!(new.is_empty(), "{what}: {new:#?}");
    let over: Vec<_> = listed.iter().filter(|one| !found.contains(one)).collect();
    assert!(over.is_empty(), "{what}: no exception any more, take it off the list: {over:#?}");
}

#[test]
fn a_file_is_read_in_one_sitting() {
    let generated = |path: &str| path.ends_with("generated.ts");
    let long = files(&[".rs", ".ts", ".tsx"])
        .into_iter()
        .filter(|(path, text)| !generated(path) && text.lines().count() > FILE_LINES_MAX)
        .map(|(path, _)| path);
    only("files over 500 lines", long.collect(), LONG_FILES.iter().map(|path| (*path).to_owned()).collect());
}

/// Where a function begins, by its first words; formatted code ends it at the same indent.
fn function(line: &str) -> Option<String> {
    let words = line.trim_start();
    let without = |before: &[&str]| before.iter().fold(words, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let rust = without(&["pub ", "pub(crate) ", "pub(super) ", "const ", "async "]).strip_prefix("fn ");
    let script = without(&["export ", "default ", "async "]).strip_prefix("function ");
    let arrow = words.starts_with("const ") || words.starts_with("export const ");
    let arrow = (arrow && words.ends_with("=> {")).then_some(words);
    let name = rust.or(script).or(arrow)?;
    Some(name.split(['(', '<', '=', ':']).next().unwrap_or(name).trim().to_owned())
}

#[test]
fn a_function_fits_a_screen() {
    let mut long = Vec::new();
    for (path, text) in files(&[".rs", ".ts", ".tsx"]) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = function(line) else { continue };
            let indent = line.len() - line.trim_start().len();
            let ends =
                |line: &str| line.len() > indent && line[..indent].trim().is_empty() && line[indent..].starts_with('}');
            let one_line = line.trim_end().ends_with(['}', ';']);
            let length = if one_line { 1 } else { lines[at..].iter().position(|line| ends(line)).unwrap_or(0) + 1 };
            if length > FUNCTION_LINES_MAX {
                long.push((path.clone(), name));
            }
        }
    }
    let listed = LONG_FUNCTIONS.iter().map(|(path, name)| ((*path).to_owned(), (*name).to_owned()));
    only("functions over 70 lines", long, listed.collect());
}

/// What follows every `crate::` of a text, two steps deep.
fn uses(text: &str) -> Vec<String> {
    let path = |rest: &str| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        rest[..end].split("::").filter(|step| !step.is_empty()).take(2).collect::<Vec<_>>().join("::")
    };
    let starts = text
        .match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '$'));
    starts.map(|(at, word)| path(&text[at + word.len()..])).collect()
}

#[test]
fn a_layer_uses_only_what_stands_to_its_left() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut crossings = Vec::new();
    for (path, text) in rust() {
        let Some(inside) = path.strip_prefix("server/src/") else { continue };
        let module = inside.split(['/', '.']).next().unwrap_or_default();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("{path}: give the module {module} its place in LAYERS"));
        for used in uses(&product(&path, &text)) {
            let other = used.split("::").next().unwrap_or_default();
            let Some(its) = layer(other) else { panic!("{path} uses crate::{used}, which has no place in LAYERS") };
            if other != module && its >= own {
                // An exception names a whole module, or one part of it.
                let whole = CROSSINGS.contains(&(module, other));
                crossings.push((module.to_owned(), if whole { other.to_owned() } else { used }));
            }
        }
    }
    let listed = CROSSINGS.iter().map(|(module, used)| ((*module).to_owned(), (*used).to_owned()));
    only("uses against the order of layers", crossings, listed.collect());
}

#[test]
fn the_domain_waits_for_nothing_and_asks_no_clock() {
    let never =
        ["tokio", "std::fs", "std::net", "std::thread", "Instant", "SystemTime", "async fn", ".await", "std::env"];
    let mut found = Vec::new();
    for (path, text) in rust().into_iter().filter(|(path, _)| path.starts_with("server/domain/src/")) {
        let code = product(&path, &text);
        // What describes the wire to clients is a test and writes a file.
        let of_product = !path.ends_with("wire/generated.rs") && !path.contains("wire/openapi/");
        found.extend(
            never.iter().filter(|word| of_product && code.contains(*word)).map(|word| format!("{path}: {word}")),
        );
    }
    none("the domain is pure", found);
}

#[test]
fn text_that_may_be_shown_is_made_in_two_places_and_read_back_in_one() {
    let (mut made, mut read) = (Vec::new(), Vec::new());
    for (path, text) in rust() {
        let code = product(&path, &text);
        let place = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        made.extend(code.matches("Cleared::new(").map(|_| place.clone()));
        read.extend(code.matches("Cleared::from_record").map(|_| place.clone()));
    }
    only("makers of Cleared", made, vec!["server/domain/src/filter".into(), "server/domain/src/quarantine".into()]);
    only("readers of Cleared", read, vec!["server/src/store".into()]);
}

#[test]
fn nothing_is_left_for_later_or_switched_off() {
    // Written in two halves, so that this list does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
        concat!("db", "g!("),
        concat!("#[al", "low("),
        concat!("#![al", "low("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("test.sk", "ip("),
        concat!("it.sk", "ip("),
        concat!("test.on", "ly("),
        concat!("it.on", "ly("),
        concat!("@ts-ig", "nore"),
    ];
    let mut found = Vec::new();
    for (path, text) in files(&[".rs", ".ts", ".tsx", ".mjs"]) {
        found.extend(words.iter().filter(|word| text.contains(*word)).map(|word| format!("{path}: {word}")));
    }
    none("left for later", found);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let paths = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/tmp/", "wt"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
    ];
    let endings =
        [".rs", ".ts", ".tsx", ".md", ".toml", ".json", ".yml", ".yaml", ".html", ".css", ".sql", "Makefile", ".sh"];
    let mut found = Vec::new();
    for (path, text) in files(&endings) {
        found.extend(paths.iter().filter(|known| text.contains(*known)).map(|known| format!("{path}: {known}")));
    }
    none("paths of a machine", found);
}

/// What a key or a token begins with, as those who give them out have it; put together here, so that this file is none.
#[test]
fn no_file_holds_a_secret() {
    let marks = [
        concat!("-----BEGIN ", "PRIVATE KEY"),
        concat!("-----BEGIN RSA ", "PRIVATE KEY"),
        concat!("-----BEGIN EC ", "PRIVATE KEY"),
        concat!("-----BEGIN OPENSSH ", "PRIVATE KEY"),
        concat!("AK", "IA"),
        concat!("gh", "p_"),
        concat!("github_", "pat_"),
        concat!("xox", "b-"),
        concat!("sk_", "live_"),
        concat!("AIza", "Sy"),
        concat!("glp", "at-"),
    ];
    let mut found = Vec::new();
    let endings = [
        ".rs",
        ".ts",
        ".tsx",
        ".js",
        ".mjs",
        ".md",
        ".toml",
        ".json",
        ".jsonl",
        ".yml",
        ".yaml",
        ".html",
        ".css",
        ".sql",
        ".sh",
        ".txt",
        ".csv",
        ".conf",
        ".service",
        ".pem",
        ".key",
        ".env",
        "Makefile",
        "Caddyfile",
        "Dockerfile",
    ];
    for (path, text) in files(&endings) {
        for mark in marks {
            let real =
                |at: usize| text[at + mark.len()..].chars().take_while(|c| c.is_ascii_alphanumeric()).count() >= 16;
            let key = mark.starts_with("---") && text.contains(mark);
            if key || text.match_indices(mark).any(|(at, _)| real(at)) {
                found.push(format!("{path}: {}…", &mark[..4]));
            }
        }
    }
    none("secrets", found);
}

/// The arguments of every log macro in a text, with its first line.
fn log_lines(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for level in ["error!(", "warn!(", "info!(", "debug!(", "trace!(", "span!("] {
        for (at, _) in text.match_indices(level) {
            let inside = &text[at + level.len()..];
            let (mut depth, mut quoted, mut before) = (1_usize, false, ' ');
            let end = inside.find(|c: char| {
                match c {
                    '"' if before != '\\' => quoted = !quoted,
                    '(' | '[' | '{' if !quoted => depth += 1,
                    ')' | ']' | '}' if !quoted => depth -= 1,
                    _ => (),
                }
                before = c;
                depth == 0
            });
            found.push((text[..at].lines().count(), inside[..end.unwrap_or(inside.len())].to_owned()));
        }
    }
    found
}

#[test]
fn no_log_line_carries_words_names_or_keys() {
    let never = ["text", "token", "name", "password", "username", "excerpt", "note", "body", "cookie"];
    let mut found = Vec::new();
    for (path, text) in rust().into_iter().filter(|(path, _)| path.starts_with("server/")) {
        for (line, arguments) in log_lines(&product(&path, &text)) {
            // Fields and values outside of the sentence, and what the sentence interpolates.
            let outside = arguments.split('"').step_by(2).collect::<Vec<_>>().join(" ");
            let inside = arguments.split('"').skip(1).step_by(2).flat_map(|said| said.split('{').skip(1));
            let inside = inside.filter_map(|rest| rest.split(['}', ':']).next()).collect::<Vec<_>>().join(" ");
            // What a span is called is of a closed list.
            let words = format!("{outside} {inside}").replace("otel.name =", "");
            let words = words.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            found.extend(words.filter(|word| never.contains(word)).map(|word| format!("{path}:{line}: {word}")));
        }
    }
    none("log lines that could carry what must not be logged", found);
}

#[test]
fn these_checks_find_what_they_look_for() {
    assert_eq!(uses("use crate::store::{A, B};\nlet x = crate::fresh::now();"), ["store", "fresh::now"]);
    assert_eq!(function("    pub(super) async fn wake(x: u8) {").as_deref(), Some("wake"));
    assert_eq!(function("export async function send(x: X) {").as_deref(), Some("send"));
    assert_eq!(function("export const view = (x: X) => {").as_deref(), Some("export const view"));
    assert_eq!(log_lines("tracing::info!(text = %a(b), \"said )\"); x"), [(1, "text = %a(b), \"said )\"".to_owned())]);
    assert_eq!(product("server/src/a.rs", "// crate::x\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), "fn a() {}");
    assert_eq!(
        product("server/src/a.rs", "#[cfg(test)]\nmod tests;\nfn a() {}"),
        "#[cfg(test)]\nmod tests;\nfn a() {}"
    );
}
