//! Builders, fakes and labs that tests of several crates share.
