//! What ends or limits somebody's connections does so on every node: at once while Redis carries the hint, and from the log when
//! it does not.

use crate::web;
use crate::world::{On, Person, UNDO_MS, World, settings};
use handrail_domain::conversation::ConversationState;
use handrail_domain::ids::ConversationId;
use handrail_domain::people::Role;
use serde_json::json;
use std::time::{Duration, Instant};

/// A busy machine is late now and then, but not so often.
const TRIES: usize = 6;
/// With Redis.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Without it: the log is read every two seconds.
const FROM_THE_LOG: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
enum Act {
    SignOut,
    Disable,
    Pause,
    End,
}

/// Two who talk; the mentee is connected to the second node.
struct Talk {
    mentor: Person,
    mentee: Person,
    conversation: ConversationId,
}

impl Talk {
    async fn begin(world: &World, name: &str) -> Self {
        let mentor = world.person(&format!("{name}-mentor"), Role::Mentor).await;
        let mentee = world.person(&format!("{name}-mentee"), Role::Mentee).await;
        let conversation = world.pair(&mentor, &mentee).await;
        Self { mentor, mentee, conversation }
    }

    /// Does it on the first node. Gives how long it took until the second one had done its part.
    async fn undergoes(&self, world: &World, act: Act) -> Duration {
        let mut here = World::connect_at(world.at(1), &self.mentee).await;
        // Somebody who types there all the while: whatever a node hears, it still looks into the log.
        let mut other = World::connect_at(world.at(1), &self.mentor).await;
        let (conversation, typist) = (self.conversation.to_string(), &mut other);
        let types = async {
            for turn in 0_u64.. {
                typist.say(json!({"op": "typing", "conversation": conversation, "on": turn % 2 == 0})).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let begun = Instant::now();
        let suffers = async {
            match act {
                Act::SignOut => {
                    let bearer = format!("Bearer {}", self.mentee.token);
                    let gone = web::ask(world.at(0), "DELETE", "/api/session", &[("authorization", &bearer)], "").await;
                    assert_eq!(gone.status, 204, "{}", gone.body);
                    assert_eq!(here.closing().await.0, 4004);
                }
                Act::Disable => {
                    world.chat.admin_disable(&self.mentee.name, true).await.expect("it is disabled");
                    assert_eq!(here.closing().await.0, 4002);
                }
                Act::Pause => self.changes(world, &mut here, ConversationState::Paused, "paused").await,
                Act::End => self.changes(world, &mut here, ConversationState::Ended, "ended").await,
            }
        };
        tokio::select! {
            () = suffers => begun.elapsed(),
            () = types => unreachable!("it types for ever"),
        }
    }

    async fn changes(&self, world: &World, here: &mut crate::client::Client, to: ConversationState, word: &str) {
        world.chat.admin_set_relationship(self.conversation, to).await.expect("it changes");
        // What is said is refused from the commit on, wherever; that one may not speak is told a moment later.
        let refused = here.send(&self.conversation.to_string(), "late", "are you there?").await.expect_err("no");
        assert_eq!(refused["code"], format!("conversation_{word}"), "{refused}");
        let told = |frame: &serde_json::Value| frame["conversation"]["state"] == word;
        here.expect("that it changed", told).await;
    }
}

/// Each act counts on the other node within that time.
async fn counts_elsewhere(world: &World, within: Duration) {
    for act in [Act::SignOut, Act::Disable, Act::Pause, Act::End] {
        let mut took = Vec::new();
        while took.last().is_none_or(|last| *last > within) {
            assert!(took.len() < TRIES, "{act:?} took {took:?}");
            let talk = Talk::begin(world, &format!("{act:?}{}{}", within.as_secs(), took.len())).await;
            took.push(talk.undergoes(world, act).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_out_disabled_paused_or_ended_is_so_on_every_node_at_once_and_without_redis_from_the_log() {
    let world = World::with(On::Nodes, settings(UNDO_MS), |_| ()).await;
    counts_elsewhere(&world, AT_ONCE).await;
    world.freeze_redis(true);
    counts_elsewhere(&world, FROM_THE_LOG).await;
    world.freeze_redis(false);
    world.hear_each_other().await;
    counts_elsewhere(&world, AT_ONCE).await;
}
