//! Names, selectors, quantities, field errors.
pub mod at;
pub mod conditions;
pub mod diff;
pub mod field_error;
pub mod field_selector;
pub mod go;
pub mod image;
pub mod int_or_string;
pub mod ip;
pub mod names;
pub mod object_meta;
pub mod quantity;
pub mod selector;
