//! How one profile of the scheduler weighs nodes, and how many it tries to make room on (the part of a
//! `KubeSchedulerProfile` that placement goes by).

/// One profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Pods with this `spec.schedulerName` are its.
    pub scheduler_name: String,
    pub weights: Weights,
    pub fit: Fit,
    /// Resources that are best used evenly (`NodeResourcesBalancedAllocationArgs`).
    pub balanced: Vec<String>,
    /// The weight of a placed pod's required affinity in the score (`hardPodAffinityWeight`).
    pub hard_affinity_weight: i64,
    /// Pods that prefer nobody are not weighed by what others prefer (`ignorePreferredTermsOfExistingPods`).
    pub ignores_preferences: bool,
    /// Of the nodes on which ending pods may help, the share in percent that is tried, and how many at least
    /// (`minCandidateNodesPercentage`, `minCandidateNodesAbsolute`).
    pub candidates_percentage: usize,
    pub candidates_min: usize,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            scheduler_name: "default-scheduler".into(),
            weights: Weights::default(),
            fit: Fit::default(),
            balanced: vec!["cpu".into(), "memory".into()],
            hard_affinity_weight: 1,
            ignores_preferences: false,
            candidates_percentage: 10,
            candidates_min: 100,
        }
    }
}

/// Weights of the scores; 0: the plugin does not score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    pub taints: i64,
    pub node_affinity: i64,
    pub fit: i64,
    pub spread: i64,
    pub pod_affinity: i64,
    pub balanced: i64,
    pub images: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { taints: 3, node_affinity: 2, fit: 1, spread: 2, pod_affinity: 2, balanced: 1, images: 1 }
    }
}

/// How a node is weighed by what would be used of it (`NodeResourcesFitArgs.scoringStrategy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub strategy: Strategy,
    /// Names and weights.
    pub resources: Vec<(String, i64)>,
}

impl Default for Fit {
    fn default() -> Self {
        Self { strategy: Strategy::LeastAllocated, resources: vec![("cpu".into(), 1), ("memory".into(), 1)] }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    LeastAllocated,
    MostAllocated,
    /// Utilisation in percent and the score there (0 to 100), by ascending utilisation; never empty.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

const SCORE_MAX: i64 = 100;

impl Fit {
    /// The score of a node; `of` gives for a resource what would be used and what there is, nothing for those that do not
    /// count.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream rounds a float")]
    pub fn score(&self, of: impl Fn(&str) -> Option<(i64, i64)>) -> i64 {
        let (mut sum, mut weights) = (0, 0);
        for (name, weight) in &self.resources {
            let Some((used, has)) = of(name).filter(|(_, has)| *has > 0) else { continue };
            let score = self.strategy.score(used, has);
            if score > 0 || !matches!(self.strategy, Strategy::RequestedToCapacityRatio(_)) {
                (sum, weights) = (sum + score * weight, weights + weight);
            }
        }
        match self.strategy {
            _ if weights == 0 => 0,
            Strategy::RequestedToCapacityRatio(_) => (sum as f64 / weights as f64).round() as i64,
            _ => sum / weights,
        }
    }
}

impl Strategy {
    fn score(&self, used: i64, has: i64) -> i64 {
        match self {
            Self::LeastAllocated if used > has => 0,
            Self::LeastAllocated => (has - used) * SCORE_MAX / has,
            Self::MostAllocated => used.min(has) * SCORE_MAX / has,
            Self::RequestedToCapacityRatio(shape) => along(shape, used.min(has) * SCORE_MAX / has),
        }
    }
}

/// The value at `at` of the line through the points, level before the first and after the last.
fn along(shape: &[(i64, i64)], at: i64) -> i64 {
    let next = shape.iter().position(|(utilisation, _)| at <= *utilisation);
    match next {
        Some(0) => shape[0].1,
        Some(next) => {
            let ((x0, y0), (x1, y1)) = (shape[next - 1], shape[next]);
            y0 + (y1 - y0) * (at - x0) / (x1 - x0)
        }
        None => shape.last().map_or(0, |(_, score)| *score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(strategy: Strategy, weights: [i64; 2], expected: i64) {
        let resources = vec![("cpu".into(), weights[0]), ("memory".into(), weights[1]), ("gpu".into(), 9)];
        let fit = Fit { strategy, resources };
        let of = |name: &str| match name {
            "cpu" => Some((30, 100)),
            "memory" => Some((60, 100)),
            _ => None,
        };
        assert_eq!(fit.score(of), expected, "{fit:?}");
    }

    #[test]
    fn strategies_weigh_what_would_be_used() {
        check(Strategy::LeastAllocated, [1, 1], 55);
        check(Strategy::LeastAllocated, [3, 1], 62);
        check(Strategy::MostAllocated, [1, 1], 45);
        check(Strategy::MostAllocated, [1, 3], 52);
        let packing = || Strategy::RequestedToCapacityRatio(vec![(0, 0), (100, 100)]);
        check(packing(), [1, 1], 45);
        check(packing(), [1, 3], 53);
        check(Strategy::RequestedToCapacityRatio(vec![(40, 0), (50, 100)]), [1, 1], 100);
        check(Strategy::RequestedToCapacityRatio(vec![(20, 100), (40, 0)]), [1, 1], 50);
    }

    #[test]
    fn what_is_overfull_counts_as_full() {
        assert_eq!(Strategy::LeastAllocated.score(150, 100), 0);
        assert_eq!(Strategy::MostAllocated.score(150, 100), 100);
        assert_eq!(Strategy::RequestedToCapacityRatio(vec![(0, 7)]).score(150, 100), 7);
    }
}
