use super::*;
use crate::filter::fold::fold;
use crate::filter::view::CURRENT;

fn view(text: &str) -> View {
    let mut view = View::default();
    fold(text, 0, CURRENT, &mut view);
    view
}

/// What a detector sees in a text, as it is folded.
fn seen(detector: Detector, text: &str) -> Vec<String> {
    let allow = ["08001111", "0808*", "gov.uk"].map(String::from);
    let base = view(text);
    let mut found = Vec::new();
    detect(detector, &allow, &base, &mut found);
    found.into_iter().map(|range| String::from_utf8_lossy(&base.bytes[range]).into_owned()).collect()
}

fn check(detector: Detector, yes: &[(&str, &str)], no: &[&str]) {
    for (text, what) in yes {
        assert!(seen(detector, text).iter().any(|found| found == what), "{text}: {:?}", seen(detector, text));
    }
    for text in no {
        assert_eq!(seen(detector, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn numbers_are_found_however_they_are_written() {
    let yes = [
        ("its 07700900123", "07700900123"),
        ("num07700900123xx", "07700900123"),
        ("+44 (0)7700 900 789.", "44 (0)7700 900 789"),
        ("0044 7700 900789", "0044 7700 900789"),
        ("(0161) 496 0722", "0161) 496 0722"),
        (
            "oh seven seven double oh nine double oh one two three",
            "oh seven seven double oh nine double oh one two three",
        ),
        ("oh seven seven double oh nine hundred two one six", "oh seven seven double oh nine hundred two one six"),
        (
            "zero seventy seven zero zero nine zero zero one two three",
            "zero seventy seven zero zero nine zero zero one two three",
        ),
        ("o77oo 9oo 837", "o77oo 9oo 837"),
        ("077 banana 009 banana 007 banana 89", "077 banana 009 banana 007 banana 89"),
        ("07.70.09.00.2.73", "07.70.09.00.2.73"),
        ("ring 7700 900 024 with a nought in front", "7700 900 024"),
        ("07700 90012 and guess the last", "07700 90012"),
        ("900 745 <- put 07700 b4 that", "900 745 <- put 07700"),
        ("read it backwards 444009 00770", "444009 00770"),
        ("phone: 451 5986", "451 5986"),
        ("787-466-5478", "787-466-5478"),
    ];
    let no = [
        "my shift is 0900 to 1730",
        "call between 1030-1130",
        "07/09/2024 at 10:30 or 12.10.25",
        "childline is 0800 1111",
        "ring 0808 808 4000",
        "order number 0451239876",
        "£1,000,000 or 67,000,000 people",
        "pi is 3.14159265358",
        "0.5179 0.5778 0",
        "34 36 38 40 42",
        "won 07 fantasy points and 900 in the league",
        "one two three four",
    ];
    check(Detector::Phone, &yes, &no);
}

#[test]
fn addresses_of_mail_are_found_plain_and_spelled() {
    let yes = [
        ("to jay.d92@example.com ok", "jay.d92@example.com"),
        ("tinymoose21 @ gmail . com", "tinymoose21 @ gmail . com"),
        ("aisha-p at mail dot example dot net", "aisha-p at mail dot example dot net"),
        ("d.h (at) example (dot) co (dot) uk", "d.h (at) example (dot) co (dot) uk"),
        ("zoe at example com", "zoe at example com"),
        ("jo@gmail", "jo@gmail"),
    ];
    let no = [
        "at work dot dot dot never home",
        "lunch @ 12",
        "meet @ costa. see you",
        "look at www.example.com",
        "help@dwp.gov.uk",
        "she is at home",
    ];
    check(Detector::Email, &yes, &no);
}

#[test]
fn links_are_found_with_and_without_a_scheme() {
    let yes = [
        ("https://example.org/v/88213, look", "https://example.org/v/88213"),
        ("t.me/zz_room_1 now", "t.me/zz_room_1"),
        ("linktr.ee/examplemya", "linktr.ee/examplemya"),
        ("cash.app/$examplebro", "cash.app/$examplebro"),
        ("forms.gle/abc123", "forms.gle/abc123"),
        ("example . com / deals", "example . com"),
        ("example,com/party", "example,com/party"),
        ("chat(dot)example(dot)net/room/7 ok", "chat(dot)example(dot)net/room/7"),
        ("hxxps://example[.]com/abc", "example[.]com/abc"),
        ("discord dot gg slash zz92", "discord dot gg"),
        ("connect to 41.173.96.26", "41.173.96.26"),
    ];
    let no = [
        "did it.then i slept",
        "home.me and mum",
        "see www.gov.uk/apply",
        "cv_final_v3.docx",
        "version 17.4.1 and 7.5 out of 10",
        "a rom com",
        "the dot com bubble",
        "wait...what",
        "e.g. this",
        "at 192.168.0.1",
    ];
    check(Detector::Url, &yes, &no);
}

#[test]
fn names_are_found_near_a_network() {
    let yes = [
        ("its @kayz_t04", "@kayz_t04"),
        ("whats your @", "@"),
        ("psn is kayz_t04 come on", "kayz_t04"),
        ("im builderbabe2011 on roblox", "builderbabe2011"),
        ("discord = mossyrock", "mossyrock"),
        ("its kaylz.xo on snap", "kaylz.xo"),
        ("hi. snap?", "snap"),
    ];
    let no = [
        "@ 4 on the screen",
        "@user said so",
        "playing gta5 on xbox",
        "save it as cv_v3.docx",
        "on discord: they said no",
        "do you like snap?",
    ];
    check(Detector::Handle, &yes, &no);
}

#[test]
fn places_are_found() {
    let yes = [
        ("i'm at sw1a 1aa", "sw1a 1aa"),
        ("ls13ad", "ls13ad"),
        ("its 77 queens drive", "77 queens drive"),
        ("im at 7, the paddocks, ok", "7, the paddocks"),
        ("come to 56 bramble way its nice", "56 bramble way"),
        ("flat 3b, wharfinger house", "flat 3b"),
        ("54.0000, -3.0000", "54.0000, -3.0000"),
        ("///filled.count.soap", "///filled.count.soap"),
    ];
    let no = [
        "a 10 minute walk",
        "3 bedroom house",
        "at 7 the court decided",
        "came 1st in the race",
        "2 weeks at my place",
        "i did 5 times each way",
        "1.25 and 3.5",
        "m25 2nd exit",
    ];
    check(Detector::Address, &yes, &no);
}

#[test]
fn cards_and_accounts_are_found_by_their_check() {
    let yes = [
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("card 501864667909", "501864667909"),
        ("gb82 west 1234 5698 7654 32", "gb82 west 1234 5698 7654 32"),
        ("20-00-00 55779911", "20-00-00 55779911"),
    ];
    let no = ["4111 1111 1111 1112", "gb82 west 1234 5698 7654 33", "1234567890123456"];
    check(Detector::Card, &yes, &no);
}

/// Texts that look as if everything were about to be found.
const HOSTILE: [&str; 36] = [
    "0",
    "0 ",
    "0 7 7 1 2 ",
    "12 ",
    "4",
    "4 ",
    "4111 ",
    "07 ",
    "077009 ",
    "07700 x y z ",
    ".",
    "a.",
    "a. ",
    "a .",
    "oh seven ",
    "oh ",
    "a@a.",
    "@",
    "@a ",
    "a@ ",
    "at dot ",
    "a dot ",
    "at ",
    "a-a",
    "1 aa bb street ",
    "sw1a ",
    "gb82 ",
    "///",
    "1.234,",
    "snap = ",
    "its a_b ",
    "a://b.c/",
    "1.1.1.1 ",
    "double ",
    "a(dot)",
    "1/1/",
];

#[test]
fn every_detector_reads_hostile_texts_to_their_end() {
    const ALL: [Detector; 6] =
        [Detector::Phone, Detector::Email, Detector::Url, Detector::Handle, Detector::Address, Detector::Card];
    for piece in HOSTILE {
        let base = view(&piece.chars().cycle().take(2_000).collect::<String>());
        for detector in ALL {
            let mut found = Vec::new();
            detect(detector, &[], &base, &mut found);
            assert!(found.iter().all(|range| range.start < range.end && range.end <= base.len()), "{piece}");
        }
    }
}
