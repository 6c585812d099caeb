//! Forms: named fields, each with what may be answered. A form is data, so one table makes the check here and the screen there.

use crate::ids::AccountId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What may be answered in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// One line of at most so many characters.
    Line(usize),
    /// Lines of at most so many characters together.
    Text(usize),
    /// A day, `YYYY-MM-DD`.
    Day,
    /// A moment, RFC 3339.
    Moment,
    /// A whole number within these.
    Number(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any of these words.
    Choices(&'static [&'static str]),
    /// Yes or no.
    Yes,
    /// Accounts, by id.
    People,
}

/// The most accounts that one field names.
pub const PEOPLE_MAX: usize = 20;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name, in answers and on screens.
    pub name: &'static str,
    /// What may be answered.
    pub input: Input,
    /// Whether it must be answered.
    pub needed: bool,
}

/// An answer as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Yes(bool),
    /// A number.
    Number(#[cfg_attr(test, ts(type = "number"), schemars(with = "i64"))] i64),
    /// Words, a day, a moment, or one word of several.
    Text(String),
    /// Several words, or accounts.
    Many(Vec<String>),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Yes(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Answer::Number(number) => write!(f, "{number}"),
            Answer::Text(text) => f.write_str(text),
            Answer::Many(words) => f.write_str(&words.join(", ")),
        }
    }
}

impl From<String> for Answer {
    fn from(words: String) -> Self {
        Answer::Text(words)
    }
}

/// Answers that fit their form. Made by [`Answers::of`] alone; the record keeps them as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answers(BTreeMap<String, Answer>);

/// Why a form cannot be taken, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// Which field.
    pub field: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field.replace('_', " "), self.advice)
    }
}

impl std::error::Error for FormError {}

impl Answers {
    /// What was answered, if each answer fits its field and every field that must be answered is. An empty answer is none.
    pub fn of(fields: &[Field], raw: BTreeMap<String, Answer>) -> Result<Self, FormError> {
        let error = |field: &str, advice: String| FormError { field: field.to_owned(), advice };
        let mut answers = BTreeMap::new();
        for (name, answer) in raw {
            let field = fields.iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| error(&name, "this form does not ask that; leave it out".into()))?;
            if let Some(answer) = tidy(answer) {
                fits(field.input, &answer).map_err(|advice| error(&name, advice))?;
                answers.insert(name, answer);
            }
        }
        match fields.iter().find(|field| field.needed && !answers.contains_key(field.name)) {
            Some(missing) => Err(error(missing.name, "this must be answered".into())),
            None => Ok(Self(answers)),
        }
    }

    /// The answers by field.
    pub fn all(&self) -> &BTreeMap<String, Answer> {
        &self.0
    }

    /// Words that were answered, or nothing.
    pub fn text(&self, field: &str) -> &str {
        match self.0.get(field) {
            Some(Answer::Text(text)) => text,
            Some(Answer::Yes(_) | Answer::Number(_) | Answer::Many(_)) | None => "",
        }
    }

    /// A number that was answered.
    pub fn number(&self, field: &str) -> Option<i64> {
        match self.0.get(field) {
            Some(Answer::Number(number)) => Some(*number),
            Some(Answer::Yes(_) | Answer::Text(_) | Answer::Many(_)) | None => None,
        }
    }

    /// Whether the answer was yes.
    pub fn yes(&self, field: &str) -> bool {
        self.0.get(field) == Some(&Answer::Yes(true))
    }

    /// The words that were chosen.
    pub fn many(&self, field: &str) -> &[String] {
        match self.0.get(field) {
            Some(Answer::Many(words)) => words,
            Some(Answer::Yes(_) | Answer::Text(_) | Answer::Number(_)) | None => &[],
        }
    }

    /// The accounts that were named.
    pub fn people(&self, field: &str) -> Vec<AccountId> {
        self.many(field).iter().filter_map(|id| AccountId::parse(id).ok()).collect()
    }

    /// The end of a day, or a moment, that was answered.
    pub fn time(&self, field: &str) -> Option<Timestamp> {
        let text = self.text(field);
        Timestamp::end_of_day(text).or_else(|| Timestamp::parse(text))
    }
}

/// Without white space around words; nothing, if nothing is left.
fn tidy(answer: Answer) -> Option<Answer> {
    match answer {
        Answer::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()).map(Answer::Text),
        Answer::Many(words) => (!words.is_empty()).then_some(Answer::Many(words)),
        other @ (Answer::Yes(_) | Answer::Number(_)) => Some(other),
    }
}

