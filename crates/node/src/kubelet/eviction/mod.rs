//! What a node does when it runs short of something: thresholds and conditions.
mod measure;
mod thresholds;

pub use thresholds::{Signal, Threshold, statements, thresholds};

use super::shared::Shared;

/// Whether the node is short of something that this condition stands for.
pub(super) fn pressed(shared: &Shared, condition: &str) -> bool {
    let all = &shared.config.settings.eviction_hard;
    all.iter().filter(|it| it.signal.condition() == condition).any(|threshold| {
        let found = measure::measure(shared, threshold.signal);
        found.is_some_and(|it| it.available < threshold.least(it.capacity))
    })
}
