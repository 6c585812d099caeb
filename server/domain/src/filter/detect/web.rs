//! E-mail addresses, links and names on social networks, as they are written to be used or spelled out to be understood.

use super::regex;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Endings of host names that people use; a word with a dot before one of these is taken for a link.
const ENDINGS: &str = "com|net|org|uk|io|gg|me|co|app|ly|tv|info|biz|xyz|link|live|online|site|shop|chat|club|dev|gov|edu|eu|us|ca|de|fr|ie|ru|in|ai|be|to|cc|pl|it|fm|id|vip|pro|page|page|lol|wtf|sex|cam|porn|onion|example|test";
/// Endings that are words as well: they need a path or a scheme.
const WORDY: &str =
    "me|to|in|it|us|be|live|chat|club|page|pro|site|link|online|shop|id|lol|test|example|sex|cam|co|so|app|dev";

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[a-z0-9][a-z0-9._%+-]* {0,2}@ {0,2}[a-z0-9][a-z0-9-]*(?: {0,2}(?:\.|\(dot\)|\[dot\]| dot ) {0,2}[a-z0-9-]{2,})+",
    )
});
static SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r"[a-z0-9._%+()\[\]-]{{2,}}[ ]?(?:[(\[<{{]at[)\]>}}]| at |@)[ ]?[a-z0-9-]+(?:[ ]?(?:\.|[(\[<{{]dot[)\]>}}]| dot )[ ]?[a-z0-9-]+)*[ ]?(?:\.|[(\[<{{]dot[)\]>}}]| dot )[ ]?(?:{ENDINGS})\b"
    ))
});
static MAY_BE_SPELLED: LazyLock<Regex> = LazyLock::new(|| regex(r"\bdot\b|[(\[<{]at[)\]>}]"));
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r"(?:https?|ftp|hxxps?)://[^ \n]+|www\.[a-z0-9-]+[^ \n]*|(?:[a-z0-9][a-z0-9-]*\.)+(?P<end>{ENDINGS})(?P<port>:[0-9]+)?(?P<path>/[^ \n]*)?(?:[^a-z0-9]|$)"
    ))
});
static SPELLED_LINK: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r"\b(?:[a-z0-9-]+ dot )+(?:{ENDINGS})(?: slash [a-z0-9_-]+)*\b|\bhttps?[: ]+slash[ ]+slash [a-z0-9-]+|\b[a-z0-9-]+ slash [a-z0-9-]+ dot [a-z]+"
    ))
});
static WORDY_END: LazyLock<Regex> = LazyLock::new(|| regex(&format!("^(?:{WORDY})$")));
const PLATFORM: &str = "insta(?:gram)?|ig|snap(?:chat)?|sc|disc(?:ord)?|psn|xbox(?: live)?|gamer ?tag|tik ?tok|telegram|tele|kik|face ?book|fb|twitter|roblox|fortnite|epic|steam|twitch|bereal|signal|whatsapp|wickr|threads|reddit|youtube|yt|paypal|cash ?app|revolut|monzo";
static HANDLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r"(?:^|[^a-z0-9.@])(?P<at>@[a-z0-9_.]*[a-z_][a-z0-9_.]*[a-z0-9_])|(?:your|ur|yr) (?P<ask>@)(?:[^a-z0-9]|$)|\b(?:{PLATFORM})\b(?:[ ,]+(?:is|s|as|name|user|username|handle|tag|id|called|under|me|at|its|it))*[ ]*[:=>-]*[ ]*@?(?P<name>[a-z0-9_.#-]*[a-z][0-9_.#][a-z0-9_.#-]*[a-z0-9_]|[a-z0-9]+[_.#][a-z0-9_.#]*[a-z0-9]|[a-z][a-z0-9_]*[0-9]+[a-z0-9_]*)\b"
    ))
});

/// E-mail addresses.
pub(super) fn addresses(bytes: &[u8], allow: &[String], found: &mut Vec<Range<usize>>) {
    let mut add = |regex: &Regex| {
        for hit in regex.find_iter(bytes) {
            let host_allowed = allow.iter().any(|host| ends_with_host(hit.as_bytes(), host));
            if !host_allowed
                && !found.iter().any(|known: &Range<usize>| known.start < hit.end() && hit.start() < known.end)
            {
                found.push(hit.range());
            }
        }
    };
    if bytes.contains(&b'@') {
        add(&EMAIL);
    }
    if MAY_BE_SPELLED.is_match(bytes) {
        add(&SPELLED);
    }
}

fn ends_with_host(text: &[u8], host: &str) -> bool {
    text.strip_suffix(host.as_bytes())
        .is_some_and(|rest| rest.is_empty() || matches!(rest.last(), Some(b'.' | b'@' | b'/')))
}

/// Links, with or without a scheme.
pub(super) fn links(bytes: &[u8], allow: &[String], found: &mut Vec<Range<usize>>) {
    let dotted = bytes
        .windows(3)
        .any(|three| three[1] == b'.' && three[0].is_ascii_alphanumeric() && three[2].is_ascii_alphanumeric());
    if dotted || bytes.windows(3).any(|three| three == b"://") {
        for hit in LINK.captures_iter(bytes) {
            let Some(all) = hit.get(0) else { continue };
            let text = all.as_bytes();
            let wordy = hit.name("end").is_some_and(|end| WORDY_END.is_match(end.as_bytes()));
            let path = hit.name("path").is_some_and(|path| path.len() > 1);
            // What follows an @ is an address and told as one; "it.me" is a missing space.
            let mail = all.start() > 0 && bytes[all.start() - 1] == b'@';
            if (wordy && !path) || mail || allowed(text, allow) {
                continue;
            }
            let end = hit.name("path").or(hit.name("port")).or(hit.name("end")).map_or(all.end(), |last| last.end());
            found.push(all.start()..end);
        }
    }
    if MAY_BE_SPELLED.is_match(bytes) || bytes.windows(6).any(|six| six == b" slash") {
        found.extend(
            SPELLED_LINK.find_iter(bytes).filter(|hit| !allowed_words(hit.as_bytes(), allow)).map(|hit| hit.range()),
        );
    }
}

/// Whether the host of a link is an allowed one or belongs to it.
fn allowed(link: &[u8], allow: &[String]) -> bool {
    let after_scheme = link.windows(3).position(|three| three == b"://").map_or(link, |at| &link[at + 3..]);
    let end = after_scheme.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')));
    let host = &after_scheme[..end.unwrap_or(after_scheme.len())];
    let host = host.strip_suffix(b".").unwrap_or(host);
    allow.iter().any(|allowed| ends_with_host(host, allowed))
}

fn allowed_words(link: &[u8], allow: &[String]) -> bool {
    let written: Vec<u8> = String::from_utf8_lossy(link).replace(" dot ", ".").into_bytes();
    allowed(&written, allow)
}

/// Names on social networks and games.
pub(super) fn handles(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    for hit in HANDLE.captures_iter(bytes) {
        let Some(name) = hit.name("at").or(hit.name("name")).or(hit.name("ask")) else { continue };
        // "@example.com" is an address, found as one.
        found.push(name.range());
    }
}
