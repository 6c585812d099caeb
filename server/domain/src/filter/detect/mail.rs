//! E-mail addresses, as they are written to be used or spelled out to be understood.

use super::host::{self, Dots, Ending, Host};
use super::{regex, word_after, words};
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What an address that is spelled out cannot do without.
static MAY_BE_SPELLED: LazyLock<Regex> = LazyLock::new(|| regex(r"dot|com|[(\[{<*]at|at[)\]}>*]"));

/// Whose post boxes people have, with the spellings that people have for them; a name stands for the whole host.
pub(super) const PROVIDERS: [&[u8]; 17] = [
    b"gmail",
    b"gmale",
    b"gmial",
    b"gmai",
    b"googlemail",
    b"hotmail",
    b"hotmale",
    b"hotmial",
    b"outlook",
    b"yahoo",
    b"ymail",
    b"icloud",
    b"aol",
    b"proton",
    b"protonmail",
    b"btinternet",
    b"msn",
];
/// The longest name before the @, in bytes.
const NAME_MAX: usize = 64;

/// Addresses at hosts that are not allowed.
pub(super) fn addresses(bytes: &[u8], allow: &[String], found: &mut Vec<Range<usize>>) {
    let mut free = 0;
    while let Some(sign) = bytes[free..].iter().position(|byte| *byte == b'@').map(|at| free + at) {
        free = sign + 1;
        let after = spaces_after(bytes, free);
        let Some(start) = name_before(bytes, sign) else { continue };
        let spaced = after > free || bytes[sign - 1] == b' ';
        if let Some(host) = host_at(bytes, after, if spaced { Dots::Spaced } else { Dots::Tight }) {
            free = host.range.end;
            add(bytes, start, &host, allow, found);
        }
    }
    if !MAY_BE_SPELLED.is_match(bytes) {
        return;
    }
    free = 0;
    for word in words(bytes).filter(|word| bytes[word.clone()] == *b"at") {
        if word.start < free {
            continue;
        }
        if let Some((start, host)) = spelled(bytes, &word) {
            free = host.range.end;
            add(bytes, start, &host, allow, found);
        }
    }
}

fn add(bytes: &[u8], start: usize, host: &Host, allow: &[String], found: &mut Vec<Range<usize>>) {
    if !host::is_allowed(&host::plain(bytes, host), allow) {
        found.push(start..host.range.end);
    }
}

fn spaces_after(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take(2).take_while(|byte| **byte == b' ').count()
}

/// Where the name before the sign at `sign` begins.
fn name_before(bytes: &[u8], sign: usize) -> Option<usize> {
    let end = sign - bytes[..sign].iter().rev().take(2).take_while(|byte| **byte == b' ').count();
    let of_name = |byte: &&u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
    };
    let length = bytes[..end].iter().rev().take(NAME_MAX).take_while(of_name).count();
    (length > 0).then_some(end - length)
}

/// The host after an @ that makes an address of it: one with dots, or the name of one that everybody knows.
fn host_at(bytes: &[u8], from: usize, dots: Dots) -> Option<Host> {
    host::read(bytes, from, dots).filter(|host| host.dots < Dots::Spaced || host.ending == Some(Ending::Sure)).or_else(
        || {
            let known = |word: &[u8]| {
                PROVIDERS.contains(&word) || word.len() > 6 && (word.ends_with(b"com") || word.ends_with(b"couk"))
            };
            let word = word_after(bytes, from).filter(|word| word.start == from && known(&bytes[word.clone()]))?;
            Some(Host { range: word, dots: Dots::Tight, ending: None })
        },
    )
}

/// The start of a name and the host around the word "at": "jay (at) example (dot) com", "jay at example dot com".
fn spelled(bytes: &[u8], at: &Range<usize>) -> Option<(usize, Host)> {
    let bracketed = matches!(bytes.get(at.start.wrapping_sub(1)), Some(b'(' | b'[' | b'{' | b'<' | b'*'));
    let (before, after) = if bracketed { (at.start - 1, at.end + 1) } else { (at.start, at.end) };
    let start = name_before(bytes, before)?;
    if !bracketed && after == spaces_after(bytes, after) || after > bytes.len() {
        return None;
    }
    let host = host_at(bytes, spaces_after(bytes, after), Dots::Spelled)?;
    // "look at www.example.com" is a link, and "good at gmail" a word.
    let enough = bracketed || host.ending.is_some() && spelled_dot(bytes, &host);
    enough.then_some((start, host))
}

/// Whether a dot of the host is written in words or left out.
fn spelled_dot(bytes: &[u8], host: &Host) -> bool {
    let written = &bytes[host.range.clone()];
    written.contains(&b' ') || written.iter().any(|byte| matches!(byte, b'(' | b'[' | b'{' | b'<' | b'*'))
}
