//! JSON patch, merge patch, strategic merge patch, managed fields: pure functions over the schema and trees.
pub mod json;
pub mod managed;
pub mod merge;
pub mod strategic;

/// Why a patch cannot be applied; the text is what the API's client reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch itself is malformed: 400.
    #[error("{0}")]
    Malformed(String),
    /// The patch is well formed but does not fit the object (a failed `test`, a missing path): 422.
    #[error("{0}")]
    Unprocessable(String),
    /// Refused with a text of its own that no client is to blame for, as upstream sees it: 500.
    #[error("{0}")]
    Internal(String),
    /// More operations than the limit: 413.
    #[error("The allowed maximum operations in a JSON patch is {limit}, got {got}")]
    TooMany { limit: usize, got: usize },
}
