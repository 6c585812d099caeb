//! The library: articles and promoted services for the people of a site. What is read there was written by one member of staff and
//! published by another; every version that was ever published stays in the record. Here is what an article may hold and how it
//! comes to be read.

mod grade;
mod markup;

pub use grade::{grade, minutes};
pub use markup::{Block, Part, blocks};

use crate::ids::{AccountId, ArticleId, SiteId};
use crate::push::Language;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
/// The longest article, in characters.
pub const BODY_CHARS_MAX: usize = 12_000;
/// The longest link, in characters.
pub const LINK_CHARS_MAX: usize = 500;
/// Articles of one site, at most; archived ones count.
pub const ARTICLES_MAX: usize = 1_000;
/// Words of one search that are looked for; more are left out.
pub const SEARCH_WORDS_MAX: usize = 6;
/// What was published is looked at again after so long, in milliseconds: a year, as the Government Digital Service asks of content.
pub const REVIEW_AFTER_MS: i64 = 365 * 24 * 60 * 60 * 1_000;

macro_rules! words {
    ($(#[$outer:meta])* $kind:ident { $($(#[$doc:meta])* $name:ident $word:literal;)* }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
        $(#[$outer])*
        #[serde(rename_all = "snake_case")]
        pub enum $kind { $($(#[$doc])* $name,)* }

        impl $kind {
            /// Every one, for tables and tests.
            pub const ALL: &'static [$kind] = &[$($kind::$name,)*];

            /// The word in the record and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($kind::$name => $word,)* }
            }

            /// The one of that word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What an entry of the library is.
    #[cfg_attr(test, ts(rename = "ArticleKind"))]
    Kind {
        /// Something to read.
        Article "article";
        /// A service that the scheme recommends: it comes first in its topic.
        Service "service";
    }
}

words! {
    /// What it is about.
    Topic {
        /// Help at once.
        Crisis "crisis";
        /// Finding and keeping work.
        Work "work";
        /// Courses, school and training.
        Learning "learning";
        /// Money and benefits.
        Money "money";
        /// A place to live.
        Housing "housing";
        /// Body and mind.
        Health "health";
        /// Family and friends.
        Family "family";
        /// The law, and what one may ask for.
        Rights "rights";
        /// Anything else.
        Other "other";
    }
}

words! {
    /// How far a version is.
    ArticleState {
        /// Being written.
        Draft "draft";
        /// Waits for a second person.
        InReview "in_review";
        /// May be read.
        Published "published";
        /// Was read once: replaced by a newer version, or taken out.
        Archived "archived";
    }
}

words! {
    /// What may be done with a version.
    ArticleAct {
        /// Its text was written or changed.
        Save "save";
        /// It is handed to a second person.
        Submit "submit";
        /// It needs more work.
        SendBack "send_back";
        /// It may be read from now on.
        Publish "publish";
        /// It may not be read any more.
        Archive "archive";
    }
}

/// What an article says, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Article or service.
    pub kind: Kind,
    /// About what.
    pub topic: Topic,
    /// In which language.
    pub language: Language,
    /// Its heading.
    pub title: String,
    /// Its text, in the markup of [`blocks`].
    pub body: String,
    /// Whom to call.
    pub phone: Option<String>,
    /// Where there is more, `https:`.
    pub link: Option<String>,
}

/// Why something is no article yet, in words for its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentError {
    /// It has no title.
    NoTitle,
    /// Its title is longer than [`TITLE_CHARS_MAX`].
    LongTitle,
    /// It says nothing.
    NoBody,
    /// It is longer than [`BODY_CHARS_MAX`].
    LongBody,
    /// A link leads to something else than a page over HTTPS or a phone number.
    BadLink,
    /// A phone number has something else in it than digits and spaces.
    BadPhone,
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContentError::NoTitle => f.write_str("Give it a title."),
            ContentError::LongTitle => write!(f, "The title is too long. Use at most {TITLE_CHARS_MAX} characters."),
            ContentError::NoBody => f.write_str("Write something in it first."),
            ContentError::LongBody => {
                write!(f, "It is too long. Use at most {BODY_CHARS_MAX} characters, or make two articles of it.")
            }
            ContentError::BadLink => {
                f.write_str("Every link must begin with https:// or tel: and have no spaces in it.")
            }
            ContentError::BadPhone => {
                f.write_str("A phone number has only digits and spaces, and at most one + before them.")
            }
        }
    }
}

impl std::error::Error for ContentError {}

/// Whether this is a page over HTTPS, of some host.
pub(crate) fn is_page(link: &str) -> bool {
    let host = link.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let plain = link.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '<' | '>' | '\\'));
    plain
        && link.chars().count() <= LINK_CHARS_MAX
        && host.is_some_and(|host| host.contains('.') && !host.contains('@'))
}

/// Whether somebody can call that.
pub(crate) fn is_phone(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let count = digits.chars().filter(char::is_ascii_digit).count();
    (3..=15).contains(&count) && digits.chars().all(|c| c.is_ascii_digit() || c == ' ')
}

