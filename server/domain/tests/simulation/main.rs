//! A simulated world, made of one seed: people who talk and supervisors who decide, two nodes, lost answers, crashes, and a clock
//! that jumps, over the real rules of the product and a record in memory that checks nothing. After every step the invariants of
//! the design hold. It is pure: no thread, no clock, so a seed is the whole story.
//!
//! `HANDRAIL_SEED=n cargo test -p handrail-domain --test simulation` plays one seed. `HANDRAIL_LONG=1` plays many more.

#![expect(clippy::unwrap_used, reason = "a test of its own: what cannot be is a failure")]

mod cast;
mod checks;
mod fault;
mod random;
mod record;
mod server;
mod world;

use fault::Fault;
use handrail_domain::filter::Rules;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use world::World;

/// Worlds in `make test`, and in the long form.
const SEEDS: u64 = 10_000;
const SEEDS_LONG: u64 = 200_000;
/// A planted fault shows within so many worlds.
const FOUND_WITHIN: u64 = 1_000;

/// Lives through the world of a seed. What it counted, or the whole story of what broke, with the seed that plays it again.
fn play(seed: u64, rules: &Rules, fault: Option<Fault>) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut world = World::new(seed, rules, fault);
    // A panic of the product's own rules is a broken rule as well.
    let held = catch_unwind(AssertUnwindSafe(|| world.live())).unwrap_or_else(|_| Err("it panicked".into()));
    let World { trace, now, counts, .. } = world;
    held.map(|()| counts).map_err(|broken| {
        let steps = trace.iter().enumerate().map(|(at, step)| format!("{at:4} {step:?}\n")).collect::<String>();
        format!("\n{steps}At {now}: {broken}\nThe seed is {seed}; HANDRAIL_SEED={seed} plays it again.")
    })
}

#[expect(clippy::disallowed_methods, reason = "the tests' own choice of seeds")]
fn seeds() -> std::ops::Range<u64> {
    let chosen = std::env::var("HANDRAIL_SEED").ok().map(|seed| seed.parse().expect("HANDRAIL_SEED is a number"));
    let all = if std::env::var_os("HANDRAIL_LONG").is_some() { SEEDS_LONG } else { SEEDS };
    chosen.map_or(0..all, |seed: u64| seed..seed + 1)
}

#[test]
fn whatever_happens_the_rules_hold() {
    let rules = cast::rules();
    let seeds = seeds();
    let one = seeds.end - seeds.start == 1;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in seeds {
        let counted = play(seed, &rules, None).unwrap_or_else(|story| panic!("{story}"));
        counted.into_iter().for_each(|(what, times)| *counts.entry(what).or_default() += times);
    }
    // A simulation in which nothing happens proves nothing.
    let happened = |what: &&str| counts.get(*what).copied().unwrap_or(0) > 100;
    let never: Vec<_> = HAPPENS.iter().filter(|what| !happened(what)).collect();
    assert!(one || never.is_empty(), "this hardly happened: {never:?}; {counts:#?}");
}

/// What has to happen in a thousand worlds or more: lines of the log, refusals, and what goes wrong by itself.
const HAPPENS: &[&str] = &[
    "message.delivered",
    "message.held",
    "item",
    "report",
    "conversation",
    "consent",
    "delivered",
    "rejected",
    "rephrase",
    "withdrawn",
    "expired",
    "lapse",
    "propose",
    "undo",
    "escalate",
    "overdue",
    "acknowledge",
    "conflict",
    "crash",
    "answer lost",
    "stale_version",
    "claimed_by_other",
    "not_claimed",
    "already_closed",
    "not_held",
    "own_item",
    "cid_conflict",
    "conversation_paused",
    "conversation_ended",
    "not_found",
];

#[test]
fn every_planted_fault_is_found() {
    let rules = cast::rules();
    for fault in Fault::ALL {
        let found = (0..FOUND_WITHIN).find_map(|seed| Some((seed, play(seed, &rules, Some(fault)).err()?)));
        let (seed, story) = found.unwrap_or_else(|| panic!("{fault:?} was not found within {FOUND_WITHIN} worlds"));
        let again = format!("HANDRAIL_SEED={seed} plays it again.");
        assert!(story.contains("   0 ") && story.ends_with(&again), "{story}");
    }
}

#[test]
fn the_same_seed_is_the_same_story() {
    let rules = cast::rules();
    let told = |seed| {
        let mut world = World::new(seed, &rules, None);
        world.live().unwrap();
        format!("{:?}", world.trace)
    };
    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}
