//! The objects of a simulated node: pure.
use super::HollowConfig;
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::{
            DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus, NodeSystemInfo,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{MicroTime, ObjectMeta, OwnerReference, Time},
    },
};
use std::collections::BTreeMap;

pub(super) const LEASES: &str = "kube-node-lease";
const ZONE: &str = "topology.kubernetes.io/zone";
const MANAGED_ATTACH: &str = "volumes.kubernetes.io/controller-managed-attach-detach";
const KUBELET_PORT: i32 = 10250;

pub(super) fn name(config: &HollowConfig, index: u32) -> String {
    format!("{}-{index}", config.prefix)
}

fn labels(config: &HollowConfig, index: u32) -> BTreeMap<String, String> {
    let name = name(config, index);
    let own = [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", name.as_str()),
    ];
    let mut labels: BTreeMap<_, _> = own.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    if !config.zones.is_empty() {
        labels.insert(ZONE.into(), config.zones[index as usize % config.zones.len()].clone());
    }
    labels.extend(config.labels.clone());
    labels
}

/// The node as it is registered.
pub(super) fn object(config: &HollowConfig, index: u32, now: Timestamp) -> Node {
    Node {
        metadata: ObjectMeta {
            name: Some(name(config, index)),
            labels: Some(labels(config, index)),
            annotations: Some(BTreeMap::from([(MANAGED_ATTACH.to_owned(), "true".to_owned())])),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            taints: (!config.taints.is_empty()).then(|| config.taints.clone()),
            ..NodeSpec::default()
        }),
        status: Some(status(config, index, &[], now)),
    }
}

/// Its status; `before` are the conditions that the API has.
pub(super) fn status(config: &HollowConfig, index: u32, before: &[NodeCondition], now: Timestamp) -> NodeStatus {
    let name = name(config, index);
    let has: BTreeMap<_, _> = config.capacity.iter().map(|(k, v)| (k.clone(), Quantity(v.clone()))).collect();
    let ip = config.node_range.address(index.into()).to_string();
    let address = |kind: &str, address: &str| NodeAddress { type_: kind.into(), address: address.into() };
    NodeStatus {
        capacity: Some(has.clone()),
        allocatable: Some(has),
        addresses: Some(vec![address("InternalIP", &ip), address("Hostname", &name)]),
        conditions: Some(conditions(before, now)),
        daemon_endpoints: Some(NodeDaemonEndpoints { kubelet_endpoint: Some(DaemonEndpoint { port: KUBELET_PORT }) }),
        node_info: Some(NodeSystemInfo {
            architecture: "amd64".into(),
            operating_system: "linux".into(),
            os_image: "Simulated".into(),
            kernel_version: "simulated".into(),
            container_runtime_version: concat!("simulated://", env!("CARGO_PKG_VERSION")).into(),
            kubelet_version: crate::kubelet::VERSION.into(),
            boot_id: name.clone(),
            machine_id: name.clone(),
            system_uuid: name,
            ..NodeSystemInfo::default()
        }),
        ..NodeStatus::default()
    }
}

fn conditions(before: &[NodeCondition], now: Timestamp) -> Vec<NodeCondition> {
    let all = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| {
        let same = before.iter().find(|it| it.type_ == kind && it.status == status);
        NodeCondition {
            type_: kind.into(),
            status: status.into(),
            reason: Some(reason.into()),
            message: Some(message.into()),
            last_heartbeat_time: Some(Time(now)),
            last_transition_time: same.and_then(|it| it.last_transition_time.clone()).or(Some(Time(now))),
        }
    };
    all.map(condition).into()
}

/// Its heartbeat; `revision` is that of the Lease to replace, 0 for a new one.
pub(super) fn lease(config: &HollowConfig, index: u32, node_uid: &str, revision: u64, now: Timestamp) -> Lease {
    let name = name(config, index);
    Lease {
        metadata: ObjectMeta {
            namespace: Some(LEASES.into()),
            resource_version: (revision > 0).then(|| revision.to_string()),
            owner_references: Some(vec![OwnerReference {
                api_version: "v1".into(),
                kind: "Node".into(),
                name: name.clone(),
                uid: node_uid.into(),
                ..OwnerReference::default()
            }]),
            name: Some(name.clone()),
            ..ObjectMeta::default()
        },
        spec: Some(LeaseSpec {
            holder_identity: Some(name),
            lease_duration_seconds: i32::try_from(config.lease_duration.as_secs()).ok(),
            renew_time: Some(MicroTime(now)),
            ..LeaseSpec::default()
        }),
    }
}
