//! Keys, bytes and revisions: the Store trait, its engines and the watch rings.
//! Invariant: nothing here knows a kind; reads never touch the disk.
pub mod store;
pub use store::*;
