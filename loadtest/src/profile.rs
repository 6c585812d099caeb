//! Profiles: a run as a file, so that a test before each term is the same as the last one. A profile names a verb and its flags; what is
//! said on the command line behind it counts instead.
//!
//! ```toml
//! about = "An evening in term."
//! verb = "run"
//! [flags]
//! relationships = 500
//! rate = 250
//! duration = "60s"
//! max-p99-ms = 50
//! ```

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The word on the command line that a profile stands behind.
const VERB: &str = "profile";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    /// What it is for. Read by people.
    about: String,
    verb: String,
    #[serde(default)]
    flags: BTreeMap<String, toml::Value>,
}

/// The command line with a profile's flags in its place, if it names one.
pub(crate) fn expanded(line: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    let words: Vec<String> = line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if words.get(1).is_none_or(|verb| verb != VERB) {
        return Ok(line);
    }
    let Some(file) = words.get(2).filter(|file| !file.starts_with('-')) else {
        bail!("which profile? Write `handrail-load {VERB} FILE --json REPORT`; loadtest/profiles has some");
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("the profile {file}"))?;
    let flags = flags(&text, &words[3..]).with_context(|| format!("the profile {file}"))?;
    let rest = line.iter().skip(3).cloned();
    Ok(line.iter().take(1).cloned().chain(flags.into_iter().map(OsString::from)).chain(rest).collect())
}

/// A profile's verb and flags, without those that are said again behind it.
fn flags(text: &str, said: &[String]) -> anyhow::Result<Vec<String>> {
    let Profile { about, verb, flags } = toml::from_str(text)?;
    ensure!(!about.trim().is_empty(), "`about` is to say what it is for");
    ensure!(
        ["run", "knee", "storm", "idle"].contains(&verb.as_str()),
        "`verb` is run, knee, storm or idle, not {verb:?}"
    );
    let mut out = vec![verb];
    for (name, value) in flags {
        let flag = format!("--{name}");
        if said.iter().any(|word| *word == flag || word.starts_with(&format!("{flag}="))) {
            continue;
        }
        match value {
            toml::Value::Boolean(true) => out.push(flag),
            toml::Value::Boolean(false) => (),
            toml::Value::String(text) => out.extend([flag, text]),
            toml::Value::Integer(number) => out.extend([flag, number.to_string()]),
            toml::Value::Float(number) => out.extend([flag, number.to_string()]),
            toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                bail!("the flag {name} is a number, a text, or true")
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Verb};
    use clap::Parser as _;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_profile_is_its_flags_and_the_command_line_counts_instead() {
        let text = "about = \"x\"\nverb = \"run\"\n[flags]\nrate = 250\nduration = \"60s\"\ni-own-this-server = true\n";
        let all = flags(text, &[]).unwrap();
        assert_eq!(all, words("run --duration 60s --i-own-this-server --rate 250"));
        assert_eq!(flags(text, &words("--rate 9 --duration=1s")).unwrap(), words("run --i-own-this-server"));
    }

    #[test]
    fn what_is_no_profile_is_refused_with_what_to_write() {
        for (text, says) in [
            ("", "about"),
            ("about = \" \"\nverb = \"run\"", "what it is for"),
            ("about = \"x\"\nverb = \"walk\"", "run, knee, storm or idle"),
            ("about = \"x\"\nverb = \"run\"\nrate = 5", "rate"),
            ("about = \"x\"\nverb = \"run\"\n[flags]\nrate = [1]", "a number, a text, or true"),
        ] {
            let said = format!("{:#}", flags(text, &[]).unwrap_err());
            assert!(said.contains(says), "{text:?}: {said}");
        }
        let line = |words: &str| words.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(expanded(line("handrail-load run --rate 5")).unwrap(), line("handrail-load run --rate 5"));
        for bad in ["handrail-load profile", "handrail-load profile --json r", "handrail-load profile /nowhere.toml"] {
            assert!(expanded(line(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_profile_that_comes_with_it_is_understood() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let line = ["handrail-load", VERB, path.to_str().unwrap(), "--json", "r.json"].map(OsString::from);
            let parsed = Cli::try_parse_from(expanded(line.to_vec()).unwrap());
            let cli = parsed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            if let Verb::Run(run) = cli.verb {
                run.counts().unwrap();
                run.check_nodes().unwrap();
            }
            count += 1;
        }
        assert!(count >= 6, "{count} profiles");
    }
}
