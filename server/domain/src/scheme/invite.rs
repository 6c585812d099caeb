//! Coming in: a code that lets one person choose the password of one account, once, within seven days. The account is there before,
//! with its role, its site and its relationships, so a code can give nothing else.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// For how long a code holds, in milliseconds: seven days.
pub const INVITE_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// The characters of a code: 26 of five bits each hold 128 bits (Crockford's base 32).
pub const CODE_CHARS: usize = 26;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code of 128 bits as people type it.
pub fn code(bits: u128) -> String {
    (0..CODE_CHARS).rev().map(|at| char::from(DIGITS[usize::from((bits >> (5 * at)) as u8 & 31)])).collect()
}

/// What was typed as a code: without spaces and dashes, in capitals, with the letters that Crockford's alphabet lacks read as what they
/// look like. Nothing, if it cannot be a code.
pub fn typed(text: &str) -> Option<String> {
    let mut code = String::with_capacity(CODE_CHARS);
    for char in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let plain = match char.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let known = u8::try_from(plain).is_ok_and(|byte| DIGITS.contains(&byte));
        if !known || code.len() == CODE_CHARS {
            return None;
        }
        code.push(plain);
    }
    (code.len() == CODE_CHARS).then_some(code)
}

/// A code as the record keeps it: not the code, but when it was made and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
    /// When it was used, or taken back.
    pub ended_at: Option<Timestamp>,
}

impl Invite {
    /// Whether it still lets somebody in.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now <= self.until
    }
}

/// What happened to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteAct {
    /// It was made; one before it ended.
    Make,
    /// Somebody came in by it.
    Use,
}

/// How far an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has invited them yet, or the code has run out.
    New,
    /// A code is out.
    Invited,
    /// They have chosen a password.
    Active,
    /// They may do nothing for now.
    Suspended,
}

/// The standing of an account.
pub fn standing(disabled: bool, has_password: bool, invite: Option<Invite>, now: Timestamp) -> Standing {
    match (disabled, has_password, invite) {
        (true, ..) => Standing::Suspended,
        (false, true, _) => Standing::Active,
        (false, false, Some(invite)) if invite.holds(now) => Standing::Invited,
        (false, false, _) => Standing::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_is_read_back_as_it_was_made_however_it_is_typed(bits: u128) {
            let made = code(bits);
            prop_assert_eq!(made.len(), CODE_CHARS);
            prop_assert_eq!(typed(&made), Some(made.clone()));
            let typed_by_hand = format!(" {}-{} ", made[..6].to_lowercase().replace('0', "o"), made[6..].replace('1', "l"));
            prop_assert_eq!(typed(&typed_by_hand), Some(made));
        }

        #[test]
        fn two_codes_of_different_bits_are_different(a: u128, b: u128) {
            prop_assert_eq!(a == b, code(a) == code(b));
        }

        #[test]
        fn nothing_that_is_typed_makes_it_panic(text in ".{0,60}") {
            let _ = typed(&text);
        }
    }

    #[test]
    fn a_code_holds_for_seven_days_and_once() {
        let invite = Invite { made_at: Timestamp(0), until: Timestamp(INVITE_MS), ended_at: None };
        assert!(invite.holds(Timestamp(INVITE_MS)) && !invite.holds(Timestamp(INVITE_MS + 1)));
        assert!(!Invite { ended_at: Some(Timestamp(5)), ..invite }.holds(Timestamp(6)));
        assert_eq!(standing(false, false, Some(invite), Timestamp(1)), Standing::Invited);
        assert_eq!(standing(false, false, Some(invite), Timestamp(INVITE_MS + 1)), Standing::New);
        assert_eq!(standing(false, true, None, Timestamp(1)), Standing::Active);
        assert_eq!(standing(true, true, Some(invite), Timestamp(1)), Standing::Suspended);
    }
}
