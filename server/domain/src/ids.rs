//! Names of things, and the two numbers that order them. An id is 128 random bits behind a letter that says what it names;
//! nothing can be counted or guessed from it. This module makes no randomness: the shell hands the bits in.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// An id that is not one: wrong letter, wrong length, or a character that base64url does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: copy it as it was given")
    }
}

impl std::error::Error for NotAnId {}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// 128 bits in base64url without padding (RFC 4648, section 5).
const DIGITS: usize = 22;

fn encode(value: u128, letter: u8) -> [u8; DIGITS + 2] {
    let mut out = [b'_'; DIGITS + 2];
    out[0] = letter;
    // 22 digits hold 132 bits: the value fills them from the left, as RFC 4648 pads the last digit with zero bits.
    for (at, digit) in out[2..].iter_mut().enumerate() {
        let shift = 122_i32 - 6 * at as i32;
        let six = if shift >= 0 { value >> shift } else { value << -shift };
        *digit = ALPHABET[(six & 63) as usize];
    }
    out
}

fn decode(text: &str, letter: u8) -> Result<u128, NotAnId> {
    let bytes = text.as_bytes();
    if bytes.len() != DIGITS + 2 || bytes[0] != letter || bytes[1] != b'_' {
        return Err(NotAnId);
    }
    let mut value = 0_u128;
    for (at, byte) in bytes[2..].iter().enumerate() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return Err(NotAnId),
        };
        let shift = 122_i32 - 6 * at as i32;
        if shift >= 0 {
            value |= u128::from(six) << shift;
        } else if six & 0b1111 != 0 {
            return Err(NotAnId);
        } else {
            value |= u128::from(six) >> -shift;
        }
    }
    Ok(value)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// The id made of these random bits.
            pub fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The random bits of the id.
            pub fn bits(self) -> u128 {
                self.0
            }

            /// The id as it is written on the wire and in the record.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                decode(text, $letter).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&encode(self.0, $letter)).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(std::str::from_utf8(&encode(self.0, $letter)).unwrap_or_default())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::parse(text)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    AccountId b'a';
    /// A site: a scheme with its own staff, hours and rules. It also names the site's queue.
    SiteId b's';
    /// A conversation, which is a relationship.
    ConversationId b'c';
    /// A message.
    MessageId b'm';
    /// An item: a held message in quarantine.
    ItemId b'q';
    /// An article of the library.
    ArticleId b'l';
    /// A report to the supervisors.
    ReportId b'r';
    /// A restricted term of a relationship.
    RestrictionId b't';
    /// An erasure: texts that are taken out of the record, for one reason.
    ErasureId b'x';
    /// A legal hold on a relationship: nothing of it is erased.
    HoldId b'h';
    /// A supervisor's shift.
    ShiftId b'd';
    /// A second look at a message.
    LookId b'k';
    /// A paper: what the scheme writes down about a person or a relationship.
    PaperId b'p';
    /// A glass that somebody broke to read a real name.
    GlassId b'g';
}

/// A client's own id for a thing that it makes, kept for retries: 1 to 64 of `[A-Za-z0-9_-]`. Only its maker's devices see it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub struct Cid(Box<str>);

impl Cid {
    /// The longest a client id may be, in characters.
    pub const MAX: usize = 64;

    /// The text as a client id, or nothing if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let good = !text.is_empty()
            && text.len() <= Self::MAX
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        good.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a cid is 1 to 64 of A-Z a-z 0-9 _ -"))
    }
}

/// A message's place in its conversation, from 1, without gap or repeat; given at delivery.
pub type Seq = u64;
/// A place in a feed, from 1, contiguous; 0 is before the first.
pub type Offset = u64;
/// A place in the log, from 1, without gap.
pub type LogN = u64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(bits: u128) {
            let id = AccountId::from_bits(bits);
            prop_assert_eq!(AccountId::parse(&id.to_string()), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = MessageId::parse(&text);
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = AccountId::from_bits(7).to_string();
        assert_eq!(SiteId::parse(&id), Err(NotAnId));
        assert_eq!(AccountId::parse("a_short"), Err(NotAnId));
    }

    #[test]
    fn a_cid_is_short_and_plain() {
        assert!(Cid::parse("01J9ZK-x_").is_some());
        assert!(Cid::parse("").is_none());
        assert!(Cid::parse("a b").is_none());
        assert!(Cid::parse(&"x".repeat(65)).is_none());
    }
}
