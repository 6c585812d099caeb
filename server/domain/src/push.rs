//! Telling somebody who is not there that something waits for them: by a notification on their own phone that says this and
//! nothing else. Here is when one may go out, what it says, and what follows from a push service's answer.

use crate::conversation::MessageStatus;
use crate::event::{Hash, What};
use crate::ids::AccountId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A device is told at most this often, in milliseconds: a notification is a tap on the shoulder, not a counter.
pub const TOLD_EVERY_MS: i64 = 15 * MINUTE_MS;
/// Devices of one account that are told; one more, and the oldest is told no more.
pub const DEVICES_MAX: usize = 8;
/// The longest address of a device at its push service, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 1_024;
/// How often a notification is tried before it is given up; the next message brings the next one.
pub const TRIES_MAX: u32 = 6;
/// So many refusals in a row retire a device. A service that is away or busy refuses nothing.
pub const REFUSALS_MAX: u32 = 3;
/// How long a push service keeps what a phone that is switched off has not fetched, in seconds: a day.
pub const KEPT_S: u32 = 24 * 60 * 60;

const MINUTE_MS: i64 = 60_000;
const DAY_MIN: i64 = 24 * 60;
/// The first wait before another try, in milliseconds; each later one is four times as long.
const FIRST_RETRY_MS: i64 = 30_000;
/// The longest wait between two tries, in milliseconds, also where a service asks for more.
const RETRY_MS_MAX: i64 = 2 * 60 * MINUTE_MS;

/// The languages that a notification speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Welsh.
    Cy,
}

impl Language {
    /// The word for it in the record and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Cy => "cy",
        }
    }

    /// The language of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Language::En, Language::Cy].into_iter().find(|language| language.as_str() == word)
    }

    /// All that a notification ever says: neither from whom, nor what, nor from which service.
    pub fn something_new(self) -> &'static str {
        match self {
            Language::En => "You have something new",
            Language::Cy => "Mae gen ti rywbeth newydd",
        }
    }

    /// The same for somebody on duty whom a message rings.
    pub fn needed_now(self) -> &'static str {
        match self {
            Language::En => "You are needed now",
            Language::Cy => "Mae dy angen di nawr",
        }
    }
}

/// The hours in which a phone stays quiet, on its own clock. A phone says how far that clock is from UTC whenever it is used, so
/// between the clocks' change and the next use they are an hour off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// The minute of the day they begin.
    pub from: u16,
    /// The minute of the day they end, on the next day if that is not later.
    pub to: u16,
    /// How many minutes the phone's clock is ahead of UTC.
    pub ahead: i16,
}

impl Quiet {
    /// Whether these are minutes of a day, and an offset that is used somewhere on earth.
    pub fn is_possible(self) -> bool {
        let minute = |at: u16| i64::from(at) < DAY_MIN;
        minute(self.from) && minute(self.to) && self.from != self.to && (-12 * 60..=14 * 60).contains(&self.ahead)
    }

    /// When the quiet that is now ends; nothing if it is not quiet.
    pub fn ends(self, now: Timestamp) -> Option<Timestamp> {
        let minute = now.0.div_euclid(MINUTE_MS) + i64::from(self.ahead);
        let since_it_began = (minute - i64::from(self.from)).rem_euclid(DAY_MIN);
        let length = (i64::from(self.to) - i64::from(self.from)).rem_euclid(DAY_MIN);
        let left = (since_it_began < length).then_some(length - since_it_began)?;
        Some(Timestamp((now.0.div_euclid(MINUTE_MS) + left) * MINUTE_MS))
    }
}

/// A device that may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The session it was signed in with when it asked to be told: the hash of its token.
    pub session: Hash,
    /// Whose it is.
    pub account: AccountId,
    /// Its address at its push service.
    pub endpoint: String,
    /// Its public key, an uncompressed point of P-256 (RFC 8291, section 3.2).
    pub public_key: [u8; 65],
    /// Its secret (RFC 8291, section 3.2).
    pub secret: [u8; 16],
    /// The origin that a tap on the notification leads to.
    pub origin: String,
    /// What it reads.
    pub language: Language,
    /// When it stays quiet.
    pub quiet: Option<Quiet>,
    /// When it was told last.
    pub told_at: Option<Timestamp>,
    /// How often the notification under way was tried, or refused, without success.
    pub tries: u32,
    /// Whether it says that somebody is needed now.
    pub urgent: bool,
}

