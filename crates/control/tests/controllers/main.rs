//! Every controller through a fake API server with faults. `laws` hold for each of them from random states: it converges
//! and then rests, a crash between any two writes changes nothing in the end, a view that lags never makes it act twice,
//! and an event costs what it changes, not what exists. `stories` are told one by one.
#![expect(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod bootstrap;
mod discovered;
mod lab;
mod laws;
mod leader;
mod objects;
mod scenarios;
mod states;
mod stories;
