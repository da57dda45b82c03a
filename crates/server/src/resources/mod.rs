//! Every verb over any registry row; no HTTP. One pipeline for every write.
//!
//! [`Api`] executes calls that are values ([`skeg_model::request`]). HTTP and the in-process transport are two doors to it;
//! both pass authorisation, admission and validation alike.
mod config;
mod context;
mod dispatch;
pub mod local;
mod watch;

pub use config::{
    ApiConfig, BoundObject, Cidr, Entropy, IssuedToken, SystemEntropy, TokenIssuer, TokenReviewer, TokenSpec,
};
pub use context::{Answer, Context};
pub use dispatch::Api;
pub use watch::Watch;
