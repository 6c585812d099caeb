//! What is done with the record as a whole, on real files.

mod backup;
mod erase;
mod tamper;
pub(crate) mod world;
