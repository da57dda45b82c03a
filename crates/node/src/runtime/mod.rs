//! The container runtime's life: finding, configuring, starting, adopting and stopping containerd, and making the images
//! that Skeg brings along.
pub mod cgroup_root;
pub mod config;
pub mod containerd;
pub mod image;
mod leftovers;
pub mod mounts;
pub mod process;
pub mod programs;
mod sockets;
pub mod stop;

pub use config::ContainerdConfig;
pub use containerd::{Containerd, RuntimeError};