impl Device {
    /// When it may be told of what waits now.
    pub fn may_be_told(&self, now: Timestamp) -> Timestamp {
        let after_the_last = self.told_at.map_or(now, |told| told.plus_ms(TOLD_EVERY_MS).max(now));
        self.quiet.and_then(|quiet| quiet.ends(after_the_last)).unwrap_or(after_the_last)
    }
}

/// Whether an event of somebody's feed is something that they would want to know of: what another said, what became of their own
/// words, or what became of the conversation. What they did themselves is no news to them.
pub fn is_news(what: &What, account: AccountId) -> bool {
    match what {
        What::Delivered { from, .. } => *from != account,
        What::Settled { status, .. } => match status {
            MessageStatus::Rejected | MessageStatus::Rephrase | MessageStatus::Consent | MessageStatus::Expired => true,
            MessageStatus::Held | MessageStatus::Delivered | MessageStatus::Withdrawn => false,
        },
        What::Conversation { .. } => true,
        What::Held { .. }
        | What::Help {}
        | What::Item { .. }
        | What::Report { .. }
        | What::Account { .. }
        | What::Session { .. }
        | What::Site { .. }
        | What::Restriction { .. }
        | What::Rules { .. }
        | What::Erased { .. }
        | What::ErasedName { .. }
        | What::LegalHold { .. }
        | What::Article { .. }
        | What::Shift { .. }
        | What::Look { .. }
        | What::Read { .. }
        | What::Paper { .. }
        | What::Invite { .. }
        | What::Glass { .. }
        | What::Briefed { .. }
        | What::Exported { .. }
        | What::Epoch { .. } => false,
    }
}

/// What a push service said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A status of HTTP, with the seconds that it asks to wait.
    Status(u16, Option<u32>),
    /// Nothing that could be understood, or not in time.
    Nothing,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The device was told.
    Told,
    /// It is tried again after so many milliseconds.
    Again(i64),
    /// This notification is given up; the device stays.
    Missed,
    /// The device is there no more, or its service will not have us: it is forgotten.
    Retire,
}

