//! Names on social networks, in games and at post boxes: after an `@`, or near the word for a network.

use super::host::{self, Ending};
use super::mail::PROVIDERS;
use super::{Words, regex, set, word_before};
use crate::filter::view::{View, is_word};
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest name after an `@`, in bytes.
const NAME_MAX: usize = 40;
/// How many words before or after it a network still belongs to a name.
const NEAR: usize = 5;
/// Whether a text may have a name that is not after an `@`.
static MAY_BE_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    let names: Vec<_> = NETWORKS.iter().chain(&PROVIDERS).map(|name| String::from_utf8_lossy(name)).collect();
    regex(&format!(r"_|👻|\b(?:add|follow|{})\b", names.join("|")))
});
/// The fewest letters of a name that has nothing unusual.
const PLAIN_MIN: usize = 4;

/// Networks, games and the like that one has a name at; post boxes are known elsewhere.
static NETWORKS: Words = LazyLock::new(|| {
    set(
        "insta instagram ig instas snap snapchat snapchats sc disc discord psn ps xbox gamertag tiktok telegram tele tg kik \
    facebook fb twitter roblox robloks rblx fortnite epic steam twitch bereal signal whatsapp wickr threads reddit \
    youtube yt paypal cashapp revolut monzo linkedin pinterest vsco yubo wizz minecraft nintendo activision username \
    finsta alt skype viber acc handle cashtag bluesky mastodon tumblr vrchat",
    )
});

/// Words before an `@` that stands for a name.
static OWNERS: Words =
    LazyLock::new(|| set("your ur yr yer ya my the same an whats what wats wots any his her got drop new"));

/// Words that say that a name comes, even with no network before: "its kay.xo on snap".
static TELLING: Words = LazyLock::new(|| {
    set("its it's im i'm am name names called user username under mine mines add follow find search as tag handle")
});

/// Networks that one asks for by their name alone.
static ASKED: Words = LazyLock::new(|| {
    set(
        "insta instagram ig snap snapchat sc discord psn whatsapp telegram kik facebook fb tiktok gamertag username skype \
    bereal yubo wizz",
    )
});

/// Endings of files.
static FILES: Words = LazyLock::new(|| {
    set("doc docx pdf txt odt xls xlsx csv ppt pptx jpg jpeg png gif mp3 mp4 zip exe py js html css conf list deb")
});

/// Words with a number behind that are things: "year11", "fifa24".
static SERIES: Words = LazyLock::new(|| {
    set(
        "fifa year covid iphone windows madden halo tekken season chapter level part series ipad galaxy week unit room form \
    xbox",
    )
});

/// Words that follow a sign like any other: "on discord: they said".
static COMMON: Words = LazyLock::new(|| {
    set(
        "they what when where which please show update this that there then dont your have just make never always people \
    some someone with from more because also only good nope none rubbish still like posting mention does",
    )
});

/// Words between a network and a name, or before a name.
static LEADING: Words = LazyLock::new(|| {
    set(
        "is s as name names user username handle tag id called under me at its it's it im i'm am mine mines add follow find \
    search account acc are just by on there my addy still now u you can",
    )
});

/// What follows an `@` and is no name: places, times, stand-ins.
static NO_NAMES: Words = LazyLock::new(|| {
    set(
        "user username name all everyone here home work school college uni the my your ur me least night noon midnight gym \
    town lunch mine yours",
    )
});

/// Names that somebody can be found by.
pub(super) fn handles(base: &View, found: &mut Vec<Range<usize>>) {
    at_names(&base.bytes, found);
    named(base, found);
}

/// Names with an `@` before them, and an `@` that stands for one: "what's your @".
fn at_names(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    let mut free = 0;
    while let Some(sign) = bytes[free..].iter().position(|byte| *byte == b'@').map(|at| free + at) {
        free = sign + 1;
        if sign > 0 && (bytes[sign - 1].is_ascii_alphanumeric() || matches!(bytes[sign - 1], b'.' | b'@')) {
            continue;
        }
        let of_name =
            |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-');
        let length = bytes[free..].iter().take(NAME_MAX).take_while(of_name).count();
        let name = &bytes[free..free + length];
        let name = &name[..name.iter().rposition(|byte| !matches!(byte, b'.' | b'-')).map_or(0, |last| last + 1)];
        if is_name(name) {
            found.push(sign..free + name.len());
        } else if length == 0 && word_before(bytes, sign).is_some_and(|word| OWNERS.contains(&bytes[word])) {
            found.push(sign..free);
        }
        free += length;
    }
}

/// Whether what follows an `@` is a name, and neither a time, a place nor a stand-in for any name.
fn is_name(name: &[u8]) -> bool {
    let letters = name.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let hour = name.first().is_some_and(u8::is_ascii_digit) && letters <= 3;
    letters > 0 && !hour && name.len() >= 2 && !NO_NAMES.contains(name)
}

/// What was seen so far of a network and a name.
#[derive(Default)]
struct Seen {
    /// How many words ago a network was named.
    network: Option<usize>,
    /// Every word since is one that leads to a name.
    leads: bool,
    /// A sign such as `=` stands before the next word.
    sign: bool,
    /// The last word leads to a name.
    led: bool,
    /// The last word asks to be added.
    adds: bool,
    /// A name without a network, and how many words ago.
    name: Option<(Range<usize>, usize)>,
}

