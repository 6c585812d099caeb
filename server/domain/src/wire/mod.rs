//! The live protocol, `handrail.v1.json`: every frame that can be said, and how it is read. The types here generate the web
//! client's; other clients are written from PROTOCOL.md. Domain types that cross no wire are not serialisable, so a frame is
//! made by hand at the edge and nothing crosses by accident.

mod close;
mod duty;
mod from_client;
mod from_server;
mod http;
mod item;
mod library;
mod paper;
mod scheme;

pub use close::Close;
pub use duty::*;
pub use from_client::{BadFrame, DecisionBody, FromClient, Reason, ReportReason, Resume, parse};
pub use from_server::*;
pub use http::*;
pub use item::*;
pub use library::*;
pub use paper::*;
pub use scheme::*;

/// The subprotocol's name in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "handrail.v1.json";
/// The largest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 32 * 1024;
/// The session cookie's name.
pub const COOKIE: &str = "__Host-handrail";
/// The cookie of who has just given a code of their second step, and the header of a client that has no cookies.
pub const PROOF_COOKIE: &str = "__Host-handrail-proof";
/// See [`PROOF_COOKIE`].
pub const PROOF_HEADER: &str = "handrail-proof";

#[cfg(test)]
mod generated;
#[cfg(test)]
mod openapi;
