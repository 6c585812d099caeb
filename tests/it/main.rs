//! One binary that plays the whole server. A module is a kind of test; nothing here but the list of them.

mod access;
mod faults;
mod process;
mod tidy;
