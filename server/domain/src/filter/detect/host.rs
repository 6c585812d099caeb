//! Host names as they are written to be used, and as they are spelled out: "example (dot) com", "example . com".

use super::words;
use crate::filter::view::is_word;
use std::ops::Range;

/// The most labels of a name that is spelled out.
const LABELS_MAX: usize = 6;
/// The longest label, in bytes.
const LABEL_MAX: usize = 63;

/// What the end of a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing but a name ends so.
    Sure,
    /// It is a word as well: "it.me" may lack a space.
    Word,
}

/// How the dots of a name are written, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dots {
    /// As dots.
    Tight,
    /// As words, or in brackets.
    Spelled,
    /// With spaces on both sides.
    Spaced,
    /// With a space on one side, as a comma, or left out.
    Loose,
}

/// A host name.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) range: Range<usize>,
    pub(super) dots: Dots,
    pub(super) ending: Option<Ending>,
}

/// What kind of ending a label is, if it is one that people use.
pub(super) fn ending(label: &[u8]) -> Option<Ending> {
    match label {
        b"com" | b"net" | b"org" | b"uk" | b"io" | b"gov" | b"edu" | b"biz" | b"info" | b"xyz" | b"tv" | b"eu"
        | b"ca" | b"de" | b"ie" | b"ru" | b"ly" | b"fm" | b"cc" | b"wtf" | b"porn" | b"onion" | b"se" | b"dk"
        | b"fi" | b"nl" | b"cz" | b"hu" | b"ro" | b"lt" | b"lv" | b"jp" | b"cn" | b"br" | b"mx" | b"au" | b"nz"
        | b"za" | b"scot" | b"wales" | b"cymru" | b"london" | b"ng" | b"pk" | b"tk" | b"ml" | b"ws" | b"gl" | b"ch"
        | b"pt" | b"gr" | b"bg" | b"cy" | b"mobi" => Some(Ending::Sure),
        b"me" | b"to" | b"in" | b"it" | b"us" | b"be" | b"live" | b"chat" | b"club" | b"page" | b"pro" | b"site"
        | b"link" | b"online" | b"shop" | b"id" | b"lol" | b"test" | b"example" | b"sex" | b"cam" | b"co" | b"so"
        | b"app" | b"dev" | b"fr" | b"ai" | b"gg" | b"no" | b"is" | b"at" | b"am" | b"es" | b"la" | b"st" | b"my"
        | b"vip" | b"space" | b"store" | b"world" | b"team" | b"group" | b"ee" | b"pl" | b"social" | b"party"
        | b"games" | b"fun" | b"zone" | b"plus" | b"work" | b"bio" | b"codes" | b"video" | b"blog" | b"art"
        | b"one" | b"win" | b"money" | b"cash" | b"im" | b"ms" | b"as" | b"sk" | b"sh" | b"gle" | b"py" => {
            Some(Ending::Word)
        }
        _ => None,
    }
}

/// Whether a host is an allowed one or belongs to it.
pub(super) fn is_allowed(host: &[u8], allow: &[String]) -> bool {
    allow.iter().any(|allowed| {
        host.strip_suffix(allowed.as_bytes())
            .is_some_and(|rest| rest.is_empty() || matches!(rest.last(), Some(b'.' | b'@' | b'/')))
    })
}

/// The name as it is used, however it is written.
pub(super) fn plain(bytes: &[u8], host: &Host) -> Vec<u8> {
    let written = &bytes[host.range.clone()];
    if host.dots == Dots::Tight {
        return written.to_vec();
    }
    let labels: Vec<&[u8]> = words(written).map(|range| &written[range]).filter(|word| *word != b"dot").collect();
    labels.join(&b'.')
}

/// The name that begins at `from`, as far as it ends in a known ending; any if its dots are tight. `dots` is how what stands
/// before it is written.
pub(super) fn read(bytes: &[u8], from: usize, mut dots: Dots) -> Option<Host> {
    let mut end = label(bytes, from)?;
    let mut best = None;
    for _ in 0..LABELS_MAX {
        let Some((start, how)) = dot(bytes, end) else { break };
        let Some(next) = label(bytes, start) else { break };
        let name = &bytes[start..next];
        dots = dots.max(how);
        let ending = ending(name);
        if ending.is_some() || dots == Dots::Tight && name.len() >= 2 && name.iter().all(u8::is_ascii_lowercase) {
            best = Some(Host { range: from..next, dots, ending });
        }
        if dots == Dots::Loose && ending.is_none() {
            break;
        }
        end = next;
    }
    best
}

/// The end of the label that begins at `from`.
fn label(bytes: &[u8], from: usize) -> Option<usize> {
    let is_label = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || **byte == b'-';
    let length = bytes.get(from..)?.iter().take(LABEL_MAX).take_while(is_label).count();
    (length > 0).then_some(from + length)
}

/// Where the next label begins if a dot of some kind stands at `at`, and how it is written.
fn dot(bytes: &[u8], at: usize) -> Option<(usize, Dots)> {
    const BRACKETED: [&[u8]; 8] = [b"(dot)", b"[dot]", b"{dot}", b"<dot>", b"*dot*", b"(.)", b"[.]", b"{.}"];
    let spaces = |from: usize| bytes[from..].iter().take(2).take_while(|byte| **byte == b' ').count();
    let before = spaces(at);
    let sign = at + before;
    let rest = &bytes[sign..];
    let bracket = matches!(rest.first()?, b'(' | b'[' | b'{' | b'<' | b'*');
    if bracket && let Some(written) = BRACKETED.iter().find(|written| rest.starts_with(written)) {
        let end = sign + written.len();
        return Some((end + spaces(end), Dots::Spelled));
    }
    if before > 0 && rest.starts_with(b"dot ") {
        let end = sign + 3;
        return Some((end + spaces(end), Dots::Spelled));
    }
    let end = sign + 1;
    match (rest.first()?, before, rest.get(1).map_or(0, |_| spaces(end))) {
        (b'.', 0, 0) => Some((end, Dots::Tight)),
        (b'.', 1.., after @ 1..) => Some((end + after, Dots::Spaced)),
        (b'.', _, after) => Some((end + after, Dots::Loose)),
        (b',', 0, 0) => Some((end, Dots::Loose)),
        // "example com".
        (b'c', 1, _) if rest.starts_with(b"com") && !rest.get(3).is_some_and(|byte| is_word(*byte)) => {
            Some((sign, Dots::Loose))
        }
        _ => None,
    }
}
