//! Client of the Kubernetes API over a Transport: TLS or a direct in-process call; informers.
pub mod transport;
pub use transport::*;
