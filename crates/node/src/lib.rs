//! The node: kubelet over CRI v1, container network, Services over nftables, DNS.
pub mod cri;
pub mod net;
pub mod kubelet;
pub mod pod;
pub mod runtime;
