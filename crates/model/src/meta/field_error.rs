//! Field errors as upstream's `field.ErrorList` prints them.
use crate::status::Cause;

/// Errors found by validation, in the order found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Errors(pub Vec<FieldError>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// e.g. `spec.containers[0].name`.
    pub field: String,
    /// `FieldValueRequired`, `FieldValueInvalid`, `FieldValueNotSupported`, `FieldValueForbidden`, `FieldValueDuplicate`, …
    pub reason: &'static str,
    /// e.g. `Required value: must be set`.
    pub message: String,
}

impl FieldError {
    pub fn cause(&self) -> Cause {
        Cause { reason: self.reason.into(), message: self.message.clone(), field: self.field.clone() }
    }
}
