//! Keys of informers and queues: `namespace/name`, or `name` for what is cluster-scoped.
use std::sync::Arc;

/// `namespace/name`, or `name` alone.
pub type Key = Arc<str>;

/// The key of an object.
pub fn key(namespace: Option<&str>, name: &str) -> Key {
    match namespace {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}/{name}").into(),
        _ => name.into(),
    }
}

/// Namespace (None for cluster-scoped objects) and name of a key.
pub fn split(key: &str) -> (Option<&str>, &str) {
    match key.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, key),
    }
}
