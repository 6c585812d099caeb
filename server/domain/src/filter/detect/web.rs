//! Links, with or without a scheme, with their dots as signs or as words, and addresses of servers.

use super::host::{self, Dots, Ending};
use super::{regex, word_after, word_before, words};
use crate::filter::view::is_word;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a link with a dot that is none cannot do without.
static MAY_BE_SPELLED: LazyLock<Regex> = LazyLock::new(|| regex(r"dot|com| \. |\[\.\]|\(\.\)|\{\.\}"));

/// How many bytes of a host are read.
const HOST_MAX: usize = 253;

/// Links to hosts that are not allowed.
pub(super) fn links(bytes: &[u8], allow: &[String], found: &mut Vec<Range<usize>>) {
    let mut free = 0;
    while let Some(dot) = bytes[free..].iter().position(|byte| *byte == b'.').map(|at| free + at) {
        let host = host_around(bytes, dot, free);
        free = host.end.max(dot + 1);
        if let Some(end) = link(bytes, &host, allow) {
            free = end;
            found.push(with_scheme(bytes, host.start)..end);
        }
    }
    spelled(bytes, allow, found);
}

/// Links with a dot in words, in brackets, or with a space beside it.
fn spelled(bytes: &[u8], allow: &[String], found: &mut Vec<Range<usize>>) {
    if !MAY_BE_SPELLED.is_match(bytes) {
        return;
    }
    let mut free = 0;
    for word in words(bytes) {
        // A name is read from its beginning.
        let inside = word.start > 0 && matches!(bytes[word.start - 1], b'.' | b'-');
        if word.start < free || inside || bytes[word.clone()] == *b"dot" {
            continue;
        }
        let Some(host) = host::read(bytes, word.start, Dots::Tight) else { continue };
        let written = &bytes[host.range.clone()];
        let path = has_path(bytes, host.range.end);
        let sure = host.ending == Some(Ending::Sure);
        let is = match host.dots {
            Dots::Tight => false,
            Dots::Spelled => path || sure && !is_idiom(bytes, host.range.end),
            Dots::Spaced => path || sure,
            // "a rom com", "on tv. uk".
            Dots::Loose => written.ends_with(b"com") && (path || written.contains(&b'.') || written.contains(&b',')),
        };
        if is && !host::is_allowed(&host::plain(bytes, &host), allow) {
            free = path_end(bytes, host.range.end);
            found.push(host.range.start..free);
        }
    }
}

/// The stretch of letters, digits, dots and hyphens around a dot, not before `floor`.
fn host_around(bytes: &[u8], dot: usize, floor: usize) -> Range<usize> {
    let of_host = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let before = bytes[floor..dot].iter().rev().take(HOST_MAX).take_while(of_host).count();
    let after = bytes[dot..].iter().take(HOST_MAX).take_while(of_host).count();
    dot - before..dot + after
}

/// The end of a link whose host this is.
fn link(bytes: &[u8], range: &Range<usize>, allow: &[String]) -> Option<usize> {
    let written = &bytes[range.clone()];
    let last = written.iter().rposition(|byte| !matches!(byte, b'.' | b'-'))? + 1;
    let first = written.iter().position(|byte| !matches!(byte, b'.' | b'-'))?;
    let host = &written[first..last];
    let label = &host[host.iter().rposition(|byte| *byte == b'.')? + 1..];
    // What follows an @ is an address and told as one.
    if range.start > 0 && bytes[range.start - 1] == b'@' || host::is_allowed(host, allow) {
        return None;
    }
    let end = range.start + last;
    let schemed = bytes[..range.start].ends_with(b"://");
    let is = schemed
        || host.starts_with(b"www.")
        || !host.windows(2).any(|two| two == b"..")
            && match host::ending(label) {
                Some(Ending::Sure) => true,
                Some(Ending::Word) => last == written.len() && has_path(bytes, end),
                // An ending that is not known, with a path that is no word: "forms.example/a1".
                None if label.iter().all(u8::is_ascii_lowercase) => {
                    label.len() >= 2 && last == written.len() && has_odd_path(bytes, end)
                }
                None => is_server(bytes, range.start, host),
            };
    is.then(|| path_end(bytes, end))
}

/// Where a link begins whose host begins at `start`.
fn with_scheme(bytes: &[u8], start: usize) -> usize {
    if !bytes[..start].ends_with(b"://") {
        return start;
    }
    start - 3 - bytes[..start - 3].iter().rev().take(8).take_while(|byte| is_word(**byte)).count()
}

/// Where a link ends whose host ends at `end`: after a port, a path and what belongs to it.
fn path_end(bytes: &[u8], end: usize) -> usize {
    if !matches!(bytes.get(end), Some(b'/' | b':' | b'?' | b'#')) && !bytes[..end].ends_with(b"://") {
        return end;
    }
    let length = bytes[end..].iter().take_while(|byte| !matches!(byte, b' ' | b'\n')).count();
    let trailing = bytes[end..end + length]
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'.' | b',' | b')' | b'?' | b'!' | b':' | b'"'))
        .count();
    end + length - trailing
}

/// Whether a path or a port follows a host, in signs or in words.
fn has_path(bytes: &[u8], end: usize) -> bool {
    match bytes[end..] {
        [b'/' | b':', next, ..] => is_word(next) || matches!(next, b'@' | b'$' | b'+' | b'_'),
        [b' ', b'/', ..] => word_after(bytes, end).is_some_and(|word| word.start <= end + 3),
        _ => word_after(bytes, end).is_some_and(|word| bytes[word] == *b"slash"),
    }
}

/// Whether a path follows, after an ending of two letters, or one with a digit or a sign in it.
fn has_odd_path(bytes: &[u8], end: usize) -> bool {
    let path = &bytes[end..path_end(bytes, end)];
    let short = path.len() > 2 && bytes[..end].iter().rev().position(|byte| *byte == b'.') == Some(2);
    path.first() == Some(&b'/')
        && (short
            || path.len() > 3
                && path.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'@' | b'$' | b'=')))
}

/// "the dot com boom" is no host.
fn is_idiom(bytes: &[u8], end: usize) -> bool {
    word_after(bytes, end).is_some_and(|word| {
        matches!(
            &bytes[word],
            b"bubble"
                | b"boom"
                | b"crash"
                | b"era"
                | b"company"
                | b"companies"
                | b"business"
                | b"bust"
                | b"millionaire"
        )
    })
}

/// Whether a host is the number of a server that others can reach, and no version.
fn is_server(bytes: &[u8], start: usize, host: &[u8]) -> bool {
    let mut parts = [0_u32; 4];
    let mut count = 0;
    for part in host.split(|byte| *byte == b'.') {
        if count == 4 || part.is_empty() || part.len() > 3 || !part.iter().all(u8::is_ascii_digit) {
            return false;
        }
        parts[count] = part.iter().fold(0, |all, digit| all * 10 + u32::from(digit - b'0'));
        count += 1;
    }
    let version = word_before(bytes, start).is_some_and(|word| {
        matches!(&bytes[word], b"v" | b"version" | b"ver" | b"release" | b"update" | b"ios" | b"build" | b"kernel")
    });
    let private = matches!(parts, [0 | 10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..]);
    count == 4 && !version && !private && parts.iter().all(|part| *part <= 255) && parts.iter().any(|part| *part >= 20)
}
