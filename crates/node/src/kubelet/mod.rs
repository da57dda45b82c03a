//! The kubelet: the shell around the pod's state machine.
pub mod make;
