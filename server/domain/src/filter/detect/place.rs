//! Postcodes and street addresses of the United Kingdom.

use super::regex;
use regex::bytes::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Postcode areas; a code outside them is not a postcode.
const AREAS: &str = "ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec eh en ex fa fk fy g gl \
    gu ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr \
    rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze gy";

static POSTCODE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?P<area>[a-z]{1,2})[0-9](?:[0-9]|[a-hjkmnp-y])?[ ,.-]{0,2}[0-9][abd-hjlnp-uw-z]{2}\b"));
static STREET: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:[0-9]{1,4}[a-z]?(?: ?[/-] ?[0-9]{1,4})?),? (?:[a-z']+ ){1,3}(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|crescent|terrace|gardens|grove|court|mews|parade|row|walk|rise|hill|square|place|gate|view|green|estate|tower|towers|house|heights)\b|\bflat [0-9]{1,4}[a-z]?,? (?:[0-9]{1,4}[a-z]?,? )?[a-z]+",
    )
});
/// What ends like a street and is none: "2 weeks at my place", "3 days off the estate".
static NO_STREET: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^[0-9]+[a-z]?,? (?:[a-z']+ )*(?:a|an|the|my|your|his|her|our|their|in|on|at|of|to|for|from|and|or|with|hours?|hrs|mins?|minutes?|days?|weeks?|months?|years?|yrs|miles?|am|pm|people|times?|more|per|is|was|are|x|th|points?|goals?|bedroom|bed|pack|of|off|by|so|as|it|i|you|we|they|this|that|star|story|night|nights)\b",
    )
});

/// Postcodes and streets with a number.
pub(super) fn addresses(bytes: &[u8], found: &mut Vec<Range<usize>>) {
    if !bytes.iter().any(u8::is_ascii_digit) {
        return;
    }
    for hit in POSTCODE.captures_iter(bytes) {
        let (Some(all), Some(area)) = (hit.get(0), hit.name("area")) else { continue };
        let known = AREAS.split_ascii_whitespace().any(|known| known.as_bytes() == area.as_bytes());
        let ordinal =
            matches!(&all.as_bytes()[all.len() - 2..], b"st" | b"nd" | b"rd" | b"th" | b"hr" | b"ft" | b"gb" | b"tb");
        if known && !ordinal {
            found.push(all.range());
        }
    }
    for hit in STREET.find_iter(bytes).filter(|hit| !NO_STREET.is_match(hit.as_bytes())) {
        found.push(hit.range());
    }
}
