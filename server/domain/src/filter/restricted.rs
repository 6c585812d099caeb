//! The restricted terms of one relationship: names, places and things from a person's conditions. Each becomes a small rule of
//! its own, read with the same undoing of disguises as every other rule, and in near spellings. What they are is never shown
//! to either party.

use super::lexicon::{Lexicon, Symbol};
use super::phrase::plain_words;
use super::rules::{Rule, Rules};
use crate::finding::{Category, Severity};
use std::collections::BTreeSet;

/// How many terms one relationship may have.
pub const TERMS_MAX: usize = 200;
/// The longest term, in code points.
pub const TERM_CHARS_MAX: usize = 80;

/// A term that must not be spoken of in one relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Names it in findings, such as the restriction's id.
    pub id: String,
    /// The name, place or thing, as staff wrote it: a person's name with capital letters.
    pub text: String,
    /// Why, for the supervisor.
    pub why: String,
}

/// The terms of one relationship, ready to be looked for. Most relationships have none, and cost nothing.
#[derive(Debug, Default)]
pub struct Restricted(Option<Rules>);

/// Words that end the name of a place, and how they are written short.
const PLACES: &[(&str, &[&str])] = &[
    ("road", &["rd"]),
    ("street", &["st"]),
    ("avenue", &["ave", "av"]),
    ("lane", &["ln"]),
    ("drive", &["dr"]),
    ("close", &["cl"]),
    ("crescent", &["cres"]),
    ("court", &["ct"]),
    ("house", &["hse"]),
    ("square", &["sq"]),
    ("estate", &["est"]),
    ("terrace", &["terr"]),
    ("gardens", &["gdns"]),
    ("school", &["sch"]),
    ("station", &["stn"]),
    ("centre", &["center", "ctr"]),
    ("park", &[]),
    ("college", &[]),
    ("academy", &[]),
    ("hall", &[]),
    ("green", &[]),
    ("grove", &[]),
    ("hill", &[]),
    ("way", &[]),
    ("walk", &[]),
    ("place", &[]),
    ("row", &[]),
    ("church", &[]),
    ("tower", &[]),
    ("towers", &[]),
    ("flats", &[]),
    ("hostel", &[]),
    ("club", &[]),
    ("gym", &[]),
    ("pub", &[]),
    ("arms", &[]),
    ("library", &[]),
    ("hospital", &[]),
    ("mews", &[]),
    ("parade", &[]),
    ("rise", &[]),
    ("view", &[]),
    ("bridge", &[]),
    ("market", &[]),
    ("common", &[]),
    ("fields", &[]),
    ("field", &[]),
    ("arcade", &[]),
    ("retail", &[]),
];

/// Names that are words of everyday language as well: they are not looked for alone.
const ORDINARY: &str = "green brown white black gray grey young king bell hope rose may will mark grace joy summer april june august bill \
    frank rob art dean hunter mason cook baker smith hill wood woods field park stone rich price day love best good short long little \
    north south east west winter snow rain frost moon star sky lake river brook bush reed heath dale marsh cross church temple bishop \
    pope knight page bond chance drew pat sue penny ruby amber daisy lily ivy holly heather iris violet faith angel chase cash gene \
    grant guy jack jay lance miles nick norm rod skip ward wade wells webb swift sharp small stark sweet banks barber carter carpenter \
    fisher potter shepherd turner walker porter butler farmer singer tanner gardener bird crane drake finch fox hart lamb lion martin \
    swan wolf buck bull case coal cotton curry duke earl flowers fields ford forest glass gold silver steel hall hand head house lane \
    law major mead mills moody noble pepper pool power read rice salt self sample savage speed street tucker wise worth red blue phone \
    car van bike house home school the and old new big";

/// One way in which a term may be spoken of.
struct Form {
    words: Vec<String>,
    /// Weaker than the whole: a first name alone, or initials.
    weak: bool,
}

