//! The table: for each controller random states to start from, what must hold in the end, and an event among many
//! objects that it does not concern.
use crate::{bootstrap::*, lab::Lab, objects::*, states::*};
use serde_json::{Value, json};
use skeg_testing::dice::Dice;

pub struct Scenario {
    /// Upstream's names; the first one is what the row is about.
    pub controllers: &'static [&'static str],
    pub state: fn(&mut Dice) -> Objects,
    /// Panics unless the goal is reached.
    pub goal: fn(&Lab),
    /// One of many objects that the event does not concern.
    pub bystander: fn(usize) -> Objects,
    pub event: Event,
}

/// A change that the controller must answer to, in a state of its own.
pub struct Event {
    pub before: fn() -> Objects,
    pub change: Change,
}

pub enum Change {
    Create(fn() -> (&'static str, Value)),
    Update(&'static str, &'static str, fn(&mut Value)),
    Delete(&'static str, &'static str),
}

/// A pod that a Service selects becomes ready.
const A_READY_POD: Event = Event {
    before: || vec![service("web", Some("web")), node("n1")],
    change: Change::Create(|| {
        let mut pod = bound_pod();
        pod.1["status"] = crate::lab::ready_status(LONG_AGO);
        pod
    }),
};

/// No row may be missing: a test compares this with the controllers that there are.
pub const ALL: &[Scenario] = &[
    Scenario {
        controllers: &["serviceaccount-token-controller"],
        state: tokens,
        goal: every_token_is_whole,
        bystander: |index| vec![token_secret(&format!("t-{index}"), "bot"), account(&format!("a-{index}"))],
        event: Event { before: || vec![account("bot")], change: Change::Create(|| token_secret("new", "bot")) },
    },
    Scenario {
        controllers: &["serviceaccount-controller"],
        state: namespaces,
        goal: |lab| in_each_active_namespace(lab, "serviceaccounts", "default", |_| true),
        bystander: rested_namespace,
        event: Event { before: Vec::new, change: Change::Create(|| namespace("new")) },
    },
    Scenario {
        controllers: &["root-ca-certificate-publisher-controller"],
        state: namespaces,
        goal: |lab| in_each_active_namespace(lab, "configmaps", "kube-root-ca.crt", |it| it["data"]["ca.crt"] == "PEM"),
        bystander: rested_namespace,
        event: Event { before: Vec::new, change: Change::Create(|| namespace("new")) },
    },
    Scenario {
        controllers: &["endpoints-controller"],
        state: served,
        goal: endpoints_are_right,
        bystander: pods_and_services,
        event: A_READY_POD,
    },
    Scenario {
        controllers: &["endpointslice-controller"],
        state: served,
        goal: slices_are_right,
        bystander: pods_and_services,
        event: A_READY_POD,
    },
    Scenario {
        controllers: &["endpointslice-mirroring-controller"],
        state: mirrored,
        goal: mirrors_are_right,
        bystander: |index| vec![service(&format!("s-{index}"), Some("x"))],
        event: Event {
            before: || vec![service("web", None)],
            change: Change::Create(|| endpoints("web", &["192.0.2.1".into()])),
        },
    },
    Scenario {
        controllers: &["namespace-controller"],
        state: doomed,
        goal: doomed_is_gone,
        bystander: |index| [plain_pod(index), plain_map(index), vec![namespace(&format!("ns-{index}"))]].concat(),
        event: Event { before: || vec![namespace("doomed")], change: Change::Delete("namespaces", "doomed") },
    },
    Scenario {
        controllers: &["garbage-collector-controller"],
        state: forest,
        goal: nothing_dangles,
        bystander: plain_map,
        event: Event { before: Vec::new, change: Change::Create(|| owned_config_map("new", "gone", "uid-gone")) },
    },
    Scenario {
        controllers: &["deployment-controller", "replicaset-controller"],
        state: rolled_out,
        goal: rollout_is_done,
        bystander: |index| {
            let (resource, mut set) = replica_set();
            let labels = json!({ "app": format!("app-{index}") });
            set["metadata"] = json!({ "name": format!("set-{index}"), "namespace": "n", "labels": labels });
            set["spec"]["replicas"] = 0.into();
            set["spec"]["selector"]["matchLabels"] = labels.clone();
            set["spec"]["template"]["metadata"]["labels"] = labels;
            [plain_pod(index), vec![(resource, set)]].concat()
        },
        event: Event { before: Vec::new, change: Change::Create(deployment) },
    },
    Scenario {
        controllers: &["replicaset-controller"],
        state: |dice| replicated(dice, replica_set(), "apps/v1", "ReplicaSet"),
        goal: |lab| replicas_are_right(lab, "replicasets"),
        bystander: plain_pod,
        event: Event { before: Vec::new, change: Change::Create(replica_set) },
    },
    Scenario {
        controllers: &["replicationcontroller-controller"],
        state: |dice| replicated(dice, replication_controller(), "v1", "ReplicationController"),
        goal: |lab| replicas_are_right(lab, "replicationcontrollers"),
        bystander: plain_pod,
        event: Event { before: Vec::new, change: Change::Create(replication_controller) },
    },
    Scenario {
        controllers: &["disruption-controller"],
        state: budgeted,
        goal: budgets_are_counted,
        bystander: plain_pod,
        event: Event {
            before: || vec![budget("web", json!({ "minAvailable": 1 }))],
            change: Change::Create(bound_pod),
        },
    },
    Scenario {
        controllers: &["node-ipam-controller"],
        state: random_nodes,
        goal: every_node_has_a_range,
        bystander: rested_node,
        event: Event { before: Vec::new, change: Change::Create(|| node("new")) },
    },
    Scenario {
        controllers: &["node-lifecycle-controller"],
        state: nodes_with_pods,
        goal: taints_follow_conditions,
        bystander: |index| [plain_pod(index), rested_node(index)].concat(),
        event: Event { before: Vec::new, change: Change::Create(|| node("new")) },
    },
    Scenario {
        controllers: &["taint-eviction-controller"],
        state: tainted,
        goal: who_does_not_tolerate_is_gone,
        bystander: |index| [plain_pod(index), rested_node(index)].concat(),
        event: Event {
            before: || vec![node("n1"), bound_pod()],
            change: Change::Update("nodes", "n1", |node| {
                node["spec"]["taints"] = json!([{ "key": "k", "effect": "NoExecute" }]);
            }),
        },
    },
    Scenario {
        controllers: &["pod-garbage-collector-controller"],
        state: strays,
        goal: no_stray_is_left,
        bystander: |index| {
            let mut pods = plain_pod(index);
            pods[0].1["spec"]["nodeName"] = "n1".into();
            pods
        },
        event: Event {
            before: || vec![node("n1")],
            change: Change::Create(|| {
                let mut pod = random_pod(&mut Dice::new(1), "stray", None);
                pod.1["metadata"]["deletionTimestamp"] = LONG_AGO.into();
                pod
            }),
        },
    },
    Scenario {
        controllers: &["ttl-controller"],
        state: random_nodes,
        goal: |lab| {
            let value = |node: &Value| node["metadata"]["annotations"]["node.alpha.kubernetes.io/ttl"].clone();
            assert!(all(lab, "nodes").iter().all(|node| value(node) == "0"));
        },
        bystander: rested_node,
        event: Event { before: Vec::new, change: Change::Create(|| node("new")) },
    },
    Scenario {
        controllers: &["clusterrole-aggregation-controller"],
        state: roles,
        goal: aggregates_hold_their_parts,
        bystander: |index| vec![cluster_role(&format!("role-{index}"), None)],
        event: Event {
            before: || vec![aggregate("all", "all")],
            change: Change::Create(|| cluster_role("new", Some("all"))),
        },
    },
    Scenario {
        controllers: &["bootstrap-signer-controller"],
        state: bootstrap_tokens,
        goal: info_is_signed,
        bystander: |index| [plain_map(index), vec![token_secret(&format!("t-{index}"), "bot")]].concat(),
        event: Event {
            before: || vec![cluster_info()],
            change: Change::Create(|| bootstrap_token("abcdef", "", true)),
        },
    },
    Scenario {
        controllers: &["token-cleaner-controller"],
        state: bootstrap_tokens,
        goal: none_has_expired,
        bystander: |index| vec![token_secret(&format!("t-{index}"), "bot")],
        event: Event {
            before: Vec::new,
            change: Change::Create(|| bootstrap_token("abcdef", "2020-01-01T00:00:00Z", true)),
        },
    },
    Scenario {
        controllers: &["legacy-serviceaccount-token-cleaner-controller"],
        state: legacy_tokens,
        goal: idle_tokens_are_marked_or_gone,
        bystander: |index| vec![token_secret(&format!("t-{index}"), "other"), account(&format!("a-{index}"))],
        event: Event { before: legacy_account, change: Change::Create(|| token_secret("new", "bot")) },
    },
];
