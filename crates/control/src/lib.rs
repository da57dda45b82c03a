//! Controllers on one runner, and the scheduler as a pure function with its shell.
pub mod controllers;
pub mod placement;
pub mod runner;
pub mod scheduler;
