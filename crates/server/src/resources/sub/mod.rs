//! Subresources that are more than a part of their parent.
mod budget;
pub(super) mod pods;
pub(super) mod scale;
pub(super) mod token;
