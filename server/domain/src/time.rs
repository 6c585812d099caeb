//! Moments and lengths of time, in whole milliseconds. Nothing here asks a clock: the shell tells the time.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339, UTC, with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment and `ms` milliseconds more.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How many milliseconds lie between `earlier` and this moment; negative if it is the later one.
    pub fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads what `Display` writes: `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape = b"dddd-dd-ddTdd:dd:dd.dddZ";
        let fits = bytes.len() == shape.len()
            && bytes
                .iter()
                .zip(shape)
                .all(|(byte, want)| if *want == b'd' { byte.is_ascii_digit() } else { byte == want });
        if !fits {
            return None;
        }
        let number =
            |from: usize, to: usize| bytes[from..to].iter().fold(0_i64, |sum, d| sum * 10 + i64::from(d - b'0'));
        let days = days_from_civil(number(0, 4), number(5, 7), number(8, 10));
        let seconds = days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
        Some(Self(seconds * 1_000 + number(20, 23)))
    }

    /// The last moment of a day that is written `YYYY-MM-DD`, UTC; nothing if there is no such day.
    pub fn end_of_day(date: &str) -> Option<Self> {
        let end = Self::parse(&format!("{date}T23:59:59.999Z"))?;
        // A day that is not in the calendar, such as the 30th of February, reads as another one.
        (end.date() == date).then_some(end)
    }

    /// The day of this moment, `YYYY-MM-DD`, UTC.
    pub fn date(self) -> String {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_MS));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// The longest length of time that is read, in days: ten years.
const LENGTH_DAYS_MAX: i64 = 3_660;

/// A length of time as people write it, `90m`, `12h` or `7d`, in milliseconds; nothing for anything else, for no time at all, and
/// for more than ten years.
pub fn length_ms(text: &str) -> Option<i64> {
    let unit_ms = match text.as_bytes().last()? {
        b'm' => 60 * 1_000,
        b'h' => 3_600 * 1_000,
        b'd' => DAY_MS,
        _ => return None,
    };
    let figures = &text[..text.len() - 1];
    let plain = !figures.is_empty() && figures.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = figures.parse().ok().filter(|_| plain)?;
    count.checked_mul(unit_ms).filter(|ms| (1..=LENGTH_DAYS_MAX * DAY_MS).contains(ms))
}

// Days and dates of the proleptic Gregorian calendar after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (https://howardhinnant.github.io/date_algorithms.html): years begin in March, so that the leap day is the last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl Timestamp {
    /// Year, month, day, hour, minute, second and millisecond, UTC.
    fn parts(self) -> [i64; 7] {
        let seconds = self.0.div_euclid(1_000);
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        [year, month, day, of_day / 3_600, of_day / 60 % 60, of_day % 60, self.0.rem_euclid(1_000)]
    }

    /// How it is written, where the year has four digits. Every frame says when, and `fmt` would be a good part of what it costs.
    fn text(self) -> Option<[u8; 24]> {
        let parts = self.parts();
        if !(0..=9_999).contains(&parts[0]) {
            return None;
        }
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (mut part, end) in parts.into_iter().zip([4, 7, 10, 13, 16, 19, 23]) {
            let mut at = end;
            while part > 0 {
                at -= 1;
                text[at] = b'0' + (part % 10) as u8;
                part /= 10;
            }
        }
        Some(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return f.write_str(std::str::from_utf8(&text).unwrap_or_default());
        }
        let [year, month, day, hour, minute, second, ms] = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.text() {
            Some(text) => to.serialize_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => to.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a time is written 2026-11-22T21:32:05.123Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_moment_is_written_in_rfc_3339_with_milliseconds() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_709_210_096_007).to_string(), "2024-02-29T12:34:56.007Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_day_ends_with_its_last_millisecond_and_must_be_in_the_calendar() {
        let end = Timestamp::end_of_day("2028-02-29").unwrap();
        assert_eq!((end.to_string(), end.date()), ("2028-02-29T23:59:59.999Z".into(), "2028-02-29".into()));
        for bad in [
            "2027-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-01-00",
            "2027-1-1",
            "31-01-2027",
            "tomorrow",
            "",
            "2027-01-01 ",
        ] {
            assert_eq!(Timestamp::end_of_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_length_of_time_is_a_number_of_minutes_hours_or_days() {
        assert_eq!(["90m", "12h", "7d"].map(length_ms), [Some(5_400_000), Some(43_200_000), Some(604_800_000)]);
        for bad in ["", "d", "7", "7 d", "-7d", "+7d", "1.5h", "0d", "7w", "7é", "3661d", "99999999999999999999d"] {
            assert_eq!(length_ms(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_reads_back_as_it_was_written(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
            let at = Timestamp(ms);
            prop_assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        }
    }
}
