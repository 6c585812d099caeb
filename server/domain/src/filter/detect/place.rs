//! Places where somebody is found: postcodes and street addresses of the United Kingdom, rooms of a house, coordinates, and
//! the three words of a map.

use super::{Words, numerals, set, word_after, word_before, words};
use crate::filter::view::is_word;
use std::ops::Range;
use std::sync::LazyLock;

/// Postcode areas; a code outside them is not a postcode.
const AREAS: &str = "ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec eh en ex fa fk fy g gl \
    gu ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr \
    rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze gy";
/// The most words between the number and the word for the street.
const NAME_WORDS: usize = 3;
/// How many words of a street are kept in mind.
const KEPT: usize = NAME_WORDS + 2;

/// Words before an address.
static LEADING: Words = LazyLock::new(|| {
    set("to at is s its im m live lives on address outside number no round from stay staying home near opposite house")
});

/// Things that are counted and measured.
static MEASURES: Words = LazyLock::new(|| {
    set(
        "hour hours hr hrs min mins minute minutes sec second seconds day days week weeks month months year years yr yrs \
    mile miles km k metre metres meter meters m foot feet ft inch inches cm mm am pm p pound pounds percent point \
    points goal goals bed beds bedroom bedrooms bedroomed room star stars story storey nights night th rd gb tb grand \
    players person piece speed wheel door litre mph",
    )
});

/// Words that are no part of the name of a street: "2 weeks at my place", "10 of the way".
static ORDINARY: Words = LazyLock::new(|| {
    set(
        "a an the my your ur his her our their in on at of to for from and or with per is was are x off by so as it i you u \
    we they this that more pack way lane full whole different times time out but if when then no not up down into over \
    can did do go went got get have had be just about all any some ppl people lads men man girls boys kids sort pay \
    other big small new old nice short hard good bad main dead cross country busy first last next half quid car bus \
    dog test practice driving jump downing gig disk flash pen usb charity fun family lovely ne either one each both \
    same long easy only right wrong",
    )
});

/// Postcodes, streets with a number, flats, and places on a map.
pub(super) fn addresses(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    if bytes.contains(&b'/') {
        three_words(bytes, found);
    }
    if numerals(bytes) == 0 {
        return;
    }
    let mut last: [Range<usize>; KEPT] = [const { 0..0 }; KEPT];
    for word in words(bytes) {
        last.rotate_left(1);
        last[KEPT - 1] = word.clone();
        let place = postcode(bytes, &last[KEPT - 2], &word).or_else(|| flat(bytes, &last[KEPT - 2], &word));
        if let Some(place) = place.or_else(|| street(bytes, &last)) {
            found.push(place);
        }
    }
    coordinates(bytes, found);
}

