//! What a rule saw in a message, in the words a supervisor reads. Findings are made by the filter and stored with the item as
//! they were at hold time.

use crate::ids::MessageId;
use serde::{Deserialize, Serialize};

/// How soon a person must look. The order is that of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Low,
    /// A person decides before it goes on.
    Medium,
    /// Serious: top of the queue.
    High,
    /// Somebody may come to harm: it rings.
    Urgent,
}

impl Severity {
    /// Every severity, least urgent first.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Urgent];

    /// The word in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Urgent => "urgent",
        }
    }

    /// The severity of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }

    /// 1 for low to 4 for urgent: the number in rule packs and in the record.
    pub fn level(self) -> u8 {
        self as u8 + 1
    }

    /// The severity of that level.
    pub fn from_level(level: u8) -> Option<Self> {
        Self::ALL.get(usize::from(level).checked_sub(1)?).copied()
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the protocol")]
pub enum Category {
    Abuse,
    Hate,
    Threat,
    SelfHarm,
    Sexual,
    Drugs,
    Offending,
    ContactPhone,
    ContactEmail,
    ContactHandle,
    ContactAddress,
    ContactUrl,
    Meet,
    Money,
    Secrecy,
    Restricted,
    Drift,
    /// The filter itself failed or was late.
    Filter,
}

impl Category {
    /// Every category, in the order in which they are listed.
    pub const ALL: [Category; 18] = [
        Category::Abuse,
        Category::Hate,
        Category::Threat,
        Category::SelfHarm,
        Category::Sexual,
        Category::Drugs,
        Category::Offending,
        Category::ContactPhone,
        Category::ContactEmail,
        Category::ContactHandle,
        Category::ContactAddress,
        Category::ContactUrl,
        Category::Meet,
        Category::Money,
        Category::Secrecy,
        Category::Restricted,
        Category::Drift,
        Category::Filter,
    ];

    /// The word in rule packs, in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Abuse => "abuse",
            Category::Hate => "hate",
            Category::Threat => "threat",
            Category::SelfHarm => "self_harm",
            Category::Sexual => "sexual",
            Category::Drugs => "drugs",
            Category::Offending => "offending",
            Category::ContactPhone => "contact_phone",
            Category::ContactEmail => "contact_email",
            Category::ContactHandle => "contact_handle",
            Category::ContactAddress => "contact_address",
            Category::ContactUrl => "contact_url",
            Category::Meet => "meet",
            Category::Money => "money",
            Category::Secrecy => "secrecy",
            Category::Restricted => "restricted",
            Category::Drift => "drift",
            Category::Filter => "filter",
        }
    }

    /// The category of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == word)
    }
}

/// How the writer hid what the rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Evasion {
    /// Zero-width, bidi or other characters that do not show.
    Invisible,
    /// Letters that look like others, or full-width and styled ones.
    LookAlike,
    /// Accents and combining marks.
    Marks,
    /// Digits and signs for letters.
    Leet,
    /// Spaces or punctuation inside a word.
    Separators,
    /// Letters repeated.
    Stretched,
    /// Stars or other signs instead of letters.
    Masked,
    /// Written backwards.
    Reversed,
    /// Numbers as words or emoji.
    NumberWords,
    /// Spread over several messages.
    Split,
}

/// A stretch of a stored text in code points: start and end, end exclusive. On the wire `[start, end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Span(pub u32, pub u32);

/// A stretch of an earlier message that belongs to a finding.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Part {
    /// The earlier message.
    #[cfg_attr(test, ts(type = "string"), schemars(with = "String"))]
    pub message: MessageId,
    /// Its text, for the supervisor's eyes.
    pub text: String,
    /// Where in it.
    pub span: Span,
}

/// What a rule saw.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Finding {
    /// The rule's id, such as `secrecy.dont-tell`.
    pub rule: String,
    /// What it is about.
    pub category: Category,
    /// How soon a person must look.
    pub severity: Severity,
    /// Where in this message; nothing if the finding is about the whole.
    pub span: Option<Span>,
    /// Where in earlier messages, if the finding spreads over several.
    pub parts: Vec<Part>,
    /// The words that matched, as they were typed.
    pub excerpt: String,
    /// Why this is held, in words a person reads.
    pub why: String,
    /// How it was hidden, if it was.
    pub evasion: Vec<Evasion>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({}, {:?})", self.message, self.span)
    }
}

// A finding carries a person's words: its `Debug` names the rule and the place alone.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finding({}, {:?}, {:?}, {:?}, {:?})", self.rule, self.severity, self.span, self.parts, self.evasion)
    }
}
