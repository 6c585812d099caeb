//! What stands before a phrase keeps back no match of it: everything is tried here that gates and masks leave out.

use super::{SCRATCH, Set, looked_up};
use crate::filter::Window;
use crate::filter::fold::fold;
use crate::filter::rules::Rules;
use crate::filter::tests::{Dice, RULES, examples};
use crate::filter::view::{CURRENT, words};
use crate::people::Role;
use crate::text::Text;

/// Rules with a phrase that matches somewhere in this text, run from every word of it, and that did not see it.
fn kept_back(rules: &Rules, text: &Text) -> Vec<String> {
    let set = Set { rules, ordinary: None };
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.read(set, &Window::new(Role::Mentee), text);
        let seen: Vec<usize> = scratch.hits.iter().map(|hit| hit.rule).collect();
        scratch.base.clear();
        fold(text.as_str(), 0, CURRENT, &mut scratch.base);
        words(&scratch.base, &mut scratch.words);
        let all = looked_up(set, &scratch.words);
        scratch.learn(&all);
        let mut missed = Vec::new();
        for phrase in rules.phrases.iter().filter(|phrase| !seen.contains(&phrase.rule)) {
            scratch.excuses.fill(0);
            let matched = (0..all.len()).any(|at| {
                let upto = all.len().min(at + phrase.automaton.longest);
                let found = phrase.automaton.longest_match(&all[at..upto]).map(|words| at..at + words);
                found.is_some_and(|found| !scratch.excused(set, &all, phrase.rule, &found))
            });
            if matched {
                missed.push(rules.rules[phrase.rule].id.clone());
            }
        }
        missed
    })
}

#[test]
fn no_gate_keeps_back_a_match_of_its_phrase() {
    let (mut dice, examples) = (Dice(11), examples());
    let tried = dice.some((0..examples.len()).collect(), 400);
    for at in tried {
        // Beside other talk, words that a phrase needs stand further from it, and more is near.
        let other = &examples[dice.below(examples.len())];
        for text in [examples[at].clone(), format!("{} {other}", examples[at]), format!("{other} {}", examples[at])] {
            let Ok(text) = Text::parse(&text) else { continue };
            let missed = kept_back(&RULES, &text);
            assert!(missed.is_empty(), "{missed:?} did not see: {}", text.as_str());
        }
    }
}
