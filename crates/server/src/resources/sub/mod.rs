//! Subresources that are more than a part of their parent.
pub(super) mod pods;
pub(super) mod scale;
pub(super) mod token;
