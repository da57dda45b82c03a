//! Pure data of the Kubernetes API: names, schema, codecs, patches and the registry of kinds.
//! Invariant: no I/O, no async, no clock in this crate; time, randomness and names are arguments.
pub mod bootstrap_token;
pub mod kinds;
pub mod meta;
pub mod openapi;
pub mod patch;
pub mod request;
pub mod schema;
pub mod status;
pub mod stored;
pub mod time;
pub mod wire;

/// The tree every object travels as between the wire and its canonical bytes.
pub use serde_json::Value;
/// A JSON object of the tree.
pub type Object = serde_json::Map<String, Value>;
