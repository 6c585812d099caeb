//! Whether packs can be used: they are compiled and keep their own examples, or the complaints say where and why not.

use super::table::{Table, columns};
use anyhow::{Context, anyhow};
use handrail_domain::filter::{Rules, Source};
use serde::Deserialize;
use std::io::Write;
use std::time::Instant;

/// What is counted of a pack. It compiled, so that nothing here needs to be strict.
#[derive(Deserialize)]
struct Pack {
    pack: Head,
    #[serde(default)]
    rule: Vec<Written>,
    #[serde(default)]
    combine: Vec<Written>,
}

#[derive(Deserialize)]
struct Head {
    version: String,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    terms: Vec<toml::Value>,
    #[serde(default)]
    phrases: Vec<toml::Value>,
    #[serde(default)]
    hold: Vec<toml::Value>,
    #[serde(default)]
    pass: Vec<toml::Value>,
}

/// How many things a pack has.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    rules: usize,
    terms: usize,
    phrases: usize,
    hold: usize,
    pass: usize,
}

/// Compiles packs, tries their examples, and says how large they are.
pub fn check(sources: &[Source], out: &mut impl Write) -> anyhow::Result<()> {
    let begun = Instant::now();
    let rules = Rules::compile(sources).map_err(|error| anyhow!("these rules cannot be used:\n{error}"))?;
    let took = begun.elapsed();
    let mut table = Table::new(&columns("pack", &["version", "rules", "terms", "phrases", "must hold", "must pass"]));
    let mut all = Size::default();
    for source in sources {
        let pack: Pack = toml::from_str(&source.toml).with_context(|| format!("cannot count {}", source.name))?;
        let size = pack.size();
        table.row(size.cells(&source.name, &pack.pack.version));
        all.add(&size);
    }
    table.row(all.cells("all", ""));
    out.write_all(table.text().as_bytes())?;
    let tried = all.hold + all.pass;
    let millis = took.as_secs_f64() * 1_000.0;
    writeln!(out, "\nVersion {}: compiled, and {tried} examples kept, in {millis:.0} ms.", rules.version())?;
    Ok(())
}

impl Pack {
    fn size(&self) -> Size {
        let mut size = Size { rules: self.rule.len() + self.combine.len(), ..Size::default() };
        for written in self.rule.iter().chain(&self.combine) {
            size.terms += written.terms.len();
            size.phrases += written.phrases.len();
            size.hold += written.hold.len();
            size.pass += written.pass.len();
        }
        size
    }
}

impl Size {
    fn add(&mut self, other: &Size) {
        self.rules += other.rules;
        self.terms += other.terms;
        self.phrases += other.phrases;
        self.hold += other.hold;
        self.pass += other.pass;
    }

    fn cells(&self, name: &str, version: &str) -> Vec<String> {
        let counts = [self.rules, self.terms, self.phrases, self.hold, self.pass].map(|count| count.to_string());
        [name.to_owned(), version.to_owned()].into_iter().chain(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = r#"
        [pack]
        id = "a"
        version = "7"
        about = "A test."
        [[rule]]
        id = "a.one"
        category = "money"
        severity = "medium"
        why = "Asks."
        terms = ["tenner", "fiver"]
        phrases = ["lend me"]
        hold = ["a tenner", ["lend", "me"]]
        pass = ["hello"]
    "#;

    fn checked(toml: &str) -> Result<String, String> {
        let mut out = Vec::new();
        let done = check(&[Source { name: "a.toml".into(), toml: toml.into() }], &mut out);
        done.map(|()| String::from_utf8(out).unwrap()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_pack_is_counted() {
        let said = checked(PACK).unwrap();
        let row = said.lines().find(|line| line.starts_with("a.toml")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["a.toml", "7", "1", "2", "1", "2", "1"]);
        assert!(said.contains("3 examples kept"), "{said}");
    }

    #[test]
    fn a_pack_that_breaks_its_promise_is_named_with_line_and_rule() {
        let error = checked(&PACK.replace("\"a tenner\"", "\"a pound\"")).unwrap_err();
        assert!(error.contains("a.toml:6: rule `a.one`: does not hold its example"), "{error}");
    }
}
