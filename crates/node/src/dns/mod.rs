//! Cluster DNS: what the cluster's domain holds ([`zone`], pure), what a question is answered with ([`answer`], pure), and
//! the server that listens on a port of the node, forwards what is not the cluster's and is reached as Service `kube-dns`.
pub mod answer;
pub mod cache;
pub mod forward;
pub mod message;
pub mod publish;
pub mod server;
pub mod zone;

pub use answer::{Answer, answer};
pub use server::{DnsConfig, DnsError, run_dns};
pub use zone::Zone;
