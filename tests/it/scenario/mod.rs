//! Stories: `tests/scenarios/*.txt`, each played in every world over real sockets. A story is what people do and see, line by
//! line; a bug becomes a story before it is mended. The words are those of `player.rs`.
//!
//! A story judges by the default packs, or by the one of `tests/rules` that its line `rules NAME` names.
//!
//! A line is `who does what -> outcome`; without an outcome it must succeed. `sees nothing` means that nothing came which an
//! earlier line has not told, so a story tells all that arrives before it says so.

mod check;
mod filter;
mod player;

use crate::world::On;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

async fn play(name: &str, on: On) {
    let file = folder().join(format!("{name}.txt"));
    let story = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    player::play(&story, on).await;
}

macro_rules! stories {
    ($($name:ident)*) => {
        const STORIES: &[&str] = &[$(stringify!($name)),*];

        mod in_process {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::play(stringify!($name), crate::world::On::Local).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::play(stringify!($name), crate::world::On::Postgres).await;
            })*
        }

        mod on_two_nodes {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::play(stringify!($name), crate::world::On::Nodes).await;
            })*
        }

        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::play(stringify!($name), crate::world::On::Redis).await;
            })*
        }
    };
}

stories! {
    a_clean_message_is_delivered_to_both
    a_decision_may_be_undone_within_its_window
    a_declined_alteration_is_never_seen
    a_held_message_may_be_escalated
    a_held_message_waits_for_a_supervisor
    a_number_spread_over_two_devices_is_held
    a_number_spread_over_two_messages_is_held
    a_threat_is_held_whatever_was_said_before
    a_report_may_pause_and_a_supervisor_lifts
    a_report_reaches_the_supervisors_and_nobody_else
    a_restart_loses_nothing
    a_restricted_name_is_held_and_nobody_sees_why
    a_restriction_that_ended_does_not_hold
    a_site_may_deliver_what_is_usually_held
    a_site_may_ring_from_high
    a_rejected_message_tells_its_sender_why
    a_supervisor_sees_what_was_said_before
    a_sender_is_told_how_long_a_check_takes
    a_sender_may_be_asked_to_say_it_differently
    a_sender_may_take_a_held_message_back
    a_withdrawal_wins_over_a_decision_in_its_window
    a_withdrawn_message_of_weight_still_waits_for_a_person
    after_the_window_a_decision_stands
    an_altered_message_is_delivered_in_its_new_words
    an_altered_message_waits_for_its_sender_where_the_site_asks
    an_answer_that_never_comes_expires
    an_answer_that_never_comes_expires_over_a_restart
    every_device_of_a_person_sees_everything
    how_far_one_has_read_is_ones_own_business
    nobody_decides_on_their_own_conversation
    nobody_speaks_in_a_paused_conversation
    small_signs_of_a_mentor_add_up
    some_messages_take_two_people
    the_same_message_twice_takes_effect_once
    two_supervisors_race_and_one_wins
    typing_and_presence_reach_the_other_party_alone
    what_is_spread_over_a_restart_is_still_found
    who_comes_back_misses_nothing
    who_is_gone_for_ten_seconds_gives_claims_back
    who_may_be_in_danger_gets_help_at_once
    without_a_window_a_decision_takes_effect_at_once
}

#[test]
fn every_story_is_played() {
    let entries = std::fs::read_dir(folder()).expect("the stories' folder");
    let files =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension() == Some("txt".as_ref()));
    let mut found: Vec<_> =
        files.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    found.sort();
    let mut listed = STORIES.to_vec();
    listed.sort_unstable();
    assert_eq!(found, listed, "tests/scenarios and the list above differ; name each story in both");
}
