pub mod limits;
pub mod outbox;
