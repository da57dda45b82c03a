//! Chores of the project: `cargo xtask schema`, `cargo xtask tidy`.
fn main() {}
