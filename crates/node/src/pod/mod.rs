//! The pod as a pure state machine: (spec, what the runtime shows, probe verdicts, now) -> what to do next and the
//! status to report. Nothing here does I/O or asks for the time.
pub mod backoff;
pub mod conditions;
pub mod hash;
pub mod observed;
pub mod phase;
pub mod plan;
pub mod plan_init;
pub mod qos;
pub mod quantity;
pub mod resize;
pub mod resources;
pub mod spec;
pub mod status;
pub mod status_containers;
pub mod status_merge;

#[cfg(test)]
mod tests;

pub use observed::{Container, Observed, Sandbox, State};
pub use plan::Plan;
