//! Judges labelled messages and says how many were held: `HANDRAIL_FILTER_DATA=DIR cargo run --release -p handrail-domain
//! --example filter_eval [--misses SET] [--false SET]`. DIR holds JSON lines, plain or gzip, with the columns `text`, `hold`
//! (1, 0, or null for "count the rate only"), `cat`, and where they have them `sub`, `ctx`, `tech`, `kind`, `conv`.
//! Without the variable it says so and stops: the data is not part of this repository.

use handrail_domain::filter::{Rules, Source, Verdict, Window, judge};
use handrail_domain::ids::MessageId;
use handrail_domain::people::Role;
use handrail_domain::text::Text;
use handrail_domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

type Failure = Box<dyn std::error::Error>;

#[derive(serde::Deserialize)]
struct Row {
    text: String,
    hold: Option<u8>,
    cat: String,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    ctx: Vec<String>,
    #[serde(default)]
    tech: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    conv: Option<serde_json::Value>,
}

/// Held and all, of some group of rows.
#[derive(Default)]
struct Count {
    held: usize,
    all: usize,
}

fn main() {
    let mut out = std::io::stdout().lock();
    if let Err(error) = run(&mut out) {
        let _ = writeln!(out, "{error}");
        std::process::exit(1);
    }
}

#[expect(clippy::disallowed_methods, reason = "an example is a shell of its own: it reads files and its environment")]
fn run(out: &mut impl Write) -> Result<(), Failure> {
    let Ok(folder) = std::env::var("HANDRAIL_FILTER_DATA") else {
        writeln!(out, "SKIPPED: HANDRAIL_FILTER_DATA is not set, so there is no labelled data to measure on.")?;
        return Ok(());
    };
    let rules = compile(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules")))?;
    writeln!(out, "{} rules, version {}", rules.len(), rules.version())?;
    let arguments: Vec<String> = std::env::args().collect();
    let chosen = |flag: &str| arguments.iter().skip_while(|a| *a != flag).nth(1).cloned().unwrap_or_default();
    let (misses, wrongly) = (chosen("--misses"), chosen("--false"));
    let mut files: Vec<_> = std::fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
        if name.contains(".jsonl") {
            measure(&rules, &name, &lines(&path)?, &misses, &wrongly, out)?;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example is a shell of its own: it reads files")]
fn compile(folder: &Path) -> Result<Rules, Failure> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
            sources.push(Source { name, toml: std::fs::read_to_string(&path)? });
        }
    }
    Rules::compile(&sources).map_err(|error| error.to_string().into())
}

#[expect(clippy::disallowed_methods, reason = "an example is a shell of its own: it reads files")]
fn lines(path: &Path) -> Result<Vec<Row>, Failure> {
    let bytes = std::fs::read(path)?;
    let mut text = String::new();
    if path.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(bytes)?;
    }
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn measure(
    rules: &Rules,
    name: &str,
    rows: &[Row],
    misses: &str,
    wrongly: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut groups: BTreeMap<String, Count> = BTreeMap::new();
    let mut people: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for row in rows {
        if row.cat == "restricted" {
            // Terms of one relationship are not part of this yet.
            continue;
        }
        let mut window = Window::new(Role::Mentee);
        for (at, earlier) in row.ctx.iter().enumerate() {
            if let Ok(text) = Text::parse(earlier) {
                window.push(MessageId::from_bits(at as u128 + 1), &text, Timestamp(at as i64));
            }
        }
        let Ok(text) = Text::parse(&row.text.chars().take(2_000).collect::<String>()) else { continue };
        let (held, by) = match judge(rules, &window, text) {
            Verdict::Clear { .. } => (false, String::new()),
            Verdict::Hold { findings, .. } => {
                (true, findings.iter().map(|f| format!("{}={:?}", f.rule, f.excerpt)).collect::<Vec<_>>().join(" "))
            }
        };
        for group in group_names(row) {
            let count = groups.entry(group).or_default();
            count.all += 1;
            count.held += usize::from(held);
        }
        if let (true, Some(conv), Some(sub)) = (name.contains("cssrs"), &row.conv, &row.sub) {
            *people.entry(sub.clone()).or_default().entry(conv.to_string()).or_default() |= held;
        }
        let context = row.ctx.join(" / ");
        if !misses.is_empty() && name.starts_with(misses) && row.hold == Some(1) && !held {
            writeln!(
                out,
                "MISS {} {} | {context} >> {}",
                row.cat,
                row.tech.as_deref().or(row.sub.as_deref()).unwrap_or(""),
                row.text
            )?;
        }
        if !wrongly.is_empty() && name.starts_with(wrongly) && row.hold != Some(1) && held {
            writeln!(out, "FALSE {} | {} <- {by}", row.cat, row.text.chars().take(160).collect::<String>())?;
        }
    }
    writeln!(out, "\n{name}")?;
    for (group, count) in &groups {
        writeln!(
            out,
            "  {group:<44} {:>6} of {:>6}  {:>6.2} %",
            count.held,
            count.all,
            percent(count.held, count.all)
        )?;
    }
    for (label, users) in &people {
        let held = users.values().filter(|held| **held).count();
        writeln!(out, "  users {label:<38} {held:>6} of {:>6}  {:>6.2} %", users.len(), percent(held, users.len()))?;
    }
    Ok(())
}

fn group_names(row: &Row) -> BTreeSet<String> {
    let label = match row.hold {
        Some(1) => "should hold",
        Some(_) => "should pass",
        None => "rate",
    };
    let mut names = BTreeSet::from([label.to_owned()]);
    if let Some(tech) = &row.tech {
        let way = if tech == "none" { "plain" } else { "evaded" };
        names.insert(format!("{label}, {} {way}", row.cat));
        if tech.starts_with("split") {
            names.insert("should hold, split".into());
        }
    }
    if let Some(kind) = row.kind.as_deref().filter(|kind| *kind != "pos") {
        names.insert(format!("{label}, {kind}"));
    }
    if let Some(sub) = row
        .sub
        .as_deref()
        .filter(|sub| sub.starts_with("ident") || sub.starts_with("threat") || sub.starts_with("negate"))
    {
        names.insert(format!("{label}, {sub}"));
    }
    names
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
