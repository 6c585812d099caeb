//! PROTOCOL.md line by line, over real sockets: what is asked wrongly, by whom it must not be, or too much of, gets the stated
//! answer; after each the server still works.

mod beside;
mod codes;
mod frames;
mod http;
mod ids;
mod limits;
mod sessions;
mod text;
mod upgrade;

use crate::client::Client;
use crate::world::{Person, World, settings};
use handrail::config::Rate;
use handrail_domain::people::Role;
use serde_json::Value;

/// A pair with a world of its own, where nothing is limited that a test does not limit itself.
struct Pair {
    world: World,
    ann: Person,
    bob: Person,
    conversation: String,
}

const PLENTY: Rate = Rate { per_second: 10_000, burst: 10_000 };

async fn pair() -> Pair {
    pair_where(|_| ()).await
}

async fn pair_where(tune: impl FnOnce(&mut handrail::config::Config)) -> Pair {
    let tuned = |config: &mut handrail::config::Config| {
        config.fixed.limits.frames_per_connection = PLENTY;
        config.fixed.limits.sends_per_account = PLENTY;
        config.fixed.limits.sends_per_conversation = PLENTY;
        tune(config);
    };
    let world = World::with(crate::world::On::Local, settings(crate::world::UNDO_MS), tuned).await;
    let (ann, bob) = (world.person("ann", Role::Mentor).await, world.person("bob", Role::Mentee).await);
    let conversation = world.pair(&ann, &bob).await.to_string();
    Pair { world, ann, bob, conversation }
}

impl Pair {
    /// The server lives and does its work: a message goes from one to the other.
    async fn works(&self, cid: &str) {
        let mut ann = self.world.connect(&self.ann).await;
        let mut bob = self.world.connect(&self.bob).await;
        let sent = ann.send(&self.conversation, cid, "still there").await.expect("a message is taken");
        bob.expect("a message", |frame| frame["type"] == "message" && frame["message"] == sent["message"]).await;
    }
}

/// The refusal's code, after a look at what every refusal must have.
fn code(refused: &Value) -> &str {
    let temporary = ["rate_limited", "busy", "unavailable", "internal"];
    let code = refused["code"].as_str().expect("a code");
    assert_eq!(refused["op"], "err", "{refused}");
    assert_eq!(refused["temporary"], temporary.contains(&code), "{refused}");
    assert!(refused["message"].as_str().is_some_and(|advice| advice.ends_with('.')), "{refused}");
    code
}

/// The next refusal.
async fn refusal(client: &mut Client) -> Value {
    client.expect("a refusal", |frame| frame["op"] == "err").await
}
