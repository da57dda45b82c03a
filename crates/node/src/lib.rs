//! The node: kubelet over CRI v1, container network, Services over nftables, DNS.
pub mod cri;
pub mod dns;
pub mod hollow;
pub mod kubelet;
pub mod net;
pub mod pod;
pub mod runtime;
pub mod teardown;
