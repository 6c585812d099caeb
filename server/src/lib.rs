//! Handrail, the shell: everything that waits. The rules are in `handrail_domain`; ARCHITECTURE.md is the map.
//!
//! Layers, each using only what stands to its left, all of them the domain:
//! `telemetry · config ← store | bus ← chat ← door | records | push ← gateway | http ← app ← lab ← cli · main`

pub mod app;
pub mod bus;
pub mod chat;
pub mod cli;
pub mod config;
pub mod door;
pub mod fresh;
pub mod gateway;
pub mod http;
pub mod lab;
pub mod push;
pub mod records;
pub mod store;
pub mod telemetry;
pub mod trust;
