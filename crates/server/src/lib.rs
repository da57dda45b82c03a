//! The API server: authentication, authorisation, admission, every verb over every registry row, HTTP.
pub mod admission;
pub mod api;
pub mod auth;
mod metrics;
pub mod resources;
