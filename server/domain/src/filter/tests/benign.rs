//! What passes goes on passing, in whatever style it is typed and whatever was said before.

use super::*;
use unicode_normalization::UnicodeNormalization;

/// What young people and their mentors say all day.
const BENIGN: [&str; 31] = [
    "I live near Scunthorpe and my nan is from Penistone",
    "the cocktail menu was classy, they assess it in Essex",
    "push it! It'll be worth it",
    "took a stab at the maths and got it right",
    "this exam is killing me lol",
    "Arsenal smashed them 4-0, what a shot in the last minute",
    "I shot two hoops and my team won the match",
    "the boss in this game is so hard, I died like ten times",
    "my shift is 0900 to 1730 then I get the 47 bus",
    "I was buzzing when I got the apprenticeship",
    "had a can of coke and a bag of crisps",
    "she was pissing it down with rain all day",
    "my phone died so I could not ring the job centre",
    "I felt really low last week but talking helped",
    "Childline is 0800 1111 and Samaritans is 116 123",
    "have a look at www.gov.uk/apply-apprenticeship",
    "I made an aubergine curry, 10/10 would make again",
    "my social worker is meeting me on Tuesday at 3",
    "cut the grass for my dad and got paid",
    "we played pool and I lost 3-2",
    "I'm dying to see that film",
    "mad ting, I passed my theory test",
    "sooooo goooood, thank youuuu",
    "A&E was rammed, U.K. hospitals eh",
    "😂😂😂 👍🏽 👩‍🚀",
    "naaaah thats mad",
    "you too!",
    "dont give up, you have got this",
    "I was late because the bus broke down",
    "how do you spell diarrhoea, asking for my essay",
    "Wrth fy modd, diolch yn fawr am dy help",
];

#[test]
fn everyday_talk_passes() {
    let wrong: Vec<String> = BENIGN
        .iter()
        .filter(|text| held(&[], text))
        .map(|text| format!("{text} <- {:?}", seen(Role::Mentee, &[], text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everyday_talk_passes_whatever_was_said_before() {
    for pair in BENIGN.windows(2) {
        assert!(!held(&pair[..1], pair[1]), "{} / {}: {:?}", pair[0], pair[1], seen(Role::Mentee, &pair[..1], pair[1]));
    }
}

#[test]
fn mild_swearing_is_delivered_and_seen() {
    let text = "bloody hell that was close";
    assert!(!held(&[], text));
    assert_eq!(seen(Role::Mentee, &[], text)[0].severity, Severity::Low);
}

/// Ways of typing that hide nothing.
fn styles(text: &str) -> Vec<(&'static str, String)> {
    let words = |change: fn(&str) -> String| text.split(' ').map(change).collect::<Vec<_>>().join(" ");
    let capital = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let soft = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        let plain = letters.len() >= 6 && letters.iter().all(|c| c.is_ascii_alphabetic());
        let cut = if plain { letters.len() / 2 } else { 0 };
        let hyphen = if plain { "\u{AD}" } else { "" };
        letters[..cut].iter().collect::<String>() + hyphen + &letters[cut..].iter().collect::<String>()
    };
    vec![
        ("upper case", text.to_uppercase()),
        ("lower case", text.to_lowercase()),
        ("capitals", words(capital)),
        ("curly apostrophes", text.replace('\'', "\u{2019}")),
        ("curly quotes", format!("\u{201C}{text}\u{201D}")),
        ("NFD", text.nfd().collect()),
        ("an emoji behind", format!("{text} \u{1F602}")),
        ("an emoji at the end", format!("{text}\u{1F44D}\u{1F3FD}")),
        ("soft hyphens in long words", words(soft)),
    ]
}

#[test]
fn what_passes_passes_in_every_style() {
    let examples = Dice(3).some(passing(), 400);
    let mut wrong = Vec::new();
    for text in &examples {
        for (style, typed) in styles(text) {
            for speaker in [Role::Mentee, Role::Mentor] {
                let findings = seen(speaker, &[], &typed);
                if let Some(finding) = findings.iter().find(|finding| finding.severity >= HOLD_FROM) {
                    wrong.push(format!("{style}: {typed} <- {} `{}`", finding.rule, finding.excerpt));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} are held:\n{}", wrong.len(), examples.len() * 18, wrong.join("\n"));
}
