//! From when until when a certificate holds: two times out of its DER.

use handrail_domain::time::Timestamp;

/// From when until when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    /// From then on.
    pub(super) from: Timestamp,
    /// Until then.
    pub(super) until: Timestamp,
}

impl Validity {
    /// When a third of its time is left, which is when it is renewed.
    pub(super) fn renew_at(self) -> Timestamp {
        self.until.plus_ms(-self.until.since_ms(self.from) / 3)
    }
}

/// Reads it from a certificate (RFC 5280, 4.1): the seventh field of its first part, or the sixth where the version is left out, is a pair
/// of times.
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let (_, outer, _) = der(certificate)?;
    let (_, mut fields, _) = der(outer)?;
    const VERSION: u8 = 0xa0;
    let before_validity = if *fields.first()? == VERSION { 4 } else { 3 };
    for _ in 0..before_validity {
        fields = der(fields)?.2;
    }
    let (_, validity, _) = der(fields)?;
    let (tag, from, rest) = der(validity)?;
    let from = time(tag, from)?;
    let (tag, until, _) = der(rest)?;
    Some(Validity { from, until: time(tag, until)? })
}

fn time(tag: u8, digits: &[u8]) -> Option<Timestamp> {
    let digits = std::str::from_utf8(digits).ok()?.strip_suffix('Z')?;
    const UTC_TIME: u8 = 0x17;
    let full = match tag {
        UTC_TIME => format!("{}{digits}", if digits.get(..2)? < "50" { "20" } else { "19" }),
        _ => digits.to_owned(),
    };
    let part = |from, to| full.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}.000Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

/// One DER value: its tag, its content, and what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    const LONG: u8 = 0x80;
    let (length, rest) = if first & LONG == 0 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & !LONG))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
