//! One binary that plays the whole server. A module is a kind of test; nothing here but the list of them.

mod access;
mod check;
mod client;
mod crowd;
mod duty;
mod faults;
mod filter_cli;
mod history;
mod library;
mod nodes;
mod operate;
mod outage;
mod postgres;
mod process;
mod protocol;
mod push;
mod records;
mod redis_away;
mod rule_change;
mod scenario;
mod scheme;
mod second_step;
mod security;
mod tidy;
mod web;
mod world;
