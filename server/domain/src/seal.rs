//! A seal: what was said in a relationship is evidence. Its words are kept, nobody writes there, and of all staff two named people alone read it
//! (Online Safety Act 2023, section 66: reports of child sexual exploitation and abuse; a court's or the police's request is no different).

use crate::ids::{AccountId, ConversationId, HoldId};
use crate::time::Timestamp;

/// The longest reference of an authority, in characters.
pub const REFERENCE_CHARS_MAX: usize = 120;

/// The two of staff who read what is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Who asked for it.
    pub by: AccountId,
    /// Who agreed.
    pub agreed: AccountId,
}

impl Sealed {
    /// Whether somebody is one of them.
    pub fn is_read_by(self, who: AccountId) -> bool {
        who == self.by || who == self.agreed
    }
}

/// A seal, in force or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// On which relationship.
    pub conversation: ConversationId,
    /// Since when.
    pub at: Timestamp,
    /// Who reads it.
    pub sealed: Sealed,
    /// Why.
    pub reason: String,
    /// The legal hold that keeps its words.
    pub hold: HoldId,
    /// When a report went to an authority, and what that calls it.
    pub sent: Option<(Timestamp, String)>,
    /// When it was broken.
    pub ended_at: Option<Timestamp>,
}

/// A reference as it is kept: one line of 1 to [`REFERENCE_CHARS_MAX`] characters.
pub fn reference(text: &str) -> Option<String> {
    let text = text.trim();
    let good = (1..=REFERENCE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_read_what_is_sealed_and_nobody_else() {
        let id = AccountId::from_bits;
        let sealed = Sealed { by: id(1), agreed: id(2) };
        assert_eq!([1, 2, 3].map(|who| sealed.is_read_by(id(who))), [true, true, false]);
    }

    #[test]
    fn a_reference_is_one_line() {
        assert_eq!(reference(" NCA-1234/26 ").as_deref(), Some("NCA-1234/26"));
        for bad in ["", " ", "a\nb", &"x".repeat(121)] {
            assert_eq!(reference(bad), None, "{bad:?}");
        }
    }
}
