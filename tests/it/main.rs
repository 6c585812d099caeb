//! One binary that plays the whole server. A module is a kind of test; nothing here but the list of them.

mod access;
mod client;
mod faults;
mod process;
mod protocol;
mod redis_away;
mod scenario;
mod tidy;
mod web;
mod world;
