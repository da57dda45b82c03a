//! Names, selectors, quantities, field errors.
pub mod field_error;
