//! What a node does when it runs short of something: it says so, gives up what nobody uses, and ends pods. Pods that use
//! more local storage than they may end too.
mod decide;
mod images;
mod manager;
mod measure;
mod thresholds;
mod usage;
mod watch;

pub use images::ImagePolicy;
pub use thresholds::{Signal, Statements, Threshold, statements, thresholds};

pub(super) use images::{image_fs, run as collect_images};
pub(super) use manager::{State, is_pressed, refuses, run};
pub(super) use usage::{disk_usage, local_volumes};
