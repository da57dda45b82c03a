//! Commands for people that speak to a cluster through its API.
pub mod sample;
