//! A line of JSON as it is written, and what it says: a message with where it was said, and what somebody thinks of it. A line
//! that cannot be read says what is wrong and what to do, without a word of its text.

use handrail_domain::finding::Span;
use handrail_domain::people::Role;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The columns of a line that mean something here, unread. A null column is as one that is not there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Columns<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    ctx: Option<&'a RawValue>,
    #[serde(borrow)]
    restricted: Option<&'a RawValue>,
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    hold: Option<&'a RawValue>,
    #[serde(borrow)]
    cat: Option<&'a RawValue>,
    #[serde(borrow)]
    sub: Option<&'a RawValue>,
    #[serde(borrow)]
    tech: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    span: Option<&'a RawValue>,
    #[serde(borrow)]
    conv: Option<&'a RawValue>,
}

/// A message and where it is said.
#[derive(Clone)]
pub struct Said {
    /// The message, as it was typed.
    pub text: String,
    /// What the same sender said before, oldest first.
    pub before: Vec<String>,
    /// The restricted terms of this relationship.
    pub restricted: Vec<String>,
    /// Who says it.
    pub role: Role,
}

/// What somebody thinks should become of a message, and what kind of message they think it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Labels {
    /// Whether it should be held; nothing if that is open.
    pub(super) hold: Option<bool>,
    pub(super) cat: String,
    pub(super) sub: Option<String>,
    pub(super) tech: Option<String>,
    pub(super) kind: Option<String>,
    /// What a finding should point at.
    pub(super) span: Option<Span>,
    pub(super) conv: Option<String>,
}

impl<'a> Columns<'a> {
    /// The columns of a line, or what is wrong with it.
    pub(super) fn read(line: &'a str) -> Result<Self, String> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Err(format!("the line is empty: {ONE_OBJECT}"));
        }
        if !line.starts_with('{') {
            return Err(format!("the line is no JSON object: {ONE_OBJECT}"));
        }
        serde_json::from_str(line).map_err(|error| match error.classify() {
            Category::Data => "a column is there twice: give each once".into(),
            Category::Io | Category::Syntax | Category::Eof => {
                format!("the line is not JSON (column {}): {ONE_OBJECT}", error.column())
            }
        })
    }

    /// The message.
    pub(super) fn said(&self) -> Result<Said, String> {
        let Some(text) = self.text else {
            return Err("there is no `text`: give the message as a string".into());
        };
        let role = match self.role {
            None => Role::Mentee,
            Some(role) => {
                as_type::<String>(role).ok().and_then(|word| Role::parse(&word)).filter(|r| r.converses()).ok_or(
                    "`role` is none of mentor, mentee and guest_officer: give one of them, or leave it out for mentee",
                )?
            }
        };
        Ok(Said {
            text: as_type(text).map_err(|problem| problem.of("text", "a string"))?,
            before: list("ctx", self.ctx)?,
            restricted: list("restricted", self.restricted)?,
            role,
        })
    }

    /// What somebody thinks of it.
    pub(super) fn labels(&self) -> Result<Labels, String> {
        let hold = match self.hold.map(RawValue::get) {
            None => None,
            Some("1" | "1.0" | "true") => Some(true),
            Some("0" | "0.0" | "false") => Some(false),
            Some(_) => return Err("`hold` is neither 1, 0 nor null: give one of them".into()),
        };
        // What a row should point at is a detail: one that is written otherwise is left out, and the row still counts.
        let span = self.span.and_then(|raw| as_type::<Span>(raw).ok());
        Ok(Labels {
            hold,
            cat: self.cat.map_or_else(|| "none".into(), |cat| our_category(word(cat))),
            sub: self.sub.map(word),
            tech: self.tech.map(word),
            kind: self.kind.map(word),
            span: span.filter(|span| span.0 < span.1),
            conv: self.conv.map(word),
        })
    }
}

const ONE_OBJECT: &str = r#"write one object a line, such as {"text":"hello"}"#;

