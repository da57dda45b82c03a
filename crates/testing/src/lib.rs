//! Builders, fakes and labs that tests of several crates share.
pub mod api;
pub mod clock;
pub mod dice;
pub mod fuzz;
pub mod traffic;
