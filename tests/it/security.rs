//! `server/SECURITY.md` says what is promised and which test shows it: the rows are counted, and every test that is named is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const TARGETS: usize = 114;
/// What the compiler and cargo-deny keep, and no test of ours.
const KEPT_BY_TOOLS: [usize; 2] = [110, 112];

struct Row {
    number: usize,
    state: String,
    shown: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("server/SECURITY.md")).expect("the page")
}

fn rows(page: &str) -> Vec<Row> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let row = |line: &str| {
        let cells = cells(line);
        let number = cells.first()?.parse().ok()?;
        Some(Row { number, state: cells.get(2)?.clone(), shown: cells.get(3).cloned().unwrap_or_default() })
    };
    page.lines().filter(|line| line.starts_with("| ")).filter_map(row).collect()
}

/// The names of Rust tests in a cell: long words in code that are joined by underscores.
fn tests_in(cell: &str) -> Vec<String> {
    let words = cell.split('`').skip(1).step_by(2);
    let named = |word: &&str| {
        word.matches('_').count() >= 3 && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    words.filter(named).map(str::to_owned).collect()
}

/// The outside judges in a cell.
fn judges_in(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).filter_map(|word| word.strip_prefix("judge ")).collect()
}

/// The walks in a cell: what stands in quotes.
fn walks_in(cell: &str) -> Vec<String> {
    cell.split('“').skip(1).filter_map(|rest| rest.split_once('”')).map(|(title, _)| title.to_owned()).collect()
}

fn sources(folder: &Path, kinds: &[&str], all: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !["node_modules", "results", "target", "dist"].contains(&name.as_str()) {
            sources(&path, kinds, all);
        } else if kinds.iter().any(|kind| name.ends_with(kind)) {
            all.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn every_target_has_its_row_and_they_are_counted_at_the_head() {
    let page = page();
    let rows = rows(&page);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=TARGETS).collect::<Vec<_>>());
    let mut counts = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.state.as_str()).or_insert(0) += 1;
    }
    let of = |state: &str| counts.get(state).copied().unwrap_or(0);
    let head = format!("Met: {} · Not yet: {} · Does not apply: {}", of("met"), of("not yet"), of("n/a"));
    assert!(page.contains(&head), "the head is to say: {head}");
    assert_eq!(of("met") + of("not yet") + of("n/a"), TARGETS, "a target is met, not yet, or does not apply");
}

#[test]
fn whatever_is_met_names_a_test_and_every_test_that_is_named_is_there() {
    let (mut rust, mut browser) = (String::new(), String::new());
    for folder in ["tests/it", "server"] {
        sources(&root().join(folder), &[".rs"], &mut rust);
    }
    sources(&root().join("tests/browser"), &[".spec.ts"], &mut browser);
    let mut judges = String::new();
    sources(&root().join("scripts/judges"), &[".sh"], &mut judges);
    for row in rows(&page()) {
        let (tests, walks) = (tests_in(&row.shown), walks_in(&row.shown));
        let found = judges_in(&row.shown);
        let shown = [tests.len(), walks.len(), found.len()] != [0; 3] || KEPT_BY_TOOLS.contains(&row.number);
        assert!(row.state != "met" || shown, "target {} is said to be met, and no test shows it", row.number);
        for test in tests {
            let story = root().join(format!("tests/scenarios/{test}.txt")).is_file();
            assert!(story || rust.contains(&format!("fn {test}(")), "target {}: there is no test {test}", row.number);
        }
        for judge in found {
            assert!(judges.contains(&format!("judge_{judge}()")), "target {}: there is no judge {judge}", row.number);
        }
        for walk in walks {
            let title = ["\"", "`"].map(|quote| format!("{quote}{walk}{quote}"));
            assert!(
                title.iter().any(|title| browser.contains(title)),
                "target {}: there is no walk {walk:?}",
                row.number
            );
        }
    }
}

/// The tables and columns that an inventory names, in its order.
fn inventory() -> BTreeMap<String, Vec<String>> {
    let page = std::fs::read_to_string(root().join("server/DATA.md")).expect("the inventory");
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [table, columns, why, readers, until] = cells[..] else { panic!("five cells: {line}") };
        assert!(![why, readers, until].contains(&""), "nothing is left open: {line}");
        (table.to_owned(), columns.split(", ").map(str::to_owned).collect())
    };
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| table") && !line.starts_with("| ---"))
        .map(row)
        .collect()
}

#[tokio::test]
async fn nothing_is_kept_that_is_not_in_the_data_inventory() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(handrail::store::Store::open(folder.path()).expect("a record"));
    let record = rusqlite::Connection::open(folder.path().join("handrail.db")).expect("the record");
    let sql = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid";
    let mut asked = record.prepare(sql).expect("a question");
    let pairs = asked.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).expect("an answer");
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in pairs {
        let (table, column) = pair.expect("a column");
        kept.entry(table).or_default().push(column);
    }
    let named = inventory();
    for (table, columns) in &kept {
        assert_eq!(named.get(table), Some(columns), "server/DATA.md is to say of {table} what each column is for");
    }
    assert_eq!(named.len(), kept.len(), "no row is of a table that is gone");
}
