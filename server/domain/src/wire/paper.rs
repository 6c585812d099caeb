//! Papers and their forms, as those who write and read them see them.

#![expect(missing_docs, reason = "PROTOCOL.md says what each field means; here it would be said twice")]

use super::from_server::Person;
use crate::ids::{AccountId, ConversationId, PaperId};
use crate::people::Role;
use crate::scheme::form::{Answer, Input};
use crate::scheme::forms::FORMS;
use crate::scheme::paper::{About, Form, PaperKind};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `GET /api/forms`: what each kind of paper asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FormsPage {
    pub forms: Vec<FormView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FormView {
    pub kind: PaperKind,
    pub about: About,
    /// Of a person: whose roles it may be about.
    pub of: Vec<Role>,
    /// Whether there is one at a time.
    pub one: bool,
    /// Whether the reader writes it.
    pub writes: bool,
    pub fields: Vec<FieldView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FieldView {
    pub name: String,
    pub input: InputView,
    pub needed: bool,
}

/// What may be answered in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InputView {
    Line {
        most: usize,
    },
    Text {
        most: usize,
    },
    Day,
    Moment,
    Number {
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        least: i64,
        #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
        most: i64,
    },
    Choice {
        words: Vec<String>,
    },
    Choices {
        words: Vec<String>,
    },
    Yes,
    People,
}

impl From<Input> for InputView {
    fn from(input: Input) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match input {
            Input::Line(most) => InputView::Line { most },
            Input::Text(most) => InputView::Text { most },
            Input::Day => InputView::Day,
            Input::Moment => InputView::Moment,
            Input::Number(least, most) => InputView::Number { least, most },
            Input::Choice(words) => InputView::Choice { words: owned(words) },
            Input::Choices(words) => InputView::Choices { words: owned(words) },
            Input::Yes => InputView::Yes,
            Input::People => InputView::People,
        }
    }
}

/// The forms that somebody of a role reads.
pub fn forms_for(role: Role) -> FormsPage {
    let view = |form: &Form| FormView {
        kind: form.kind,
        about: form.about,
        of: form.of.to_vec(),
        one: form.one,
        writes: form.written_by.contains(&role),
        fields: form
            .fields
            .iter()
            .map(|field| FieldView { name: field.name.to_owned(), input: field.input.into(), needed: field.needed })
            .collect(),
    };
    let theirs = FORMS.iter().filter(|form| form.read_by.contains(&role) || form.written_by.contains(&role));
    FormsPage { forms: theirs.map(view).collect() }
}

/// A paper, as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PaperView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: PaperId,
    pub kind: PaperKind,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub account: Option<AccountId>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub conversation: Option<ConversationId>,
    /// What it says; nothing, if that was erased.
    pub answers: Option<BTreeMap<String, Answer>>,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub by: Person,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub made_at: Timestamp,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub changed_at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub due_at: Option<Timestamp>,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub closed_at: Option<Timestamp>,
    /// Who has signed it as it is now.
    pub signed: Vec<Person>,
    /// Whether the reader may change it, put it away, sign it.
    pub writes: bool,
    pub closes: bool,
    pub signs: bool,
}

/// `GET /api/site/papers`: what the scheme has written down about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SitePapersPage {
    /// Every version, the newest first.
    pub papers: Vec<SitePaperView>,
    pub forms: Vec<FormView>,
}

/// A version of what the scheme has written down about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SitePaperView {
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub id: PaperId,
    pub kind: PaperKind,
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub answers: BTreeMap<String, Answer>,
    /// Who wrote it; nothing: whoever runs the server.
    pub by: Option<Person>,
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub due_at: Option<Timestamp>,
}

/// `POST /api/site/papers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSitePaper {
    pub kind: PaperKind,
    /// The version that its writer read; 0, if there was none.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub answers: BTreeMap<String, Answer>,
}

/// `POST /api/papers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPaper {
    pub kind: PaperKind,
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub account: Option<AccountId>,
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string | null"), schemars(with = "Option<String>"))]
    pub conversation: Option<ConversationId>,
    pub answers: BTreeMap<String, Answer>,
}

/// `PUT /api/papers/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaperWritten {
    /// The version that its writer read.
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
    pub answers: BTreeMap<String, Answer>,
}

/// `POST /api/papers/{id}/{act}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaperSeen {
    #[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))]
    pub version: u64,
}

/// `GET /api/conversations/{id}/papers`: what a party reads of their relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OwnPapers {
    pub papers: Vec<PaperView>,
    pub forms: Vec<FormView>,
    /// What this party must know, in words for them.
    pub briefing: Vec<String>,
    /// Whether they still have to confirm it.
    pub to_read: bool,
}

/// `POST /api/conversations/{id}/briefing`: what the party has read, as it was shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BriefingRead {
    pub read: Vec<String>,
}
