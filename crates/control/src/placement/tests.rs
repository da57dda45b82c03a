use super::*;
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn node(name: &str, patch: Value) -> Node {
    let mut tree = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": {},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}},
    });
    skeg_model::patch::merge::apply(&mut tree, &patch);
    serde_json::from_value(tree).unwrap()
}

fn pod(name: &str, spec: Value) -> PodFacts {
    let mut tree = json!({
        "metadata": {"name": name, "namespace": "d", "uid": name},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]},
    });
    skeg_model::patch::merge::apply(&mut tree["spec"], &spec);
    facts(&serde_json::from_value::<Pod>(tree).unwrap())
}

fn facts(pod: &Pod) -> PodFacts {
    PodFacts::new(pod, Shapes::default().of(pod))
}

pub(super) fn cluster(nodes: &[Node]) -> Cluster {
    let mut cluster = Cluster::default();
    nodes.iter().for_each(|n| drop(cluster.set_node(n)));
    cluster
}

fn message(pod: &PodFacts, cluster: &mut Cluster) -> String {
    match schedule(pod, cluster, 0) {
        Decision::Bind { name, .. } => name.to_string(),
        Decision::Preempt { why, name, victims, .. } => {
            let names: Vec<_> = victims.iter().map(|v| &*v.uid).collect();
            format!("{} {name} after {}", why.message(), names.join(","))
        }
        Decision::Unschedulable(why) => why.message(),
    }
}

pub(super) fn check(pod: &PodFacts, cluster: &mut Cluster, expected: &str) {
    let got = message(pod, cluster);
    assert_eq!(got.split(" no new claims").next(), Some(expected));
}

impl PodFacts {
    /// The same pod, asking for one node.
    fn only_on(mut self, node: &str) -> Self {
        self.node_name = node.to_owned();
        self
    }
}

#[test]
fn reasons_are_counted_in_upstreams_words() {
    let taint = json!({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}});
    let nodes = [
        node("a", json!({"spec": {"unschedulable": true}})),
        node("b", taint),
        node("c", json!({"status": {"allocatable": {"cpu": "500m"}}})),
    ];
    let mut cluster = cluster(&nodes);
    let all = "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.";
    check(&pod("p", json!({})), &mut cluster, all);
    check(&pod("p", json!({"tolerations": [{"operator": "Exists"}]})), &mut cluster, "a");
    check(
        &pod("p", json!({"nodeSelector": {"x": "y"}})),
        &mut Cluster::default(),
        "no nodes available to schedule pods",
    );
}

#[test]
fn the_emptier_node_wins_and_pods_count_until_they_are_gone() {
    let mut cluster = cluster(&[node("a", json!({})), node("b", json!({}))]);
    cluster.set_pod(Arc::new(pod("x", json!({}))), "a");
    check(&pod("p", json!({})), &mut cluster, "b");
    cluster.set_pod(Arc::new(pod("y", json!({}))), "b");
    cluster.set_pod(Arc::new(pod("z", json!({}))), "b");
    cluster.remove_pod("x");
    check(&pod("p", json!({})), &mut cluster, "a");
}

#[test]
fn pods_of_a_node_that_comes_late_count() {
    let mut cluster = Cluster::default();
    cluster.set_pod(Arc::new(pod("x", json!({}))), "a");
    cluster.set_pod(Arc::new(pod("y", json!({}))), "a");
    cluster.set_node(&node("a", json!({})));
    check(&pod("p", json!({})), &mut cluster, "0/1 nodes are available: 1 Insufficient cpu.");
    cluster.remove_node("a");
    cluster.set_node(&node("a", json!({})));
    check(&pod("p", json!({})), &mut cluster, "0/1 nodes are available: 1 Insufficient cpu.");
}

