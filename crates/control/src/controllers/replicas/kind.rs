//! The two kinds as the controller sees them.
use crate::controllers::common::selector::{self, Selecting};
use k8s_openapi::api::{
    apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus},
    core::v1::{PodTemplateSpec, ReplicationController, ReplicationControllerCondition, ReplicationControllerStatus},
};
use skeg_model::meta::selector::LabelSelector;

/// Both kinds' conditions have this shape.
pub(super) type Condition = ReplicaSetCondition;

/// Both kinds' status.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Status {
    pub replicas: i32,
    pub fully_labeled: Option<i32>,
    pub ready: Option<i32>,
    pub available: Option<i32>,
    pub terminating: Option<i32>,
    pub observed_generation: Option<i64>,
    pub conditions: Vec<Condition>,
}

/// What both kinds' specs ask for.
pub(super) struct Spec<'a> {
    pub replicas: Option<i32>,
    pub min_ready_seconds: Option<i32>,
    pub template: Option<&'a PodTemplateSpec>,
}

pub(super) trait Replicated: Selecting {
    /// Whether its status has `terminatingReplicas`.
    const COUNTS_TERMINATING: bool;

    fn spec(&self) -> Option<Spec<'_>>;
    fn status(&self) -> Status;
    fn with_status(&self, status: Status) -> Self;

    fn replicas(&self) -> usize {
        let replicas = self.spec().and_then(|spec| spec.replicas).unwrap_or(1);
        usize::try_from(replicas).unwrap_or(0)
    }

    fn min_ready_seconds(&self) -> i32 {
        self.spec().and_then(|spec| spec.min_ready_seconds).unwrap_or(0)
    }

    fn template(&self) -> PodTemplateSpec {
        self.spec().and_then(|spec| spec.template.cloned()).unwrap_or_default()
    }
}

impl Selecting for ReplicaSet {
    fn selector(&self) -> Option<LabelSelector> {
        selector::of(&self.spec.as_ref()?.selector).filter(|selector| !selector.is_everything())
    }
}

impl Selecting for ReplicationController {
    fn selector(&self) -> Option<LabelSelector> {
        let map = self.spec.as_ref()?.selector.as_ref().filter(|map| !map.is_empty())?;
        Some(selector::of_map(map))
    }
}

fn list<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn counter(counter: Option<i32>) -> Option<i32> {
    counter.filter(|count| *count != 0)
}

impl Replicated for ReplicaSet {
    const COUNTS_TERMINATING: bool = true;

    fn spec(&self) -> Option<Spec<'_>> {
        let spec = self.spec.as_ref()?;
        let (replicas, min_ready_seconds) = (spec.replicas, spec.min_ready_seconds);
        Some(Spec { replicas, min_ready_seconds, template: spec.template.as_ref() })
    }

    fn status(&self) -> Status {
        let status = self.status.clone().unwrap_or_default();
        Status {
            replicas: status.replicas,
            fully_labeled: counter(status.fully_labeled_replicas),
            ready: counter(status.ready_replicas),
            available: counter(status.available_replicas),
            terminating: status.terminating_replicas,
            observed_generation: status.observed_generation,
            conditions: status.conditions.unwrap_or_default(),
        }
    }

    fn with_status(&self, status: Status) -> Self {
        let status = ReplicaSetStatus {
            replicas: status.replicas,
            fully_labeled_replicas: status.fully_labeled,
            ready_replicas: status.ready,
            available_replicas: status.available,
            terminating_replicas: status.terminating,
            observed_generation: status.observed_generation,
            conditions: list(status.conditions),
        };
        Self { status: Some(status), ..self.clone() }
    }
}

impl Replicated for ReplicationController {
    const COUNTS_TERMINATING: bool = false;

    fn spec(&self) -> Option<Spec<'_>> {
        let spec = self.spec.as_ref()?;
        let (replicas, min_ready_seconds) = (spec.replicas, spec.min_ready_seconds);
        Some(Spec { replicas, min_ready_seconds, template: spec.template.as_ref() })
    }

    fn status(&self) -> Status {
        let status = self.status.clone().unwrap_or_default();
        let conditions = status.conditions.unwrap_or_default().into_iter().map(|condition| Condition {
            type_: condition.type_,
            status: condition.status,
            reason: condition.reason,
            message: condition.message,
            last_transition_time: condition.last_transition_time,
        });
        Status {
            replicas: status.replicas,
            fully_labeled: counter(status.fully_labeled_replicas),
            ready: counter(status.ready_replicas),
            available: counter(status.available_replicas),
            terminating: None,
            observed_generation: status.observed_generation,
            conditions: conditions.collect(),
        }
    }

    fn with_status(&self, status: Status) -> Self {
        let conditions = status.conditions.into_iter().map(|condition| ReplicationControllerCondition {
            type_: condition.type_,
            status: condition.status,
            reason: condition.reason,
            message: condition.message,
            last_transition_time: condition.last_transition_time,
        });
        let status = ReplicationControllerStatus {
            replicas: status.replicas,
            fully_labeled_replicas: status.fully_labeled,
            ready_replicas: status.ready,
            available_replicas: status.available,
            observed_generation: status.observed_generation,
            conditions: list(conditions.collect()),
        };
        Self { status: Some(status), ..self.clone() }
    }
}