/// Judges an answer to a try, the `tries`-th. Statuses are those of RFC 8030, section 5 and of RFC 8292: 404 and 410 say that the
/// device has gone; 413 and the other refusals say that we are doing something wrong, which may be mended by us.
pub fn outcome(answer: Answer, tries: u32) -> Outcome {
    let again = |after_ms: i64| if tries < TRIES_MAX { Outcome::Again(after_ms) } else { Outcome::Missed };
    let backed_off = FIRST_RETRY_MS.saturating_mul(4_i64.saturating_pow(tries.saturating_sub(1))).min(RETRY_MS_MAX);
    match answer {
        Answer::Status(200..=299, _) => Outcome::Told,
        Answer::Status(404 | 410, _) => Outcome::Retire,
        Answer::Status(429 | 500..=599, asked) => {
            again(asked.map_or(backed_off, |s| (i64::from(s) * 1_000).clamp(backed_off, RETRY_MS_MAX)))
        }
        Answer::Status(..) if tries >= REFUSALS_MAX => Outcome::Retire,
        Answer::Status(..) | Answer::Nothing => again(backed_off),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-11-26T{text}:00.000Z")).unwrap()
    }

    fn night(ahead: i16) -> Quiet {
        Quiet { from: 22 * 60, to: 7 * 60, ahead }
    }

    fn device(quiet: Option<Quiet>, told_at: Option<Timestamp>) -> Device {
        Device {
            session: [0; 32],
            account: AccountId::from_bits(1),
            endpoint: "https://push.example.org/1".into(),
            public_key: [4; 65],
            secret: [0; 16],
            origin: "https://chat.example.org".into(),
            language: Language::En,
            quiet,
            told_at,
            tries: 0,
            urgent: false,
        }
    }

    #[test]
    fn a_night_ends_in_the_morning_of_the_phones_own_clock() {
        let morning = Timestamp::parse("2026-11-27T07:00:00.000Z");
        assert_eq!(night(0).ends(at("22:00")), morning);
        assert_eq!(night(0).ends(at("23:59")), morning);
        assert_eq!(night(0).ends(at("06:59")), Some(at("07:00")));
        assert_eq!(night(0).ends(at("07:00")), None);
        assert_eq!(night(0).ends(at("21:59")), None);
        assert_eq!(night(60).ends(at("21:00")), Some(Timestamp(at("00:00").0 + 30 * 3_600_000)), "an hour ahead");
        assert_eq!(night(-300).ends(at("02:00")), None, "it is nine in the evening there");
        let noon = Quiet { from: 12 * 60, to: 13 * 60, ahead: 0 };
        assert_eq!(noon.ends(at("12:30")), Some(at("13:00")));
        assert_eq!(noon.ends(at("13:00")), None);
    }

    #[test]
    fn quiet_hours_that_no_clock_has_are_not_possible() {
        assert!(night(0).is_possible() && night(-720).is_possible() && night(840).is_possible());
        for quiet in [
            Quiet { from: 1_440, to: 0, ahead: 0 },
            Quiet { from: 0, to: 1_440, ahead: 0 },
            Quiet { from: 60, to: 60, ahead: 0 },
            Quiet { from: 0, to: 60, ahead: 900 },
        ] {
            assert!(!quiet.is_possible(), "{quiet:?}");
        }
    }

    #[test]
    fn a_device_is_told_at_once_but_not_often_and_not_at_night() {
        assert_eq!(device(None, None).may_be_told(at("12:00")), at("12:00"));
        assert_eq!(device(None, Some(at("11:50"))).may_be_told(at("12:00")), at("12:05"));
        assert_eq!(device(None, Some(at("11:00"))).may_be_told(at("12:00")), at("12:00"));
        assert_eq!(device(Some(night(0)), None).may_be_told(at("02:00")), at("07:00"));
        let late = device(Some(night(0)), Some(at("21:55")));
        assert_eq!(Some(late.may_be_told(at("21:58"))), Timestamp::parse("2026-11-27T07:00:00.000Z"));
    }

    #[test]
    fn a_device_that_has_gone_is_retired_and_a_service_that_is_away_retires_nobody() {
        assert_eq!(outcome(Answer::Status(201, None), 1), Outcome::Told);
        assert_eq!(outcome(Answer::Status(410, None), 1), Outcome::Retire);
        assert_eq!(outcome(Answer::Status(404, None), 1), Outcome::Retire);
        for tries in 1..TRIES_MAX {
            assert!(matches!(outcome(Answer::Nothing, tries), Outcome::Again(_)), "{tries}");
            assert!(matches!(outcome(Answer::Status(503, None), tries), Outcome::Again(_)), "{tries}");
        }
        assert_eq!(outcome(Answer::Nothing, TRIES_MAX), Outcome::Missed);
        assert_eq!(outcome(Answer::Status(429, None), TRIES_MAX), Outcome::Missed);
    }

    #[test]
    fn what_is_refused_again_and_again_is_retired() {
        assert_eq!(outcome(Answer::Status(403, None), 1), Outcome::Again(30_000));
        assert_eq!(outcome(Answer::Status(400, None), 2), Outcome::Again(120_000));
        assert_eq!(outcome(Answer::Status(403, None), REFUSALS_MAX), Outcome::Retire);
    }

    #[test]
    fn a_service_that_asks_for_time_gets_it_within_bounds() {
        assert_eq!(outcome(Answer::Status(429, Some(600)), 1), Outcome::Again(600_000));
        assert_eq!(outcome(Answer::Status(503, Some(1)), 1), Outcome::Again(30_000));
        assert_eq!(outcome(Answer::Status(503, Some(u32::MAX)), 1), Outcome::Again(RETRY_MS_MAX));
        assert_eq!(outcome(Answer::Nothing, 5), Outcome::Again(RETRY_MS_MAX));
    }
}
