//! From a pod's specification to what the runtime is asked for: sandbox and container configurations, environment,
//! names, DNS. Pure; what must be looked up comes in as arguments.
pub mod container;
pub mod dns;
pub mod env;
pub mod env_file;
pub mod expand;
pub mod fields;
pub mod names;
pub mod sandbox;
pub mod security;