impl Content {
    /// Checks what was written; spaces at the ends go, and so does an empty phone number or link.
    pub fn checked(self) -> Result<Self, ContentError> {
        let clean = |text: &str| {
            let unified = text.replace("\r\n", "\n");
            let kept: String = unified.chars().filter(|c| !c.is_control() || *c == '\n').nfc().collect();
            kept.trim().to_owned()
        };
        let (title, body) = (clean(&self.title).replace('\n', " "), clean(&self.body));
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (phone, link) = (given(self.phone), given(self.link));
        match (title.chars().count(), body.chars().count()) {
            (0, _) => return Err(ContentError::NoTitle),
            (TITLE_CHARS_MAX.., _) if title.chars().count() > TITLE_CHARS_MAX => return Err(ContentError::LongTitle),
            (_, 0) => return Err(ContentError::NoBody),
            (_, length) if length > BODY_CHARS_MAX => return Err(ContentError::LongBody),
            (..) => (),
        }
        if phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
            return Err(ContentError::BadPhone);
        }
        if link.as_deref().is_some_and(|link| !is_page(link)) {
            return Err(ContentError::BadLink);
        }
        blocks(&body)?;
        Ok(Self { title, body, phone, link, ..self })
    }

    /// What a search looks at: title and text without case and accents.
    pub fn searched(&self) -> String {
        folded(&format!("{} {}", self.title, self.body))
    }

    /// SHA-256 of all of it, in hexadecimal, for the log: so that it can be shown what the library said on a day.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let parts = [self.kind.as_str(), self.topic.as_str(), self.language.as_str(), &self.title, &self.body];
        let given = [self.phone.as_deref().unwrap_or_default(), self.link.as_deref().unwrap_or_default()];
        for part in parts.into_iter().chain(given) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Text without case and accents, as searches compare it.
fn folded(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The words of a search, each of which must be found.
pub fn searched_words(asked: &str) -> Vec<String> {
    folded(asked)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(SEARCH_WORDS_MAX)
        .map(str::to_owned)
        .collect()
}

/// One version of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Of which.
    pub article: ArticleId,
    /// Its scheme.
    pub site: SiteId,
    /// From 1; each that is published has the next.
    pub version: u64,
    /// How far it is.
    pub state: ArticleState,
    /// What it says.
    pub content: Content,
    /// Who wrote last in it; nobody, if it came with the record.
    pub author: Option<AccountId>,
    /// When.
    pub changed_at: Timestamp,
    /// Who published it.
    pub published_by: Option<AccountId>,
    /// When.
    pub published_at: Option<Timestamp>,
    /// When it must be looked at again.
    pub review_by: Option<Timestamp>,
}

impl Version {
    /// What an act makes of this version. Whoever wrote last in it does not publish it.
    pub fn after(self, act: ArticleAct, by: AccountId, now: Timestamp) -> Result<Self, Refusal> {
        let state = match (self.state, act) {
            (ArticleState::Draft, ArticleAct::Submit) => ArticleState::InReview,
            (ArticleState::InReview, ArticleAct::SendBack) => ArticleState::Draft,
            (ArticleState::InReview, ArticleAct::Publish) if self.author == Some(by) => {
                return Err(Code::OwnWork.into());
            }
            (ArticleState::InReview, ArticleAct::Publish) => {
                let review_by = Some(now.plus_ms(REVIEW_AFTER_MS));
                let (published_by, published_at) = (Some(by), Some(now));
                return Ok(Self { state: ArticleState::Published, published_by, published_at, review_by, ..self });
            }
            (ArticleState::Published, ArticleAct::Archive) => ArticleState::Archived,
            (
                ArticleState::Draft | ArticleState::InReview | ArticleState::Published | ArticleState::Archived,
                ArticleAct::Save
                | ArticleAct::Submit
                | ArticleAct::SendBack
                | ArticleAct::Publish
                | ArticleAct::Archive,
            ) => return Err(Code::StaleVersion.into()),
        };
        Ok(Self { state, ..self })
    }

    /// What somebody may do with it now.
    pub fn acts(&self, by: AccountId) -> Vec<ArticleAct> {
        match self.state {
            ArticleState::Draft => vec![ArticleAct::Save, ArticleAct::Submit],
            ArticleState::InReview if self.author == Some(by) => vec![ArticleAct::Save, ArticleAct::SendBack],
            ArticleState::InReview => vec![ArticleAct::Publish, ArticleAct::SendBack, ArticleAct::Save],
            ArticleState::Published => vec![ArticleAct::Save, ArticleAct::Archive],
            ArticleState::Archived => vec![ArticleAct::Save],
        }
    }
}

