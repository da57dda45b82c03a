//! Keys, bytes and revisions: the Store trait, its engines and the watch rings.
//! Invariant: nothing here knows a kind; reads never touch the disk.
#[cfg(test)]
mod contract;
pub mod embedded;
mod memory;
mod shared;
pub mod store;
mod wake;
mod world;

pub use embedded::{Embedded, OpenError, Options, Transformer};
pub use memory::Memory;
pub use store::*;
pub use world::{TXN_BYTES_MAX, Window};
