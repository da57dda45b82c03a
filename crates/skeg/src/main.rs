//! The `skeg` program: command line and wiring only.
fn main() {}