/// What saving makes: a draft is written on, whoever began it; beside what is published or archived begins the next version.
pub fn saved(last: Version, content: Content, by: AccountId, now: Timestamp) -> Version {
    let written = Version { state: ArticleState::Draft, content, author: Some(by), changed_at: now, ..last };
    match last.state {
        ArticleState::Draft | ArticleState::InReview => written,
        ArticleState::Published | ArticleState::Archived => {
            Version { version: last.version + 1, published_by: None, published_at: None, review_by: None, ..written }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn person(n: u128) -> AccountId {
        AccountId::from_bits(n)
    }

    fn content() -> Content {
        Content {
            kind: Kind::Article,
            topic: Topic::Work,
            language: Language::En,
            title: "How to write a CV".into(),
            body: "Say what you are good at.".into(),
            phone: None,
            link: None,
        }
    }

    fn draft() -> Version {
        Version {
            article: ArticleId::from_bits(1),
            site: SiteId::from_bits(1),
            version: 1,
            state: ArticleState::Draft,
            content: content(),
            author: Some(person(1)),
            changed_at: NOW,
            published_by: None,
            published_at: None,
            review_by: None,
        }
    }

    #[test]
    fn what_is_read_was_written_by_one_and_published_by_another() {
        let asked = draft().after(ArticleAct::Submit, person(1), NOW).unwrap();
        let own = asked.clone().after(ArticleAct::Publish, person(1), NOW);
        assert_eq!(own.unwrap_err().code, Code::OwnWork);
        let published = asked.after(ArticleAct::Publish, person(2), NOW).unwrap();
        assert_eq!((published.state, published.published_by), (ArticleState::Published, Some(person(2))));
        assert_eq!(published.review_by, Some(NOW.plus_ms(REVIEW_AFTER_MS)));
    }

    #[test]
    fn who_changes_what_waits_for_a_second_person_becomes_its_first() {
        let asked = draft().after(ArticleAct::Submit, person(1), NOW).unwrap();
        let changed = saved(asked, content(), person(2), NOW);
        assert_eq!(changed.state, ArticleState::Draft);
        let again = changed.after(ArticleAct::Submit, person(2), NOW).unwrap();
        assert_eq!(again.clone().after(ArticleAct::Publish, person(2), NOW).unwrap_err().code, Code::OwnWork);
        assert!(again.after(ArticleAct::Publish, person(1), NOW).is_ok());
    }

    #[test]
    fn a_published_article_stays_as_it_is_while_the_next_version_is_written() {
        let asked = draft().after(ArticleAct::Submit, person(1), NOW).unwrap();
        let published = asked.after(ArticleAct::Publish, person(2), NOW).unwrap();
        let next = saved(published, content(), person(2), NOW);
        assert_eq!((next.version, next.state, next.published_at), (2, ArticleState::Draft, None));
    }

    #[test]
    fn every_act_that_is_offered_is_done_and_no_other() {
        for state in ArticleState::ALL {
            for who in [person(1), person(2)] {
                let version = Version { state: *state, ..draft() };
                let offered = version.acts(who);
                for act in ArticleAct::ALL.iter().filter(|act| **act != ArticleAct::Save) {
                    let done = version.clone().after(*act, who, NOW).is_ok();
                    assert_eq!(done, offered.contains(act), "{state:?} {act:?}");
                }
                assert!(offered.contains(&ArticleAct::Save));
            }
        }
    }

    #[test]
    fn bad_content_is_refused_in_words_that_say_what_to_do() {
        let with = |change: fn(&mut Content)| {
            let mut changed = content();
            change(&mut changed);
            changed.checked()
        };
        for (refused, why) in [
            (with(|c| c.title = " \n ".into()), ContentError::NoTitle),
            (with(|c| c.title = "x".repeat(TITLE_CHARS_MAX + 1)), ContentError::LongTitle),
            (with(|c| c.body = "\u{7}".into()), ContentError::NoBody),
            (with(|c| c.body = "x".repeat(BODY_CHARS_MAX + 1)), ContentError::LongBody),
            (with(|c| c.link = Some("http://example.org".into())), ContentError::BadLink),
            (with(|c| c.link = Some("javascript:alert(1)".into())), ContentError::BadLink),
            (with(|c| c.body = "[see](javascript:alert)".into()), ContentError::BadLink),
            (with(|c| c.phone = Some("ring me".into())), ContentError::BadPhone),
            (with(|c| c.phone = Some("07".into())), ContentError::BadPhone),
        ] {
            assert_eq!(refused, Err(why));
            assert!(why.to_string().ends_with('.'));
        }
        let good = with(|c| {
            c.title = "x".repeat(TITLE_CHARS_MAX);
            c.phone = Some(" 0800 1111 ".into());
            c.link = Some(String::new());
        });
        let good = good.unwrap();
        assert_eq!((good.phone.as_deref(), good.link), (Some("0800 1111"), None));
    }

    #[test]
    fn a_search_knows_neither_case_nor_accents() {
        assert_eq!(searched_words("  Café, CV!  "), ["cafe", "cv"]);
        assert_eq!(searched_words("a b c d e f g h").len(), SEARCH_WORDS_MAX);
        let welsh = Content { title: "Sut i ysgrifennu tŷ".into(), ..content() };
        assert!(welsh.searched().contains("ysgrifennu ty"));
    }

    #[test]
    fn a_digest_changes_with_every_part_and_parts_do_not_run_together() {
        let one = Content { title: "ab".into(), body: "c".into(), ..content() };
        let other = Content { title: "a".into(), body: "bc".into(), ..content() };
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.digest(), one.clone().digest());
    }
}