/// A postcode in one word or in this one and the one before.
fn postcode(bytes: &[u8], before: &Range<usize>, word: &Range<usize>) -> Option<Range<usize>> {
    let (start, outward, inward) = match &bytes[word.clone()] {
        whole @ [.., _, _, _, _, _] if whole.len() <= 7 => {
            (word.start, &whole[..whole.len() - 3], &whole[whole.len() - 3..])
        }
        inward @ [_, _, _] => {
            let gap = &bytes[before.end.min(word.start)..word.start];
            let near = gap.len() <= 2 && gap.iter().all(|byte| matches!(byte, b' ' | b',' | b'.' | b'-'));
            (before.start, if near { &bytes[before.clone()] } else { &[][..] }, inward)
        }
        _ => return None,
    };
    let letters = outward.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    let district = &outward[letters..];
    let of_inward = |byte: &u8| byte.is_ascii_lowercase() && !matches!(byte, b'c' | b'i' | b'k' | b'm' | b'o' | b'v');
    let shaped = matches!(district, [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9' | b'a'..=b'z'])
        && inward[0].is_ascii_digit()
        && inward[1..].iter().all(of_inward);
    // "the 14 m4 1st", "b1 2hr": counts and measures.
    let measure = matches!(
        &inward[1..],
        b"st" | b"nd" | b"rd" | b"th" | b"hr" | b"ft" | b"gb" | b"tb" | b"be" | b"us" | b"ya" | b"yr"
    );
    let known = || AREAS.split_ascii_whitespace().any(|known| known.as_bytes() == &outward[..letters]);
    (shaped && !measure && known()).then_some(start..word.end)
}

/// The number of a flat: "flat 3b", "apt 606".
fn flat(bytes: &[u8], before: &Range<usize>, word: &Range<usize>) -> Option<Range<usize>> {
    let kind = &bytes[before.clone()];
    let is =
        matches!(kind, b"flat" | b"apt" | b"apartment" | b"appt" | b"flt" | b"suite") && is_house(&bytes[word.clone()]);
    // "a flat 3 percent", "the flat 2 days later".
    let measured = word_after(bytes, word.end).is_some_and(|next| MEASURES.contains(&bytes[next]));
    (is && matches!(&bytes[before.end..word.start], b" " | b". ") && !measured).then_some(before.start..word.end)
}

/// A street that the last word names, with the number of a house before it.
fn street(bytes: &[u8], last: &[Range<usize>; KEPT]) -> Option<Range<usize>> {
    let word = &last[KEPT - 1];
    let sure = match kind(&bytes[word.clone()])? {
        Kind::Street => true,
        Kind::Word => false,
    };
    let text = |at: usize| &bytes[last[at].clone()];
    let number =
        (KEPT - 1 - NAME_WORDS - 1..KEPT - 2).rev().find(|at| text(*at).first().is_some_and(u8::is_ascii_digit))?;
    if !is_house(text(number))
        || bytes[last[number].end..word.start]
            .iter()
            .any(|byte| matches!(byte, b'?' | b'!' | b';' | b':' | b'\n' | b'(' | b')' | b'&' | b'=' | b'"'))
    {
        return None;
    }
    let between = number + 1..KEPT - 1;
    // "7, The Paddocks" and "17b the maltings" against "at 7 the court".
    let apart = bytes.get(last[number].end) == Some(&b',') || text(number).last().is_some_and(u8::is_ascii_lowercase);
    let named = if between.len() == 1 && text(number + 1) == b"the" {
        apart && sure
    } else {
        between.clone().all(|at| is_name(text(at)))
    };
    let before = last[number].start.checked_sub(1).map_or(b' ', |at| bytes[at]);
    let priced = before >= 0x80 || matches!(before, b'$' | b'.' | b':' | b'/');
    // "its 56 bramble way" against "did 5 times each way".
    let told = word_before(bytes, last[number].start).is_some_and(|word| LEADING.contains(&bytes[word]));
    let ends = bytes[word.end..].iter().find(|byte| **byte != b' ').is_none_or(|byte| !is_word(*byte));
    (named && !priced && (sure || ends || told)).then_some(last[number].start..word.end)
}

/// The number of a house: up to four digits, perhaps with a letter.
fn is_house(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=5).contains(&digits) && matches!(word[digits..], [] | [b'a'..=b'h'])
}

enum Kind {
    /// Seldom anything but a street.
    Street,
    /// An ordinary word as well.
    Word,
}

/// What the last word of a street is.
fn kind(word: &[u8]) -> Option<Kind> {
    match word {
        b"street" | b"road" | b"rd" | b"avenue" | b"ave" | b"crescent" | b"cres" | b"terrace" | b"gardens"
        | b"gdns" | b"grove" | b"mews" | b"parade" | b"paddocks" | b"paddock" | b"villas" | b"cottages" | b"wynd"
        | b"brae" | b"garth" | b"croft" | b"quays" | b"quay" | b"wharf" | b"close" | b"lane" | b"court" | b"drive"
        | b"meadows" | b"meadow" | b"orchard" | b"towers" | b"mansions" | b"cl" | b"crt" | b"ln" | b"esplanade"
        | b"promenade" | b"broadway" | b"boulevard" | b"maltings" | b"willows" | b"limes" | b"elms" | b"oaks"
        | b"poplars" | b"laurels" | b"cedars" | b"firs" | b"beeches" | b"glade" | b"stryd" | b"ffordd" | b"heol" => {
            Some(Kind::Street)
        }
        b"st" | b"way" | b"walk" | b"rise" | b"row" | b"place" | b"house" | b"view" | b"bank" | b"square" | b"hill"
        | b"gate" | b"green" | b"park" | b"estate" | b"tower" | b"heights" | b"vale" | b"dale" | b"mount" | b"fold"
        | b"chase" | b"end" | b"fields" | b"field" | b"side" | b"building" | b"buildings" | b"block" | b"point"
        | b"lodge" | b"cottage" | b"farm" | b"gr" | b"dr" | b"ct" | b"sq" | b"pl" | b"ter" | b"loan" | b"ridge"
        | b"spinney" | b"copse" | b"approach" | b"circus" | b"hey" | b"nook" | b"yard" => Some(Kind::Word),
        _ => None,
    }
}

/// Whether a word may be part of the name of a street: "2 weeks at my place", "5 minute drive" and "10 of the way" are none.
fn is_name(word: &[u8]) -> bool {
    word.len() >= 2
        && !ORDINARY.contains(word)
        && !MEASURES.contains(word)
        && word.iter().all(|byte| byte.is_ascii_lowercase() || *byte >= 0x80)
}

/// `///filled.count.soap`: the sign of a map and three words.
fn three_words(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    let mut free = 0;
    while let Some(at) = bytes[free..].windows(3).position(|three| three == b"///").map(|at| free + at) {
        let from = at + 3;
        let of_words = |byte: &&u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b' ') || **byte >= 0x80;
        let length = bytes[from..].iter().take(80).take_while(of_words).count();
        let written = &bytes[from..from + length];
        if written.iter().filter(|byte| **byte == b'.').count() >= 2 || words(written).count() >= 3 {
            found.push(at..from + length);
        }
        free = from + length;
    }
}

/// Two numbers with three or more decimals each: "54.0000, -3.0000".
fn coordinates(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    let mut first: Option<Range<usize>> = None;
    let mut free = 0;
    while let Some(dot) = bytes[free..].iter().position(|byte| *byte == b'.').map(|at| free + at) {
        let digit = |byte: &&u8| byte.is_ascii_digit();
        let whole = bytes[free..dot].iter().rev().take(4).take_while(digit).count();
        let parts = bytes[dot + 1..].iter().take(16).take_while(digit).count();
        let here = dot - whole..dot + 1 + parts;
        free = here.end;
        let is = (1..=3).contains(&whole) && parts >= 3 && bytes.get(here.end) != Some(&b'.');
        let pair = first.take().filter(|first| {
            let between = &bytes[first.end..here.start];
            is && between.len() <= 6
                && between
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b',' | b'-' | b'+' | b'n' | b'e' | b'w' | b's' | b'/'))
        });
        match pair {
            Some(first) => found.push(first.start..here.end),
            None => first = is.then_some(here),
        }
    }
}
