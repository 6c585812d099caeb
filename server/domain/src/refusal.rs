//! Every expected "no". One table holds each code with its HTTP status, whether trying again may help, and a sentence that
//! says what to do next. The codes are those of PROTOCOL.md.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $word:literal $status:literal $temporary:literal $advice:literal;)*) => {
        /// The code of a refusal, on the wire and in logs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, for tables and tests.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $word,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// Whether the same request may succeed later.
            pub fn temporary(self) -> bool {
                match self { $(Code::$name => $temporary,)* }
            }

            /// A sentence for people: what it means and what to do next.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$name => $advice,)* }
            }
        }
    };
}

codes! {
    /// The frame is not as the protocol says.
    BadFrame "bad_frame" 400 false "That request is not written as the protocol says. Check its fields and send it again.";
    /// An op nobody here knows.
    UnknownOp "unknown_op" 400 false "This server does not know that request. Update the app, or leave it out.";
    /// Nobody is signed in, or the sign-in was wrong.
    Unauthenticated "unauthenticated" 401 false "The name or the password is not right, or you are signed out. Sign in and try again.";
    /// The second step of signing in is missing.
    CodeNeeded "code_needed" 401 false "Enter the code from the app on your phone. Each code counts once, so wait for the next one if it was refused.";
    /// Not for this role.
    Forbidden "forbidden" 403 false "Your account may not do this. Ask your coordinator if you need to.";
    /// It is not there, or one may not see it.
    NotFound "not_found" 404 false "We could not find that. It may have gone, or it may not be yours to see.";
    /// Too much at once.
    RateLimited "rate_limited" 429 true "That was a lot at once. Wait a moment and try again.";
    /// More than 2,000 characters.
    TooLong "too_long" 422 false "That is too long. Use at most 2,000 characters, or send it in parts.";
    /// Nothing to say.
    Empty "empty" 422 false "There is nothing to send yet. Write something first.";
    /// The same cid with something else in it.
    CidConflict "cid_conflict" 409 false "This message id was used for something else. Send it with a new id.";
    /// The relationship is paused.
    ConversationPaused "conversation_paused" 409 false "This conversation is paused. The team can tell you more.";
    /// The relationship has ended.
    ConversationEnded "conversation_ended" 409 false "This conversation has ended. Talk to your coordinator if you need somebody.";
    /// There is something that the sender must confirm to have read first.
    BriefingNeeded "briefing_needed" 409 false "Read what you need to know about this person first, and say that you have.";
    /// Something else must be done before.
    NotYet "not_yet" 409 false "Something must be done first. Read what is missing, do it, and try again.";
    /// Too many requests without an answer yet.
    Busy "busy" 429 true "Too many messages are still on their way. Wait for their answers, then go on.";
    /// No store or no rules: nothing is let through.
    Unavailable "unavailable" 503 true "The service cannot take messages just now. Keep this one and try again soon.";
    /// The item has changed since it was read.
    StaleVersion "stale_version" 409 false "This item has changed since you looked. Read it again, then decide.";
    /// Somebody else holds the item.
    ClaimedByOther "claimed_by_other" 409 false "A colleague has this item. Take another, or wait until it is free.";
    /// One must claim the item first.
    NotClaimed "not_claimed" 409 false "You do not hold this item. Claim it first.";
    /// The item was decided or closed.
    AlreadyClosed "already_closed" 409 false "This item has been decided. Nothing more is needed.";
    /// The message is not waiting any more.
    NotHeld "not_held" 409 false "This message is no longer waiting to be checked.";
    /// A supervisor's own conversation.
    OwnItem "own_item" 403 false "You are part of this conversation, so a colleague must decide.";
    /// What one wrote oneself is published by another.
    OwnWork "own_work" 403 false "You wrote this, so a colleague must publish it.";
    /// A bug, or the world.
    Internal "internal" 500 true "Something went wrong on our side. Try again; if it goes on, tell the operator.";
}

/// What a rate limit is counted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The network address.
    Address,
    /// One connection.
    Connection,
    /// All devices of one account.
    Account,
    /// One conversation.
    Conversation,
}

/// An expected "no", with what its reader needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// What the limit was counted on.
    pub scope: Option<Scope>,
    /// When trying again may help, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The item as it is, with the four refusals that a lost race gives.
    pub item: Option<Box<crate::quarantine::Item>>,
}

impl Refusal {
    /// A refusal over its limit.
    pub fn rate_limited(scope: Scope, retry_after_ms: u64) -> Self {
        Self { scope: Some(scope), retry_after_ms: Some(retry_after_ms), ..Code::RateLimited.into() }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, scope: None, retry_after_ms: None, item: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_code_is_the_one_on_the_wire() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }

    #[test]
    fn every_refusal_says_what_to_do_next() {
        for code in Code::ALL {
            assert!(code.advice().ends_with('.'), "{code:?}");
        }
    }
}
