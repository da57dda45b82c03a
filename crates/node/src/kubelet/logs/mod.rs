//! Container logs in the runtime's format: read, followed and rotated.
mod follow;
pub mod line;
mod rotate;

pub(super) use follow::{LogSource, stream};
pub(super) use rotate::keep_rotating;