#[test]
fn affinity_and_ports_decide() {
    let mut cluster = cluster(&[node("a", json!({"metadata": {"labels": {"disk": "ssd"}}})), node("b", json!({}))]);
    let wants = |operator: &str| {
        let term = json!({"matchExpressions": [{"key": "disk", "operator": operator}]});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}});
        pod("p", json!({"affinity": {"nodeAffinity": required}}))
    };
    check(&wants("Exists"), &mut cluster, "a");
    check(&wants("DoesNotExist"), &mut cluster, "b");
    let port = json!({"containers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 80}]}], "nodeSelector": {"disk": "ssd"}});
    cluster.set_pod(Arc::new(pod("x", port.clone())), "a");
    check(
        &pod("p", port),
        &mut cluster,
        "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, \
                                      1 node(s) didn't match Pod's node affinity/selector.",
    );
}

#[test]
fn init_containers_and_sidecars_count_as_upstream_counts_them() {
    let asks = |cpu: &str| json!({"requests": {"cpu": cpu}});
    let facts = pod(
        "p",
        json!({
            "containers": [{"name": "c", "resources": asks("1")}],
            "initContainers": [
                {"name": "s", "restartPolicy": "Always", "resources": asks("500m")}, {"name": "i", "resources": asks("2")},
            ],
            "overhead": {"cpu": "100m"},
        }),
    );
    assert_eq!(facts.requests.cpu_milli, 2600);
}

fn zoned(name: &str, zone: &str) -> Node {
    node(name, json!({"metadata": {"labels": {"zone": zone}}}))
}

fn labelled(name: &str, app: &str, spec: Value) -> PodFacts {
    let mut tree = json!({
        "metadata": {"name": name, "namespace": "d", "uid": name, "labels": {"app": app}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    skeg_model::patch::merge::apply(&mut tree["spec"], &spec);
    facts(&serde_json::from_value::<Pod>(tree).unwrap())
}

fn relation(kind: &str, app: &str, key: &str) -> Value {
    let term = json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key});
    json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
}

#[test]
fn pods_follow_and_avoid_others() {
    let mut cluster = cluster(&[zoned("a", "x"), zoned("b", "x"), zoned("c", "y")]);
    let near = |app: &str| relation("podAffinity", app, "kubernetes.io/hostname");
    let apart = |app: &str| relation("podAntiAffinity", app, "zone");
    let none = "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.";
    let count = |cluster: &mut Cluster, pod: PodFacts, node: &str| cluster.set_pod(Arc::new(pod), node);
    assert!(message(&labelled("p", "q", near("m")), &mut cluster).starts_with(none));
    count(&mut cluster, labelled("m", "m", json!({})), "b");
    check(&labelled("p", "q", near("m")), &mut cluster, "b");
    check(&labelled("p", "q", apart("m")), &mut cluster, "c");
    count(&mut cluster, labelled("n", "n", apart("q")), "c");
    let both = "0/3 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules, \
                2 node(s) didn't match pod anti-affinity rules.";
    assert!(message(&labelled("p", "q", apart("m")), &mut cluster).starts_with(both));
    cluster.remove_pod("n");
    check(&labelled("p", "q", apart("m")), &mut cluster, "c");
    cluster.remove_pod("m");
    assert!(message(&labelled("p", "q", near("m")), &mut cluster).starts_with(none), "counts follow the pods");
    check(&labelled("p", "m", relation("podAffinity", "m", "zone")).only_on("a"), &mut cluster, "a");
}

#[test]
fn namespaces_are_chosen_by_label() {
    let mut cluster = cluster(&[zoned("a", "x"), zoned("b", "y")]);
    cluster.set_pod(Arc::new(labelled("m", "m", json!({}))), "b");
    let mut apart = relation("podAntiAffinity", "m", "zone");
    apart["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["namespaceSelector"] =
        json!({"matchLabels": {"team": "t"}});
    let pod = labelled("p", "q", apart).only_on("b");
    check(&pod, &mut cluster, "b");
    cluster.set_namespace("d", Some([("team".to_owned(), "t".to_owned())].into()));
    assert!(message(&pod, &mut cluster).contains("1 node(s) didn't match pod anti-affinity rules"));
}

#[test]
fn spreading_keeps_the_skew() {
    let spread = |key: &str, when: &str| {
        json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when,
            "labelSelector": {"matchLabels": {"app": "s"}}}]})
    };
    let mut cluster = cluster(&[zoned("a", "x"), zoned("b", "y"), node("c", json!({}))]);
    cluster.set_pod(Arc::new(labelled("s0", "s", json!({}))), "a");
    check(&labelled("p", "s", spread("zone", "DoNotSchedule")), &mut cluster, "b");
    check(&labelled("p", "s", spread("zone", "ScheduleAnyway")), &mut cluster, "b");
    cluster.remove_node("b");
    cluster.set_node(&zoned("d", "x"));
    let mut few = spread("zone", "DoNotSchedule");
    few["topologySpreadConstraints"][0]["minDomains"] = json!(2);
    let why = "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), \
               2 node(s) didn't match pod topology spread constraints.";
    assert!(message(&labelled("p", "s", few), &mut cluster).starts_with(why));
}