/// Names near a network: "snap is jay_04", "im jay2011 on roblox", "discord = jay".
fn named(base: &View, found: &mut Vec<Range<usize>>) {
    let bytes = &base.bytes;
    if !MAY_BE_NAMED.is_match(bytes) {
        return;
    }
    let mut seen = Seen::default();
    for token in tokens(bytes) {
        let core = core(bytes, &token);
        let word = &bytes[core.clone()];
        let signed = matches!(bytes[token.end - 1], b':' | b'=');
        if word.is_empty() {
            seen.sign |= seen.network.is_some_and(|ago| ago <= 2) && is_sign(&bytes[token]);
        } else if is_network(word) {
            // A network and nothing else is a question: "snap?"
            if bytes[token.end - 1] == b'?' && begins(base, token.start) && ASKED.contains(word) {
                found.push(core);
            }
            if let Some((name, _)) = seen.name.take_if(|(_, ago)| *ago < NEAR) {
                found.push(name);
            }
            seen = Seen { network: Some(0), leads: true, sign: signed, ..Seen::default() };
        } else if LEADING.contains(word) {
            seen.step(true);
            seen.led = TELLING.contains(word);
            seen.adds = matches!(word, b"add" | b"follow");
            seen.sign = signed && seen.network.is_some();
        } else {
            let near = seen.network.is_some_and(|ago| ago < NEAR);
            let unusual = is_unusual(word);
            let told = near && (unusual && seen.leads || seen.sign && is_plain(word) && !COMMON.contains(word));
            if told {
                found.push(core);
                seen = Seen::default();
            } else {
                let led = seen.led;
                seen.step(false);
                let made_up = word.contains(&b'_') || seen.adds && word.iter().any(u8::is_ascii_digit);
                seen.adds = false;
                if unusual && led && made_up {
                    found.push(core);
                } else if unusual && led {
                    seen.name = Some((core, 0));
                }
            }
        }
    }
}

/// Whether a message or a sentence begins here.
fn begins(base: &View, start: usize) -> bool {
    let Some(before) = base.bytes[..start].iter().rposition(|byte| *byte != b' ') else { return true };
    matches!(base.bytes[before], b'.' | b'?' | b'!' | b'\n') || base.cells[before].part != base.cells[start].part
}

impl Seen {
    fn step(&mut self, leads: bool) {
        self.network = self.network.map(|ago| ago + 1);
        if let Some((_, ago)) = &mut self.name {
            *ago += 1;
        }
        self.leads &= leads;
        self.led = false;
        self.sign = false;
    }
}

/// What stands between spaces.
fn tokens(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let space = |byte: &u8| matches!(byte, b' ' | b'\n' | b',');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| !space(byte))?;
        at = bytes[start..].iter().position(space).map_or(bytes.len(), |length| start + length);
        Some(start..at)
    })
}

/// A token without the signs around it.
fn core(bytes: &[u8], token: &Range<usize>) -> Range<usize> {
    let inner = |byte: &u8| is_word(*byte) || *byte == b'_';
    let written = &bytes[token.clone()];
    let Some(first) = written.iter().position(inner) else { return token.start..token.start };
    let last = written.iter().rposition(inner).unwrap_or(first);
    token.start + first..token.start + last + 1
}

fn is_sign(token: &[u8]) -> bool {
    matches!(token, b":" | b"=" | b"-" | b"->" | b">" | b"=>" | b"@" | b"~" | b":-" | b"==")
}

/// Whether a word looks made up: with a low line, a number sign, a dot or a digit inside.
fn is_unusual(word: &[u8]) -> bool {
    let letters = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let dots = word.iter().filter(|byte| **byte == b'.').count();
    let of_name =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-' | b'#');
    if word.len() < 4 || letters < 2 || !word.iter().all(of_name) {
        return false;
    }
    let stem = word.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    // "gta5", "ps5" and "year11" are things, "20mins" and "2nite" are words.
    let thing = digits > 0 && (stem <= 3 || stem + digits == word.len() && SERIES.contains(&word[..stem]));
    // "wait...what" is no name, a host is a link, and "cv_v3.docx" a file.
    let other = |label: &[u8]| host::ending(label) == Some(Ending::Sure) || FILES.contains(label);
    let ends = word.iter().rposition(|byte| *byte == b'.').map(|dot| &word[dot + 1..]);
    if word.windows(2).any(|two| two == b"..") || ends.is_some_and(other) {
        return false;
    }
    word.contains(&b'_') || word.contains(&b'#') || dots > 0 || digits > 0 && !thing
}

/// Whether a word may be a name after "snap =".
fn is_plain(word: &[u8]) -> bool {
    word.len() >= PLAIN_MIN
        && word
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-'))
}

/// A network, a game or a post box that one has a name at.
fn is_network(word: &[u8]) -> bool {
    NETWORKS.contains(word) || PROVIDERS.contains(&word) || word == "👻".as_bytes()
}
