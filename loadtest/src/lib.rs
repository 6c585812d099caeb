//! A load test for Handrail, and the oracle that judges it. It speaks the live protocol over real sockets, as any client would,
//! and knows of the server what PROTOCOL.md says and nothing else.
//!
//! Read in this order: `corpus`, `plan` (what is said, and when), `oracle` (which promises hold).

#![warn(missing_docs)]

pub mod corpus;
pub mod oracle;
pub mod plan;
