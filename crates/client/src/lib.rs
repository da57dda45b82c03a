//! Client of the Kubernetes API over a Transport: TLS or a direct in-process call; informers.
pub mod backoff;
pub mod client;
pub mod events;
pub mod informer;
pub mod key;
pub mod kubeconfig;
pub mod object;
pub mod rest;
pub mod streams;
pub mod tasks;
pub mod transport;
pub use client::{Client, Listed};
pub use events::{EventRecorder, EventType};
pub use informer::{Change, Fence, Informer, Selection, Subscription, Viewed};
pub use key::Key;
pub use object::{Object, gvr_of, reference_to};
pub use tasks::Tasks;
pub use transport::*;
