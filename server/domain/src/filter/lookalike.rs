//! Characters that look like a letter or a digit and that compatibility decomposition leaves alone. Never touches ASCII: `m`
//! must not become `rn`. Rows are those of UTS #39 whose prototype is one ASCII letter, and emoji used as letters.

use std::sync::LazyLock;

const LOOKALIKES: [(u8, &str); 36] = [
    (b'a', "аАαΑɑᴀᎪᗅ∀ᾳⱥȺ🅐🅰ᥲꓮ"),
    (b'b', "вВβΒЬьʙᏴɓƀɃᖯ🅑🅱ƅᛒꓐ"),
    (b'c', "сСϲϹᴄⅽᏟƈȼȻ©🅒🅲ꓚ¢ↄ"),
    (b'd', "ԁᴅɗđĐᎠᗞ🅓🅳ꓒð"),
    (b'e', "еЕεΕєЄэЭᴇᎬɛ℮ɇɆəǝ🅔🅴ꓰ€"),
    (b'f', "ғҒϝᖴƒꞙ🅕🅵ꓝ"),
    (b'g', "ɡԍɢᏀǥǤɠց🅖🅶ꓖ"),
    (b'h', "һҺнНհΗʜᎻħĦ🅗🅷ꓧ"),
    (b'i', "іІιΙɪıᎥӏⅰ∣ɨƗ🅘🅸ꓲ"),
    (b'j', "јЈϳᎫɉɈ🅙🅹ꓙ"),
    (b'k', "кКκΚᴋᏦƙⱪ🅚🅺ꓗ"),
    (b'l', "ⅼʟᏞłŁƚȽ🅛🅻ꓡɭ"),
    (b'm', "мМΜᴍᎷⅿ🅜🅼ꓟ"),
    (b'n', "пПηΝɴոռ🅝🅽ꓠƞ"),
    (b'o', "оОοΟσօᴏ⭕◯○●øØᎤ🅞🅾ꓳөӨθ"),
    (b'p', "рРρΡᴘᏢþ🅟🅿ꓑƥ"),
    (b'q', "ԛԚզ🅠🆀"),
    (b'r', "ɾгГᴦʀᏒ®🅡🆁ꓣя"),
    (b's', "ѕЅꜱᏚʂ🅢🆂ꓢƨ"),
    (b't', "тТτΤᴛᎢŧŦ†🅣🆃ꓔ✝"),
    (b'u', "υսᴜ∪ʉɄ🅤🆄ꓴμц"),
    (b'v', "νѵᴠⅴ∨🅥🆅ꓦ"),
    (b'w', "ԝԜшШωᴡᎳⱳ🅦🆆ꓪѡ"),
    (b'x', "хХχΧⅹ×🅧🆇ꓫ"),
    (b'y', "уУγΥүҮʏɏɎ🅨🆈ꓬ¥ყ"),
    (b'z', "ᴢᏃƶƵζΖ🅩🆉ꓜ"),
    (b'0', "⓿⓪🄋"),
    (b'1', "❶➊⓵"),
    (b'2', "❷➋⓶"),
    (b'3', "❸➌⓷зЗ"),
    (b'4', "❹➍⓸"),
    (b'5', "❺➎⓹"),
    (b'6', "❻➏⓺"),
    (b'7', "❼➐⓻"),
    (b'8', "❽➑⓼"),
    (b'9', "❾➒⓽"),
];

static TABLE: LazyLock<Vec<(char, u8)>> = LazyLock::new(|| {
    let mut rows: Vec<_> = LOOKALIKES.iter().flat_map(|(byte, chars)| chars.chars().map(|c| (c, *byte))).collect();
    rows.sort_unstable();
    rows
});

/// Zeros of the decimal digits that compatibility decomposition leaves in their own script.
const ZEROS: [u32; 20] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0,
    0x0F20, 0x1040, 0x17E0, 0x1810, 0x1946, 0xA620,
];

/// The ASCII letter or digit that a character looks like.
pub(super) fn plain(c: char) -> Option<u8> {
    if let Ok(at) = TABLE.binary_search_by_key(&c, |row| row.0) {
        return Some(TABLE[at].1);
    }
    let code = u32::from(c);
    if let 0x1F1E6..=0x1F1FF = code {
        return Some(b'a' + (code - 0x1F1E6) as u8);
    }
    ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| b'0' + (code - zero) as u8)
}

/// Characters that do not show, and only hide what they stand between.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Variation selectors and skin tones: part of how an emoji looks, not a way of hiding.
pub(super) fn is_style(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}
