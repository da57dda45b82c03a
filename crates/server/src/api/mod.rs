//! HTTP: routing, negotiation, streaming, discovery, OpenAPI, proxying to kubelets.
//!
//! A request passes, in upstream's order: audit id, request line, authentication, impersonation, limits, authorisation,
//! route. Everything about resources ends in one call of [`crate::resources::Api`]; what it answers is written from the
//! shared bytes of the objects. Streams to kubelets ([`connect`]) are carried here because they are I/O.
mod body;
mod config;
mod connect;
mod discovery;
mod failure;
mod frames;
mod handler;
mod health;
mod identity;
mod impersonate;
mod json;
mod limits;
mod metrics;
mod negotiate;
mod openapi;
mod options;
mod paths;
mod render;
mod respond;
mod route;
mod serve;
#[cfg(test)]
mod served;
mod url;
mod verbs;
mod watch;

pub use config::{KubeletClient, OpenId, ServerConfig, VersionInfo};
pub use health::{Health, Hook};
pub use serve::{ServeError, serve};
