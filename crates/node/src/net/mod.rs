//! The container network: the CNI plugin, Services as packet-filter rules, and what both need of the kernel.
pub mod cni;
pub mod conntrack;
pub mod health;
mod metrics;
pub mod netlink;
pub mod nft;
pub mod node;
pub mod proxy;
pub mod services;
pub mod sysctl;
#[cfg(test)]
pub(crate) mod testing;
