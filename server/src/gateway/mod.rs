pub mod accept;
pub mod limits;
pub mod outbox;
pub mod tls;