/// Why a column is not what it should be.
enum Problem {
    Type,
    /// `\ud83d` without its other half.
    Escape,
}

impl Problem {
    fn of(&self, column: &str, wanted: &str) -> String {
        match self {
            Problem::Type => format!("`{column}` is not {wanted}: give it as that"),
            Problem::Escape => {
                format!("`{column}` has an escape that is no character, such as half of a pair: mend it")
            }
        }
    }
}

fn as_type<T: DeserializeOwned>(column: &RawValue) -> Result<T, Problem> {
    serde_json::from_str(column.get()).map_err(|error| match error.classify() {
        Category::Data => Problem::Type,
        Category::Io | Category::Syntax | Category::Eof => Problem::Escape,
    })
}

fn list(name: &str, column: Option<&RawValue>) -> Result<Vec<String>, String> {
    let list = column.map(as_type::<Vec<String>>).transpose();
    list.map(Option::unwrap_or_default).map_err(|problem| problem.of(name, "a list of strings"))
}

/// A string without its quotes, anything else as it is written.
fn word(column: &RawValue) -> String {
    as_type::<String>(column).unwrap_or_else(|_| column.get().to_owned())
}

/// Labelled sets have a word of their own for one of our categories.
fn our_category(cat: String) -> String {
    if cat == "selfharm" { "self_harm".into() } else { cat }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Result<Said, String> {
        Columns::read(line)?.said()
    }

    #[test]
    fn null_columns_are_absent_and_unknown_ones_are_ignored() {
        let said = said(r#" {"text":"hi","ctx":null,"restricted":null,"role":null,"id":null,"x":{"y":[1]}} "#).unwrap();
        assert_eq!(
            (said.text.as_str(), said.before.len(), said.restricted.len(), said.role),
            ("hi", 0, 0, Role::Mentee)
        );
    }

    #[test]
    fn an_id_is_kept_as_it_is_written() {
        let columns = Columns::read(r#"{"id":{"b":1,"a":12345678901234567890123.50},"text":"hi"}"#).unwrap();
        assert_eq!(columns.id.unwrap().get(), r#"{"b":1,"a":12345678901234567890123.50}"#);
    }

    #[test]
    fn a_line_that_cannot_be_read_says_why_without_its_text() {
        for (line, why) in [
            ("", "empty"),
            ("[\"secret\"]", "no JSON object"),
            ("{\"text\":\"secret", "not JSON"),
            ("{\"id\":1}", "no `text`"),
            ("{\"text\":null}", "no `text`"),
            ("{\"text\":[\"secret\"]}", "`text` is not a string"),
            ("{\"text\":\"secret \\ud800\"}", "escape"),
            ("{\"text\":\"secret\",\"ctx\":\"secret\"}", "`ctx` is not a list of strings"),
            ("{\"text\":\"secret\",\"restricted\":[1]}", "`restricted` is not a list of strings"),
            ("{\"text\":\"secret\",\"role\":\"operator\"}", "`role`"),
            ("{\"text\":\"secret\",\"text\":\"secret\"}", "twice"),
        ] {
            let error = said(line).err().unwrap();
            assert!(error.contains(why) && !error.contains("secret"), "{line}: {error}");
        }
    }

    #[test]
    fn labels_are_read_in_the_words_of_the_sets() {
        let labels = |line| Columns::read(line).unwrap().labels();
        let read = labels(r#"{"hold":1,"cat":"selfharm","conv":7,"span":[3,8],"tech":"split2"}"#).unwrap();
        assert_eq!((read.hold, read.cat.as_str(), read.conv.as_deref()), (Some(true), "self_harm", Some("7")));
        assert_eq!((read.span, read.tech.as_deref(), read.sub), (Some(Span(3, 8)), Some("split2"), None));
        assert_eq!(labels(r#"{"hold":null}"#).unwrap().hold, None);
        assert!(labels(r#"{"hold":2}"#).is_err() && labels(r#"{"span":[1]}"#).unwrap().span.is_none());
    }
}
