//! Every verb over any registry row; no HTTP. One pipeline for every write.
//!
//! [`Api`] executes calls that are values ([`skeg_model::request`]). HTTP and the in-process transport are two doors to it;
//! both pass authorisation, admission and validation alike.
mod alloc;
mod apply;
mod authorise;
pub mod bootstrap;
mod codec;
mod config;
mod context;
mod continue_token;
mod convert;
mod delete;
mod dispatch;
pub mod local;
mod managed;
mod patch;
mod place;
mod read;
mod review;
mod select;
mod selectors;
mod sharing;
mod shown;
mod strategy;
mod sub;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_alloc;
#[cfg(test)]
mod tests_apply;
mod tls_pair;
pub(crate) mod tree;
mod watch;
mod write;

pub use config::{
    ApiConfig, BoundObject, Cidr, Entropy, IssuedToken, Reviewed, SystemEntropy, TokenIssuer, TokenReviewer, TokenSpec,
};
pub use context::{Answer, Context, Warnings};
pub use dispatch::Api;
pub use sharing::Batch;
pub use watch::Watch;