fn fits(input: Input, answer: &Answer) -> Result<(), String> {
    let yes = |fits: bool, advice: String| if fits { Ok(()) } else { Err(advice) };
    let short = |text: &str, most: usize| yes(text.chars().count() <= most, format!("use at most {most} characters"));
    match (input, answer) {
        (Input::Line(most), Answer::Text(text)) => {
            yes(!text.chars().any(char::is_control), "write it on one line".into())?;
            short(text, most)
        }
        (Input::Text(most), Answer::Text(text)) => {
            let plain = !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
            yes(plain, "use plain text".into())?;
            short(text, most)
        }
        (Input::Day, Answer::Text(text)) => {
            yes(Timestamp::end_of_day(text).is_some(), "give a day as YYYY-MM-DD".into())
        }
        (Input::Moment, Answer::Text(text)) => {
            let real = Timestamp::parse(text).is_some_and(|at| at.to_string() == *text);
            yes(real, "give a day and a time, such as 2026-05-01T18:30:00.000Z".into())
        }
        (Input::Number(least, most), Answer::Number(number)) => {
            yes((least..=most).contains(number), format!("give a whole number from {least} to {most}"))
        }
        (Input::Choice(words), Answer::Text(text)) => {
            yes(words.contains(&text.as_str()), format!("choose one of: {}", words.join(", ")))
        }
        (Input::Choices(words), Answer::Many(chosen)) => {
            let each_once = chosen.iter().enumerate().all(|(at, one)| !chosen[..at].contains(one));
            let known = chosen.iter().all(|one| words.contains(&one.as_str()));
            yes(known && each_once, format!("choose each once, of: {}", words.join(", ")))
        }
        (Input::People, Answer::Many(ids)) => {
            let known = ids.len() <= PEOPLE_MAX && ids.iter().all(|id| AccountId::parse(id).is_ok());
            yes(known, format!("name at most {PEOPLE_MAX} people, by their ids"))
        }
        (Input::Yes, Answer::Yes(_)) => Ok(()),
        _ => Err("this is not the kind of answer that the form asks for".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: [Field; 9] = [
        Field { name: "line", input: Input::Line(5), needed: true },
        Field { name: "text", input: Input::Text(8), needed: false },
        Field { name: "day", input: Input::Day, needed: false },
        Field { name: "moment", input: Input::Moment, needed: false },
        Field { name: "number", input: Input::Number(1, 3), needed: false },
        Field { name: "choice", input: Input::Choice(&["a", "b"]), needed: false },
        Field { name: "choices", input: Input::Choices(&["a", "b"]), needed: false },
        Field { name: "yes", input: Input::Yes, needed: false },
        Field { name: "people", input: Input::People, needed: false },
    ];

    fn answers(json: &str) -> Result<Answers, FormError> {
        Answers::of(&FORM, serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_answer_that_fits_is_kept_and_read_back_as_what_it_is() {
        let kept = answers(
            r#"{"line": " abc ", "text": "a\nb", "day": "2026-05-01", "moment": "2026-05-01T18:30:00.000Z", "number": 3,
                "choice": "b", "choices": ["b", "a"], "yes": true, "people": ["a_AAAAAAAAAAAAAAAAAAAAAA"]}"#,
        )
        .unwrap();
        assert_eq!((kept.text("line"), kept.text("text"), kept.text("choice")), ("abc", "a\nb", "b"));
        assert_eq!((kept.number("number"), kept.yes("yes"), kept.many("choices").len()), (Some(3), true, 2));
        assert_eq!((kept.people("people").len(), kept.number("line"), kept.yes("line")), (1, None, false));
        assert!(kept.time("day") > kept.time("moment") && kept.time("line").is_none());
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Answers>(&json).unwrap(), kept);
    }

    #[test]
    fn what_must_be_answered_and_is_not_is_named() {
        for empty in ["{}", r#"{"line": "  "}"#] {
            assert_eq!(answers(empty).unwrap_err().to_string(), "line: this must be answered");
        }
    }

    #[test]
    fn every_answer_that_does_not_fit_says_what_to_do() {
        for bad in [
            r#""line": "abcdef""#,
            r#""line": "a\nb""#,
            r#""line": 3"#,
            r#""line": "a", "text": "123456789""#,
            r#""line": "a", "text": "\u0007""#,
            r#""line": "a", "day": "1 May""#,
            r#""line": "a", "day": "2026-02-30""#,
            r#""line": "a", "moment": "2026-05-01""#,
            r#""line": "a", "moment": "2026-05-01T25:30:00.000Z""#,
            r#""line": "a", "number": 4"#,
            r#""line": "a", "number": "3""#,
            r#""line": "a", "choice": "c""#,
            r#""line": "a", "choices": ["c"]"#,
            r#""line": "a", "choices": ["a", "a"]"#,
            r#""line": "a", "yes": "yes""#,
            r#""line": "a", "people": ["somebody"]"#,
            r#""line": "a", "other": "x""#,
        ] {
            let error = answers(&format!("{{{bad}}}")).unwrap_err();
            assert!(
                !error.advice.is_empty() && FORM.iter().any(|f| f.name == error.field) || error.field == "other",
                "{bad}"
            );
        }
    }
}
