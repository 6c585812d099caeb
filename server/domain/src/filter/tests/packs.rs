//! Packs that are read, refused and combined.

use super::*;

#[test]
fn every_pack_keeps_its_own_examples() {
    assert!(RULES.len() >= 25);
    assert_eq!(RULES.version().len(), 12);
}

fn refused(toml: &str) -> String {
    Rules::compile(&[Source { name: "mine.toml".into(), toml: toml.into() }]).unwrap_err().to_string()
}

/// A pack with one rule, of which some lines are replaced.
pub(super) fn pack_with(rule: &str) -> String {
    format!("[pack]\nid = \"mine\"\nversion = \"1\"\nabout = \"A test.\"\n\n[[rule]]\n{rule}")
}

pub(super) const GOOD: &str = "id = \"mine.one\"\ncategory = \"abuse\"\nseverity = \"medium\"\nwhy = \"Why.\"\nterms = [\"wibble\"]\nhold = [\"a wibble\"]\n";

#[test]
fn a_bad_pack_is_refused_with_its_file_line_and_reason() {
    assert!(Rules::compile(&[Source { name: "mine.toml".into(), toml: pack_with(GOOD) }]).is_ok());
    let unknown = refused(&pack_with(&GOOD.replace("why", "wy")));
    assert!(unknown.starts_with("mine.toml:10: ") && unknown.contains("wy"), "{unknown}");
    let syntax = refused("[pack\n");
    assert!(syntax.starts_with("mine.toml:1: "), "{syntax}");
    let phrase = refused(&pack_with(&GOOD.replace("terms = [\"wibble\"]", "phrases = [\"a (b\"]")));
    assert!(phrase.contains("mine.toml:6: rule `mine.one`: phrase `a (b`: a `(` is not closed"), "{phrase}");
    let class = refused(&pack_with(&GOOD.replace("terms = [\"wibble\"]", "phrases = [\"{nobody} is\"]")));
    assert!(class.contains("there is no class `nobody`"), "{class}");
    let example = refused(&pack_with(&GOOD.replace("a wibble", "a wobble")));
    assert!(example.contains("does not hold its example"), "{example}");
    let pass = refused(&pack_with(&format!("{GOOD}pass = [\"one wibble\"]\n")));
    assert!(pass.contains("must pass, but `mine.one` holds it"), "{pass}");
    let twice = refused(&format!("{}\n[[rule]]\n{GOOD}", pack_with(GOOD)));
    assert!(twice.contains("another rule with this id"), "{twice}");
    let severity = refused(&pack_with(&GOOD.replace("medium", "huge")));
    assert!(severity.contains("mine.toml:9") && severity.contains("huge"), "{severity}");
}

#[test]
fn no_rules_are_refused() {
    assert!(Rules::compile(&[]).unwrap_err().to_string().contains("there are no rules"));
    assert!(refused("[pack]\nid = \"a\"\nversion = \"1\"\nabout = \"b\"\n").contains("there are no rules"));
}

#[test]
fn together_rules_can_weigh_more() {
    let combine = "\n[[combine]]\nid = \"mine.both\"\ncategory = \"sexual\"\nseverity = \"urgent\"\nwhy = \"Both.\"\nall = [\"mine.one\", \"mine.t*\"]\nhold = [\"a wibble and a wobble\"]\n";
    let second = GOOD.replace("mine.one", "mine.two").replace("wibble", "wobble").replace("medium", "low");
    let toml = format!("{}\n[[rule]]\n{second}{combine}", pack_with(&GOOD.replace("medium", "low")));
    let rules = Rules::compile(&[Source { name: "mine.toml".into(), toml }]).unwrap_or_else(|error| panic!("{error}"));
    let verdict = |text: &str| judge(&rules, &Window::new(Role::Mentee), Text::parse(text).unwrap());
    assert!(matches!(verdict("a wibble"), Verdict::Clear { .. }));
    assert!(matches!(verdict("a wibble and a wobble"), Verdict::Hold { .. }));
}