#[test]
fn nodes_named_by_affinity_are_the_only_ones_looked_at() {
    let mut cluster = cluster(&[node("a", json!({})), node("b", json!({}))]);
    let fields = json!([{"key": "metadata.name", "operator": "In", "values": ["a"]}]);
    let required =
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": fields}]}});
    let wants = |cpu: &str| {
        let containers = json!([{"name": "c", "resources": {"requests": {"cpu": cpu}}}]);
        pod("p", json!({"affinity": {"nodeAffinity": required}, "containers": containers}))
    };
    check(&wants("1"), &mut cluster, "a");
    let why = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity].";
    assert!(message(&wants("5"), &mut cluster).starts_with(why));
}

fn prioritised(name: &str, priority: i32, cpu: &str) -> PodFacts {
    let containers = json!([{"name": "c", "resources": {"requests": {"cpu": cpu}}}]);
    pod(name, json!({"priority": priority, "containers": containers}))
}

#[test]
fn room_is_made_with_the_fewest_and_least_important() {
    let mut cluster = cluster(&[node("a", json!({})), node("b", json!({})), node("c", json!({}))]);
    for (name, priority, cpu, on) in
        [("a0", 1, "1", "a"), ("a1", 1, "1", "a"), ("b0", 1, "2", "b"), ("c0", 5, "2", "c")]
    {
        cluster.set_pod(Arc::new(prioritised(name, priority, cpu)), on);
    }
    let why = "0/3 nodes are available: 3 Insufficient cpu.";
    check(&prioritised("p", 9, "2"), &mut cluster, &format!("{why} b after b0"));
    check(
        &prioritised("p", 9, "1").only_on("c"),
        &mut cluster,
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match the requested node name. c after c0",
    );
    check(
        &prioritised("p", 9, "1").only_on("a"),
        &mut cluster,
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match the requested node name. a after a1",
    );
    let preemption = "no new claims to deallocate, preemption:";
    let none = format!("{why} {preemption} 0/3 nodes are available: 3 No preemption victims found for incoming pod.");
    assert_eq!(message(&prioritised("p", 1, "2"), &mut cluster), none);
    let hopeless = format!("{why} {preemption} 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
    assert_eq!(message(&prioritised("p", 9, "3"), &mut cluster), hopeless);
    let mut polite = prioritised("p", 9, "2");
    polite.preempts = false;
    let never = format!("{why} {preemption} not eligible due to preemptionPolicy=Never.");
    assert_eq!(message(&polite, &mut cluster), never);
}

#[test]
fn what_a_budget_protects_ends_last() {
    let mut cluster = cluster(&[node("a", json!({})), node("b", json!({}))]);
    let tree = |name: &str, allowed: i32, selector: Value| {
        let budget = json!({"metadata": {"name": name, "namespace": "d"}, "spec": {"selector": selector},
            "status": {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}});
        serde_json::from_value(budget).unwrap()
    };
    cluster.set_budget(&tree("all", 0, json!({})));
    cluster.set_budget(&tree("kept", 0, json!({"matchLabels": {"app": "kept"}})));
    for (name, app, priority, on) in [("kept", "kept", 1, "a"), ("dear", "x", 7, "a"), ("sole", "kept", 1, "b")] {
        let containers = json!([{"name": "c", "resources": {"requests": {"cpu": "1"}}}]);
        let spec = json!({"priority": priority, "containers": containers});
        cluster.set_pod(Arc::new(labelled(name, app, spec)), on);
    }
    cluster.set_pod(Arc::new(prioritised("top", 9, "1")), "b");
    let why = "0/2 nodes are available: 2 Insufficient cpu.";
    check(&prioritised("p", 9, "1"), &mut cluster, &format!("{why} a after dear"));
    cluster.set_budget(&tree("kept", 1, json!({"matchLabels": {"app": "kept"}})));
    check(&prioritised("p", 8, "1"), &mut cluster, &format!("{why} a after kept"));
    cluster.remove_budget("d", "kept");
    cluster.remove_pod("kept");
    cluster.set_pod(Arc::new(prioritised("other", 7, "1")), "a");
    check(&prioritised("p", 8, "1"), &mut cluster, &format!("{why} b after sole"));
}

#[test]
fn promised_room_is_kept_from_the_less_important() {
    let mut cluster = cluster(&[node("a", json!({}))]);
    let high = Arc::new(prioritised("high", 9, "2"));
    cluster.set_pod(Arc::new(prioritised("low", 1, "2")), "a");
    check(&high, &mut cluster, "0/1 nodes are available: 1 Insufficient cpu. a after low");
    cluster.nominate(high.clone(), "a");
    cluster.remove_pod("low");
    check(&prioritised("other", 1, "2"), &mut cluster, "0/1 nodes are available: 1 Insufficient cpu.");
    check(&prioritised("higher", 10, "2"), &mut cluster, "a");
    check(&high, &mut cluster, "a");
    cluster.withdraw("high");
    check(&prioritised("other", 1, "2"), &mut cluster, "a");
}

#[test]
fn only_what_was_in_the_way_wakes_a_pod() {
    let mut cluster = cluster(&[zoned("a", "x"), node("b", json!({"spec": {"unschedulable": true}}))]);
    let causes = |pod: &PodFacts, cluster: &mut Cluster| match schedule(pod, cluster, 0) {
        Decision::Unschedulable(why) => why.causes(),
        other => panic!("{other:?}"),
    };
    let big = prioritised("p", 0, "2");
    let (held, idle) = (prioritised("x", 0, "1"), labelled("m", "m", json!({})));
    cluster.set_pod(Arc::new(held.clone()), "a");
    let why = causes(&big, &mut cluster);
    let (a, b) = (cluster.find("a").unwrap(), cluster.find("b").unwrap());
    let before = |cluster: &mut Cluster, patch: Value| cluster.set_node(&node("b", patch)).unwrap().1.unwrap();
    let fixed = before(&mut cluster, json!({}));
    let wakes = [
        Hint::Node(a, None),
        Hint::Node(b, Some(&fixed)),
        Hint::NodeGone(&fixed),
        Hint::Left(&held),
        Hint::Placed(&idle),
        Hint::Resized(&held, &idle),
        Hint::Resized(&idle, &held),
    ]
    .map(|hint| helps(hint, &big, &why, &cluster));
    assert_eq!(wakes, [true, true, false, true, false, true, false]);
    let same = before(&mut cluster, json!({"metadata": {"labels": {"x": "y"}}}));
    assert!(!helps(Hint::Node(b, Some(&same)), &big, &why, &cluster), "labels give no room");
    let follower = labelled("f", "f", relation("podAffinity", "m", "zone"));
    let why = causes(&follower, &mut cluster);
    let wakes = [Hint::Placed(&idle), Hint::Placed(&held), Hint::Left(&held), Hint::Namespace]
        .map(|hint| helps(hint, &follower, &why, &cluster));
    assert_eq!(wakes, [true, false, false, true], "{why:?}");
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Pods that say something about others, about nodes, or nothing.
fn specs() -> Vec<Value> {
    let term = json!({"labelSelector": {"matchLabels": {"app": "m"}}, "topologyKey": "zone"});
    let soft = |kind: &str, term: &Value| json!({"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 5, "podAffinityTerm": term}]}}});
    let spread = |key: &str, when: &str| {
        json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when,
            "nodeTaintsPolicy": "Honor", "labelSelector": {"matchLabels": {"app": "s"}}}]})
    };
    let mut few = spread("zone", "DoNotSchedule");
    few["topologySpreadConstraints"][0]["minDomains"] = json!(2);
    let mut by_team = term.clone();
    by_team["namespaceSelector"] = json!({"matchLabels": {"team": "t"}});
    let likes = json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 3, "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["x"]}]}}]}}});
    let asks = json!({"requests": {"cpu": "700m", "memory": "100Mi"}});
    vec![
        relation("podAntiAffinity", "m", "zone"),
        relation("podAntiAffinity", "q", "kubernetes.io/hostname"),
        relation("podAffinity", "s", "zone"),
        soft("podAffinity", &term),
        soft("podAntiAffinity", &by_team),
        spread("zone", "DoNotSchedule"),
        spread("zone", "ScheduleAnyway"),
        spread("kubernetes.io/hostname", "ScheduleAnyway"),
        few,
        likes,
        json!({"containers": [{"name": "c", "image": "i", "resources": asks}]}),
        json!({"containers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 80}]}]}),
        json!({"tolerations": [{"operator": "Exists"}]}),
        json!({}),
    ]
}

fn any_node(random: &mut Random, name: &str) -> Node {
    let taints = json!([{"key": "k", "effect": random.of(&["NoSchedule", "PreferNoSchedule"])}]);
    node(
        name,
        json!({
            "metadata": {"labels": {"zone": random.of(&[json!("x"), json!("y"), Value::Null])}},
            "spec": {"taints": if random.below(4) == 0 { taints } else { Value::Null }},
            "status": {"images": [{"names": [random.of(&["i:latest", "other"])], "sizeBytes": 900_000_000}]},
        }),
    )
}

/// What a cluster is made of, to make it anew.
#[derive(Default)]
struct World {
    nodes: std::collections::BTreeMap<&'static str, Node>,
    pods: std::collections::BTreeMap<String, (Arc<PodFacts>, &'static str)>,
    team: bool,
}

impl World {
    fn labels(&self) -> Option<std::collections::BTreeMap<String, String>> {
        self.team.then(|| [("team".to_owned(), "t".to_owned())].into())
    }

    fn fresh(&self) -> Cluster {
        let mut fresh = Cluster::default();
        fresh.set_namespace("d", self.labels());
        self.nodes.values().for_each(|node| drop(fresh.set_node(node)));
        self.pods.values().for_each(|(pod, name)| fresh.set_pod(pod.clone(), name));
        fresh
    }

    /// Changes something, here and in `cluster`.
    fn change(&mut self, random: &mut Random, specs: &[Value], cluster: &mut Cluster) {
        let name = *random.of(&["a", "b", "c", "d", "e"]);
        let uid = format!("p{}", random.below(12));
        match random.below(10) {
            0 => {
                cluster.remove_node(name);
                self.nodes.remove(name);
            }
            1 | 2 => {
                let node = any_node(random, name);
                cluster.set_node(&node);
                self.nodes.insert(name, node);
            }
            3 => {
                self.team = !self.team;
                cluster.set_namespace("d", self.labels());
            }
            4 => {
                cluster.remove_pod(&uid);
                self.pods.remove(&uid);
            }
            _ => {
                let app = *random.of::<&str>(&["m", "s", "q"]);
                let mut pod = labelled(&uid, app, random.of(specs).clone());
                pod.terminating = random.below(5) == 0;
                let pod = Arc::new(pod);
                cluster.set_pod(pod.clone(), name);
                self.pods.insert(uid, (pod, name));
            }
        }
    }
}

/// Columns that follow every change give the decisions of those made anew, and of looking at everything.
#[test]
fn columns_never_drift() {
    let (mut random, specs) = (Random(7), specs());
    let (mut grown, mut world) = (Cluster::default(), World::default());
    for step in 0..2000 {
        world.change(&mut random, &specs, &mut grown);
        let probe = labelled("probe", random.of::<&str>(&["m", "q"]), random.of(&specs).clone());
        let seed = random.below(1000) as u64;
        let naive = naive::choose(&probe, &mut grown, seed).map(|(node, all)| (grown.name(node).clone(), all.len()));
        let outcome = |cluster: &mut Cluster, seed: u64| match schedule(&probe, cluster, seed) {
            Decision::Bind { name, feasible, .. } => Ok((name, feasible)),
            Decision::Preempt { why, .. } | Decision::Unschedulable(why) => Err(why.message()),
        };
        let decided = outcome(&mut grown, seed);
        assert_eq!(decided.clone().ok(), naive, "step {step}: {}", probe.shape_id());
        let fresh = outcome(&mut world.fresh(), seed);
        // Rows of a cluster made anew come in another order, so ties may fall otherwise.
        let count = |decided: Result<(Arc<str>, usize), String>| decided.map(|(_, feasible)| feasible);
        assert_eq!(count(decided), count(fresh), "step {step}");
    }
}

/// A decision after one change looks at one row, however many nodes and pods there are.
#[test]
fn a_change_costs_one_row() {
    let mut cluster = Cluster::default();
    let names: Vec<String> = (0..500).map(|i| format!("n{i}")).collect();
    let zones = ["x", "y", "z"];
    names.iter().zip(zones.iter().cycle()).for_each(|(name, zone)| {
        cluster.set_node(&node(
            name,
            json!({"metadata": {"labels": {"zone": zone}}, "status": {"allocatable": {"pods": "99"}}}),
        ));
    });
    for i in 0..10_000 {
        cluster.set_pod(Arc::new(labelled(&format!("p{i}"), "m", json!({}))), &names[i % names.len()]);
    }
    for spec in specs() {
        let probe = labelled("probe", "m", spec);
        schedule(&probe, &mut cluster, 0);
        let before = cluster.work();
        cluster.set_pod(Arc::new(labelled("one", "m", json!({}))), "n7");
        schedule(&probe, &mut cluster, 0);
        assert_eq!(cluster.work() - before, 1);
        cluster.remove_pod("one");
    }
}

#[test]
fn the_same_seed_gives_the_same_decisions() {
    let run = || {
        let (mut random, specs) = (Random(3), specs());
        let (mut cluster, mut world) = (Cluster::default(), World::default());
        let decide = |step: u64| {
            world.change(&mut random, &specs, &mut cluster);
            let probe = labelled("probe", "q", random.of(&specs).clone());
            format!("{:?}", schedule(&probe, &mut cluster, step))
        };
        (0..300).map(decide).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn pods_of_one_owner_are_spread_by_default() {
    let zoned =
        |name: &str, zone: &str| node(name, json!({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}}));
    let mut cluster = cluster(&[zoned("a", "x"), zoned("b", "x"), zoned("c", "y")]);
    let mut shapes = Shapes::default();
    let plain = labelled("p", "m", json!({}));
    let selector = json!({"matchLabels": {"app": "m"}});
    let spread = PodFacts { shape: shapes.spread_by_default(&plain.shape, &selector), ..plain.clone() };
    assert!(Arc::ptr_eq(&spread.shape, &shapes.spread_by_default(&plain.shape, &selector)));
    // Node b is empty too, but its zone has the pods.
    cluster.set_pod(Arc::new(labelled("m0", "m", json!({}))), "a");
    cluster.set_pod(Arc::new(labelled("m1", "m", json!({}))), "a");
    for seed in 0..4 {
        let Decision::Bind { name, .. } = schedule(&spread, &mut cluster, seed) else { panic!() };
        assert_eq!(&*name, "c");
        let naive = naive::choose(&spread, &mut cluster, seed);
        assert_eq!(naive.map(|(node, _)| cluster.name(node).clone()), Some(name));
    }
}
