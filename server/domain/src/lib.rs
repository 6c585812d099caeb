//! The rules of Handrail. Everything here is a value or a pure function: no clock, no network, no disk, no randomness. The
//! shell (crate `handrail`) asks, is answered, and acts.
//!
//! Read in this order: `ids`, `time`, `text` (what there is), `people`, `rights`, `policy` (who may), `finding`, `filter` (what a rule
//! saw), `restriction` (what conditions forbid), `conversation`, `quarantine` (what may happen to a message), `report` (what a party tells the supervisors), `event` (what the log says), `audit`,
//! `checkpoint` (whether that still holds), `erasure` (what is taken out of it), `wire` (how it is said to
//! clients), `score` (what the rules are worth), `wait` (how long a held message is likely to wait), `duty` (who is rung),
//! `look` (what somebody else would have done), `oversight` (how a queue has done), `scheme` (what stands around the chat), `refusal`
//! (every expected no).
//!
//! What holds:
//! * A [`text::Cleared`] is made by a verdict or by a decision, nowhere else.
//! * A message that ended (delivered, rejected, withdrawn, expired) never changes its state again.
//! * An item is decided once; its version is the fence.

#![warn(missing_docs)]

pub mod article;
pub mod audit;
pub mod checkpoint;
pub mod conversation;
pub mod duty;
pub mod erasure;
pub mod event;
pub mod filter;
pub mod finding;
pub mod idle;
pub mod ids;
pub mod look;
pub mod oversight;
pub mod passkey;
pub mod people;
pub mod policy;
pub mod push;
pub mod quarantine;
pub mod refusal;
pub mod report;
pub mod restriction;
pub mod rights;
pub mod scheme;
pub mod score;
pub mod seal;
pub mod second_step;
pub mod text;
pub mod time;
pub mod wait;
pub mod wire;
