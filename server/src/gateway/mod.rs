//! The live door: accepting connections, holding sessions, delivering. `hub.deliver` is the only place that delivers.

pub mod accept;
mod answer;
mod connection;
mod follow;
mod hub;
pub mod limits;
mod live;
pub mod outbox;
mod queue;
pub mod tls;
pub mod turns;

pub use follow::follow;
pub use hub::Hub;
pub use live::{Gateway, live, socket};
pub use queue::serve_queues;
