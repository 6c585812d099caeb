//! Everybody in this repository is made up: telephone numbers that could be somebody's are those that Ofcom keeps for drama, and addresses of
//! mail are at names that RFC 2606 keeps for examples, or stand in the rules.

use crate::tidy::files;

const ENDINGS: [&str; 9] = [".rs", ".ts", ".tsx", ".jsonl", ".txt", ".toml", ".md", ".csv", ".html"];

/// What somebody's own number begins with, as far as Ofcom keeps it for drama
/// (<https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama>).
const DRAMA: [&str; 17] = [
    "07700900", "01134960", "01144960", "01154960", "01164960", "01174960", "01184960", "01214960", "01314960",
    "01414960", "01514960", "01614960", "02079460", "01914980", "0289649", "02920180", "01632960",
];

/// Numbers of mobiles and of places in a text: 01, 02 or 07 and eight or nine digits more, however they are parted.
fn numbers(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let begins = chars[at] == '0' && matches!(chars.get(at + 1), Some('1' | '2' | '7'));
        let apart =
            at == 0 || !(chars[at - 1].is_ascii_alphanumeric() || matches!(chars[at - 1], '.' | '_' | '-' | ':' | ','));
        if !begins || !apart {
            at += 1;
            continue;
        }
        let (mut end, mut digits) = (at, String::new());
        while digit(end) || (matches!(chars.get(end), Some(' ' | '-')) && digit(end + 1)) {
            if digit(end) {
                digits.push(chars[end]);
            }
            end += 1;
        }
        // Twelve digits and more are no number of this country's, and so are times and dates.
        if matches!(digits.len(), 10 | 11) && !chars.get(end).is_some_and(char::is_ascii_alphanumeric) {
            found.push(digits);
        }
        at = end.max(at + 1);
    }
    found
}

#[test]
fn no_telephone_number_in_the_repository_can_be_somebodys() {
    let mut found = Vec::new();
    for (path, text) in files(&ENDINGS) {
        let somebodys = numbers(&text).into_iter().filter(|number| !DRAMA.iter().any(|kept| number.starts_with(kept)));
        found.extend(somebodys.map(|number| format!("{path}: {number}")));
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(
        numbers(concat!("on 071", "23 456789, or (020) 1234, at 01632 960 123")),
        [concat!("071", "23456789"), "01632960123"]
    );
    assert!(numbers("2026-01-28T01:22:07 and id 0712345678901234").is_empty());
}

/// The names at which addresses of mail may be made up.
fn is_kept(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    // An office of the state is nobody, and the rules let its addresses through.
    let ends = [
        ".gov.uk",
        ".example",
        ".test",
        ".invalid",
        ".localhost",
        "example.com",
        "example.org",
        "example.net",
        "example.co.uk",
        "example.ac.uk",
    ];
    ends.iter().any(|end| domain.ends_with(end))
}

#[test]
fn no_address_of_mail_in_the_stories_and_tests_of_the_server_can_be_somebodys() {
    let mut found = Vec::new();
    for (path, text) in files(&[".rs", ".ts", ".tsx", ".txt"]) {
        let words = text.split(|c: char| c.is_whitespace() || "\"'`<>()[]{},;|!".contains(c));
        for word in words.filter(|word| word.contains('@') && word.contains('.')) {
            let Some((name, domain)) = word.split_once('@') else { continue };
            let mail = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
            let host = domain
                .split_once('.')
                .is_some_and(|(_, end)| end.len() >= 2 && end.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.'));
            if mail && host && !is_kept(domain) {
                found.push(format!("{path}: {word}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
