//! One binary that plays the whole server. A module is a kind of test; nothing here but the list of them.

mod client;
mod protocol;
mod scenario;
mod web;
mod world;