impl Restricted {
    /// The terms ready to be looked for, or what is wrong with one of them and what to do.
    pub fn new(terms: &[Term]) -> Result<Self, String> {
        if terms.len() > TERMS_MAX {
            return Err(format!("a relationship has at most {TERMS_MAX} restricted terms: end those that are over"));
        }
        if terms.is_empty() {
            return Ok(Self::default());
        }
        let mut lexicon = Lexicon::new();
        let (mut rules, mut rows) = (Vec::new(), Vec::new());
        let (mut words, mut strong) = (BTreeSet::new(), BTreeSet::new());
        for term in terms {
            for form in forms(&term.text)? {
                let severity = if form.weak { Severity::Medium } else { Severity::High };
                let id = format!("restricted.{}", term.id);
                let mut rule = Rule::plain(id, Category::Restricted, severity, term.why.clone());
                rule.first_name = form.weak && form.words.len() == 1;
                rules.push(rule);
                if form.words.len() == 1 {
                    strong.extend(form.words.iter().cloned());
                }
                let row: Vec<Symbol> = form.words.iter().map(|word| lexicon.near(word)).collect();
                rows.push((rules.len() - 1, row));
                words.extend(form.words);
            }
        }
        Ok(Self(Some(Rules::of_words(rules, rows, lexicon, &words, &strong))))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn rules(&self) -> Option<&Rules> {
        self.0.as_ref()
    }
}

/// Every way in which a term may be spoken of: a person by their full name, surname, first name or initials; a place with the
/// last word written short; anything else as it is.
fn forms(text: &str) -> Result<Vec<Form>, String> {
    if text.chars().count() > TERM_CHARS_MAX {
        return Err(format!("a restricted term has at most {TERM_CHARS_MAX} characters: write the name alone"));
    }
    let folded = plain_words(text);
    let words: Vec<String> = folded.split_ascii_whitespace().map(str::to_owned).collect();
    if folded.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
        return Err("a restricted term has at least three letters or digits: write the whole name".into());
    }
    let whole = Form { words: words.clone(), weak: false };
    let [first, .., last] = &words[..] else { return Ok(vec![whole]) };
    if let Some((_, shorts)) = PLACES.iter().find(|(place, _)| place == last) {
        let short = |short: &&str| {
            let words = [&words[..words.len() - 1], &[(*short).to_owned()]].concat();
            Form { words, weak: false }
        };
        return Ok(std::iter::once(whole).chain(shorts.iter().map(short)).collect());
    }
    let named = text.split_whitespace().all(|word| word.starts_with(char::is_uppercase));
    if !named || words.len() > 3 || !words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())) {
        return Ok(vec![whole]);
    }
    let alone = |word: &String| word.len() >= 3 && !ORDINARY.split_ascii_whitespace().any(|other| other == word);
    let mut forms = vec![whole];
    if words.len() == 3 {
        forms.push(Form { words: vec![first.clone(), last.clone()], weak: false });
    }
    if alone(last) {
        forms.push(Form { words: vec![last.clone()], weak: false });
    } else {
        forms.push(Form { words: vec![first[..1].to_owned(), last.clone()], weak: false });
    }
    if alone(first) {
        forms.push(Form { words: vec![first.clone()], weak: true });
    } else {
        forms.push(Form { words: vec![first.clone(), last[..1].to_owned()], weak: true });
    }
    forms.push(Form { words: vec![first[..1].to_owned(), last[..1].to_owned()], weak: true });
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::RULES;
    use crate::filter::{Verdict, Window, judge};
    use crate::ids::MessageId;
    use crate::people::Role;
    use crate::text::Text;
    use crate::time::Timestamp;
    use std::sync::Arc;

    fn restricted() -> Arc<Restricted> {
        let terms = ["Keisha Brannigan", "Danny Okafor", "Hollins Park", "Marlow Road", "second phone", "Rose King"];
        let term = |text: &&str| Term { id: text.to_lowercase(), text: (*text).into(), why: "A condition.".into() };
        Arc::new(Restricted::new(&terms.iter().map(term).collect::<Vec<_>>()).unwrap())
    }

    fn held(earlier: &[&str], text: &str) -> bool {
        let mut window = Window::new(Role::Mentee).with_restricted(restricted());
        for (at, earlier) in earlier.iter().enumerate() {
            window.push(MessageId::from_bits(at as u128), &Text::parse(earlier).unwrap(), Timestamp(at as i64));
        }
        matches!(judge(&RULES, &window, Text::parse(text).unwrap()), Verdict::Hold { .. })
    }

    #[test]
    fn a_restricted_name_is_found_however_it_is_spoken_of() {
        for text in [
            "does Okafor still play rugby",
            "just want to explain to keisha b that's all",
            "tell Keisha I am sorry",
            "K. Brannigan was there",
            "saw Kiesha yesterday",
            "okaforr's mum",
            "h0llins p4rk after school",
            "O k a f o r knows",
            "rofako is about",
            "they moved to marlow rd",
            "I have a second phone",
            "r king said hi",
            "K.B. was asking",
            "Danny I swear you know him",
            "it was Danny Friday night",
        ] {
            assert!(held(&[], text), "{text}");
        }
        assert!(held(&["does oka"], "for still play"));
    }

    #[test]
    fn a_word_that_only_resembles_a_restricted_one_passes() {
        for text in [
            "Marlow is a town on the Thames",
            "we walked in the park",
            "the king is on the coin",
            "a rose is a nice flower",
            "my phone died, second time today",
            "the bran muffin was ok for once",
            "Danny DeVito is so funny in that",
        ] {
            assert!(!held(&[], text), "{text}");
        }
    }

    #[test]
    fn a_finding_names_its_restriction_and_its_reason() {
        let window = Window::new(Role::Mentor).with_restricted(restricted());
        let findings = super::super::look(&RULES, &window, &Text::parse("see you at Hollins Park maybe").unwrap());
        let finding = findings.iter().find(|finding| finding.category == Category::Restricted).unwrap();
        assert_eq!((finding.rule.as_str(), finding.why.as_str()), ("restricted.hollins park", "A condition."));
        assert_eq!(finding.excerpt, "Hollins Park");
    }

    #[test]
    fn a_term_that_would_match_anything_is_refused() {
        let refused = |text: &str| Restricted::new(&[Term { id: "1".into(), text: text.into(), why: String::new() }]);
        assert!(refused("a").is_err() && refused("  ").is_err() && refused(&"x".repeat(81)).is_err());
        assert!(refused("Ann").is_ok());
    }
}
