//! The node as the API sees it: its object, its status, its lease.
pub mod facts;
mod lease;
mod register;
mod status;

pub(super) use lease::renew;
pub(super) use register::register;
pub(super) use status::{keep_status, refresh};
