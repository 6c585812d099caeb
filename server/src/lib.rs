pub mod config;
pub mod gateway;
