//! Random states to start from, bystanders, and what must hold in the end: what the table of scenarios is made of.
use crate::{lab::Lab, objects::*};
use serde_json::{Value, json};
use skeg_testing::dice::Dice;

pub fn all(lab: &Lab, resource: &str) -> Vec<Value> {
    lab.api.objects(resource)
}

pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub fn plain_pod(index: usize) -> Objects {
    let labels = json!({ "app": format!("app-{index}") });
    let spec = json!({ "containers": [{ "name": "c", "image": "i" }], "nodeName": "elsewhere" });
    let meta = json!({ "name": format!("pod-{index}"), "namespace": "n", "labels": labels });
    vec![("pods", json!({ "metadata": meta, "spec": spec, "status": { "phase": "Running" } }))]
}

pub fn plain_service(index: usize) -> Objects {
    let name = format!("service-{index}");
    vec![service(&name, Some(&name))]
}

/// Few Services, as there are in a cluster.
pub fn pods_and_services(index: usize) -> Objects {
    if index.is_multiple_of(20) { [plain_pod(index), plain_service(index)].concat() } else { plain_pod(index) }
}

pub fn plain_map(index: usize) -> Objects {
    vec![config_map(&format!("map-{index}"))]
}

pub fn rested_namespace(index: usize) -> Objects {
    let (name, description) = (format!("namespace-{index}"), "Contains a CA bundle.");
    let meta = json!({
        "name": "kube-root-ca.crt", "namespace": name,
        "annotations": { "kubernetes.io/description": description },
    });
    vec![
        namespace(&name),
        ("serviceaccounts", json!({ "metadata": { "name": "default", "namespace": name } })),
        ("configmaps", json!({ "metadata": meta, "data": { "ca.crt": "PEM" } })),
    ]
}

pub fn rested_node(index: usize) -> Objects {
    let (resource, mut node) = silent(node(&format!("node-{index:05}")));
    node["spec"] = json!({ "podCIDR": format!("10.250.{}.{}/32", index / 250, index % 250) });
    node["metadata"]["labels"] = json!({});
    // More than a thousand nodes ask for this much.
    node["metadata"]["annotations"] = json!({ "node.alpha.kubernetes.io/ttl": "300" });
    vec![(resource, node)]
}

pub fn random_nodes(dice: &mut Dice) -> Objects {
    let count = 2 + dice.roll(4);
    let one = |index: usize, dice: &mut Dice| {
        let mut node = node(&format!("n{index}"));
        if dice.one_in(3) {
            node.1["spec"]["taints"] = json!([{ "key": "k", "effect": dice.pick(&["NoSchedule", "NoExecute"]) }]);
        }
        if dice.one_in(4) {
            node.1["status"]["conditions"][0]["status"] = dice.pick(&["False", "Unknown"]).into();
        }
        if dice.one_in(4) {
            node.1["spec"]["podCIDR"] = format!("10.244.{}.0/24", 40 + index).into();
        }
        if dice.one_in(4) {
            node.1["metadata"]["annotations"] = json!({ "node.alpha.kubernetes.io/ttl": "7" });
        }
        if dice.one_in(4) { silent(node) } else { node }
    };
    (0..count).map(|index| one(index, dice)).collect()
}

pub fn random_pods(dice: &mut Dice, nodes: &[Option<&str>]) -> Objects {
    let count = dice.roll(8);
    let one = |index: usize, dice: &mut Dice| {
        let node = dice.pick(nodes);
        random_pod(dice, &format!("p{index}"), node)
    };
    (0..count).map(|index| one(index, dice)).collect()
}

pub fn tokens(dice: &mut Dice) -> Objects {
    let mut objects = vec![account("bot")];
    for index in 0..1 + dice.roll(4) {
        let mut secret = token_secret(&format!("t{index}"), dice.pick(&["bot", "bot", "gone"]));
        if dice.one_in(3) {
            let uid = dice.pick(&["uid-bot", "uid-old"]);
            secret.1["metadata"]["annotations"]["kubernetes.io/service-account.uid"] = uid.into();
        }
        if dice.one_in(3) {
            secret.1["data"] = json!({ "token": "dA==" });
        }
        objects.push(secret);
    }
    objects
}

pub fn every_token_is_whole(lab: &Lab) {
    for secret in all(lab, "secrets") {
        assert_eq!(text(&secret, "/metadata/annotations/kubernetes.io~1service-account.uid"), "uid-bot", "{secret}");
        assert!(["token", "ca.crt", "namespace"].iter().all(|name| secret["data"][name].is_string()), "{secret}");
    }
}

pub fn namespaces(dice: &mut Dice) -> Objects {
    let mut objects = Vec::new();
    for index in 0..2 + dice.roll(3) {
        let name = format!("ns{index}");
        let mut namespace = namespace(&name);
        if dice.one_in(4) {
            namespace.1["status"]["phase"] = "Terminating".into();
        }
        objects.push(namespace);
        if dice.one_in(3) {
            objects.push(("serviceaccounts", json!({ "metadata": { "name": "default", "namespace": name } })));
        }
        if dice.one_in(2) {
            let data = json!({ "ca.crt": dice.pick(&["PEM", "old"]) });
            let meta = json!({ "name": "kube-root-ca.crt", "namespace": name });
            objects.push(("configmaps", json!({ "metadata": meta, "data": data })));
        }
    }
    objects
}

pub fn in_each_active_namespace(lab: &Lab, resource: &str, name: &str, holds: fn(&Value) -> bool) {
    for namespace in all(lab, "namespaces").iter().filter(|it| it["status"]["phase"] == "Active") {
        let own = |it: &&Value| it["metadata"]["namespace"] == namespace["metadata"]["name"];
        let objects = all(lab, resource);
        let found = objects.iter().filter(own).find(|it| it["metadata"]["name"] == name);
        assert!(found.is_some_and(holds), "{namespace}");
    }
}

pub fn served(dice: &mut Dice) -> Objects {
    let mut objects = vec![service("web", Some("web")), node("n1")];
    if dice.one_in(3) {
        objects[0].1["spec"]["publishNotReadyAddresses"] = true.into();
    }
    objects.extend(random_pods(dice, &[Some("n1")]));
    if dice.one_in(2) {
        let mut stale = endpoints("web", &["10.9.9.9".into()]);
        stale.1["metadata"]["labels"] = json!({ "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
        objects.push(stale);
        let mut leftover = endpoints("gone", &["10.9.9.9".into()]);
        leftover.1["metadata"]["labels"] = json!({ "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
        objects.push(leftover);
    }
    for index in 0..dice.roll(3) {
        objects.push(random_slice(dice, index, "endpointslice-controller.k8s.io", ("Service", "uid-web")));
    }
    objects
}

pub fn random_slice(dice: &mut Dice, index: usize, manager: &str, owner: (&str, &str)) -> (&'static str, Value) {
    let labels = json!({
        "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": manager, "old": "label",
    });
    let port = if dice.one_in(2) { 8080 } else { 7 };
    let slice = json!({
        "metadata": { "name": format!("web-{index}"), "namespace": "n", "labels": labels },
        "addressType": "IPv4",
        "ports": [{ "name": "", "port": port, "protocol": "TCP" }],
        "endpoints": [{ "addresses": ["10.9.9.9"], "conditions": { "ready": true } }],
    });
    let (kind, uid) = owner;
    let uid = dice.pick(&[uid, "uid-old"]);
    owned_by(("endpointslices", slice), "v1", kind, "web", uid)
}

/// Addresses of pods that may be sent traffic.
pub fn expected_ips(lab: &Lab) -> Vec<String> {
    let not_ready_too = all(lab, "services")[0]["spec"]["publishNotReadyAddresses"] == true;
    let serves = |pod: &&Value| {
        let up = pod["status"]["conditions"][0]["status"] == "True" || not_ready_too;
        let ended = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
        pod["metadata"]["labels"]["app"] == "web" && up && !ended
    };
    let pods = all(lab, "pods");
    let mut ips: Vec<String> = pods.iter().filter(serves).map(|pod| text(pod, "/status/podIP").into()).collect();
    ips.sort();
    ips
}

pub fn endpoints_are_right(lab: &Lab) {
    let endpoints = all(lab, "endpoints");
    assert_eq!(endpoints.len(), 1, "what a Service left behind goes");
    let subsets = endpoints[0]["subsets"].as_array().cloned().unwrap_or_default();
    let addresses = subsets.iter().flat_map(|subset| subset["addresses"].as_array().cloned().unwrap_or_default());
    let mut ips: Vec<String> = addresses.map(|address| text(&address, "/ip").into()).collect();
    ips.sort();
    assert_eq!(ips, expected_ips(lab));
}

pub fn slices_are_right(lab: &Lab) {
    let mut ips = Vec::new();
    for slice in all(lab, "endpointslices") {
        assert_eq!(text(&slice, "/metadata/ownerReferences/0/uid"), "uid-web");
        let endpoints = slice["endpoints"].as_array().cloned().unwrap_or_default();
        let ready = endpoints.iter().filter(|endpoint| endpoint["conditions"]["ready"] == true);
        ips.extend(ready.map(|endpoint| text(endpoint, "/addresses/0").to_owned()));
    }
    ips.sort();
    assert_eq!(ips, expected_ips(lab));
}

pub fn mirrored(dice: &mut Dice) -> Objects {
    let ips: Vec<String> = (0..dice.roll(4)).map(|index| format!("192.0.2.{}", index + 1)).collect();
    let mut objects = vec![service("web", None), endpoints("web", &ips)];
    objects[1].1["metadata"]["uid"] = "uid-endpoints".into();
    if dice.one_in(4) {
        objects[1].1["metadata"]["labels"] = json!({ "endpointslice.kubernetes.io/skip-mirror": "true" });
    }
    for index in 0..dice.roll(3) {
        let manager = "endpointslicemirroring-controller.k8s.io";
        objects.push(random_slice(dice, index, manager, ("Endpoints", "uid-endpoints")));
    }
    objects
}

pub fn mirrors_are_right(lab: &Lab) {
    let endpoints = all(lab, "endpoints").remove(0);
    let skip = text(&endpoints, "/metadata/labels/endpointslice.kubernetes.io~1skip-mirror") == "true";
    let wanted = endpoints["subsets"][0]["addresses"].as_array().map_or(0, Vec::len);
    let slices = all(lab, "endpointslices");
    let have: usize = slices.iter().map(|slice| slice["endpoints"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(have, if skip { 0 } else { wanted });
    assert!(slices.iter().all(|slice| text(slice, "/metadata/ownerReferences/0/uid") == "uid-endpoints"));
}

pub fn doomed(dice: &mut Dice) -> Objects {
    let mut objects = vec![namespace("n"), namespace("other")];
    if !dice.one_in(4) {
        objects[0].1["metadata"]["deletionTimestamp"] = LONG_AGO.into();
        objects[0].1["status"]["phase"] = dice.pick(&["Active", "Terminating"]).into();
    }
    objects.extend((0..dice.roll(3)).map(|index| config_map(&format!("map-{index}"))));
    objects.extend((0..dice.roll(2)).map(|index| account(&format!("account-{index}"))));
    objects.extend(random_pods(dice, &[None, Some("n1")]));
    objects
}

pub fn doomed_is_gone(lab: &Lab) {
    let namespaces = all(lab, "namespaces");
    let doomed = namespaces.iter().find(|it| it["metadata"]["name"] == "n");
    let done = |it: &Value| it["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    if doomed.is_none_or(|it| it["metadata"]["deletionTimestamp"].is_string()) {
        assert!(doomed.is_none_or(done), "{namespaces:?}");
        assert_eq!(all(lab, "configmaps"), Vec::<Value>::new());
        assert_eq!(all(lab, "pods"), Vec::<Value>::new());
    }
}

/// A forest of ConfigMaps of which some owners are missing and some are being deleted.
pub fn forest(dice: &mut Dice) -> Objects {
    let mut objects = Vec::new();
    for index in 0..3 + dice.roll(5) {
        let name = format!("map-{index}");
        let mut map = match dice.roll(4) {
            0 => config_map(&name),
            1 => owned_config_map(&name, "gone", "uid-gone"),
            _ => {
                let owner = dice.roll(index.max(1));
                owned_config_map(&name, &format!("map-{owner}"), &format!("uid-{owner}"))
            }
        };
        map.1["metadata"]["uid"] = format!("uid-{index}").into();
        if dice.one_in(3) && map.1["metadata"]["ownerReferences"].is_array() {
            map.1["metadata"]["ownerReferences"][0]["blockOwnerDeletion"] = true.into();
        }
        if index == 0 {
            map.1["metadata"].as_object_mut().unwrap().remove("ownerReferences");
        }
        if dice.one_in(4) {
            map.1["metadata"]["deletionTimestamp"] = LONG_AGO.into();
            map.1["metadata"]["finalizers"] = json!([dice.pick(&["foregroundDeletion", "orphan"])]);
        }
        objects.push(map);
    }
    objects
}

pub fn nothing_dangles(lab: &Lab) {
    let maps = all(lab, "configmaps");
    for map in &maps {
        assert!(map["metadata"]["deletionTimestamp"].is_null(), "{map}");
        for owner in map["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
            assert!(maps.iter().any(|it| it["metadata"]["uid"] == owner["uid"]), "{map}");
        }
    }
}

pub fn replicated(dice: &mut Dice, mut owner: (&'static str, Value), version: &str, kind: &str) -> Objects {
    owner.1["spec"]["replicas"] = dice.roll(6).into();
    if dice.one_in(3) {
        owner.1["spec"]["minReadySeconds"] = 10.into();
    }
    let mut objects = vec![owner];
    for pod in random_pods(dice, &[None, Some("n1"), Some("n2")]) {
        objects.push(match dice.roll(4) {
            0 => pod,
            1 => owned_by(pod, version, kind, "other", "uid-other"),
            _ => owned_by(pod, version, kind, "web", "uid-web"),
        });
    }
    objects.extend([node("n1"), node("n2")]);
    objects
}

pub fn replicas_are_right(lab: &Lab, resource: &str) {
    let owner = all(lab, resource).remove(0);
    let active = |pod: &&Value| {
        let ended = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
        text(pod, "/metadata/ownerReferences/0/uid") == "uid-web" && !ended
    };
    let pods = all(lab, "pods");
    assert_eq!(pods.iter().filter(active).count() as u64, owner["spec"]["replicas"].as_u64().unwrap());
    assert_eq!(owner["status"]["replicas"], owner["spec"]["replicas"]);
}

pub fn rolled_out(dice: &mut Dice) -> Objects {
    let (resource, mut it) = deployment();
    it["metadata"]["uid"] = "uid-deployment".into();
    it["spec"]["replicas"] = dice.roll(5).into();
    it["spec"]["revisionHistoryLimit"] = dice.roll(3).into();
    match dice.roll(3) {
        0 => it["spec"]["strategy"] = json!({ "type": "Recreate" }),
        1 => it["spec"]["strategy"]["rollingUpdate"] = json!({ "maxSurge": 2, "maxUnavailable": 1 }),
        _ => {}
    }
    if dice.one_in(4) {
        it["metadata"]["annotations"] = json!({ "deprecated.deployment.rollback.to": "1" });
    }
    let mut objects = vec![(resource, it)];
    for index in 0..dice.roll(4) {
        let (resource, mut set) = replica_set();
        set["metadata"]["name"] = format!("web-{index}").into();
        set["metadata"]["uid"] = format!("uid-set-{index}").into();
        set["metadata"]["annotations"] = json!({ "deployment.kubernetes.io/revision": (index + 1).to_string() });
        let labels = json!({ "app": "web", "pod-template-hash": format!("h{index}") });
        set["metadata"]["labels"] = labels.clone();
        set["spec"]["selector"]["matchLabels"] = labels.clone();
        set["spec"]["template"]["metadata"]["labels"] = labels;
        set["spec"]["template"]["spec"]["containers"][0]["image"] = format!("app:old-{index}").into();
        set["spec"]["replicas"] = dice.roll(3).into();
        let set = (resource, set);
        let adopted = !dice.one_in(4);
        objects.push(if adopted { owned_by(set, "apps/v1", "Deployment", "web", "uid-deployment") } else { set });
    }
    objects
}

pub fn rollout_is_done(lab: &Lab) {
    let deployment = all(lab, "deployments").remove(0);
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap();
    let image = text(&deployment, "/spec/template/spec/containers/0/image");
    for set in all(lab, "replicasets") {
        let current = text(&set, "/spec/template/spec/containers/0/image") == image;
        assert_eq!(set["spec"]["replicas"].as_u64().unwrap(), if current { replicas } else { 0 }, "{set}");
    }
    assert_eq!(deployment["status"]["availableReplicas"].as_u64().unwrap_or(0), replicas);
    assert!(deployment["metadata"]["annotations"]["deprecated.deployment.rollback.to"].is_null());
}

pub fn budgeted(dice: &mut Dice) -> Objects {
    let bounds = [json!({ "minAvailable": 2 }), json!({ "minAvailable": "50%" }), json!({ "maxUnavailable": 1 })];
    let mut objects = vec![budget("web", dice.pick(&bounds)), node("n1")];
    if dice.one_in(3) {
        let left = json!({ "p0": "2025-06-15T15:06:30Z", "p1": LONG_AGO });
        objects[0].1["status"] = json!({ "disruptionsAllowed": 9, "disruptedPods": left });
    }
    let (resource, mut set) = replica_set();
    set["spec"]["replicas"] = 3.into();
    objects.push((resource, set));
    for pod in random_pods(dice, &[Some("n1")]) {
        objects.push(owned_by(pod, "apps/v1", "ReplicaSet", "web", "uid-web"));
    }
    objects
}

pub fn budgets_are_counted(lab: &Lab) {
    let budget = all(lab, "poddisruptionbudgets").remove(0);
    let status = &budget["status"];
    let ready =
        |pod: &&Value| pod["metadata"]["labels"]["app"] == "web" && pod["status"]["conditions"][0]["status"] == "True";
    let healthy = all(lab, "pods").iter().filter(ready).count() as i64;
    let count = |field: &str| status[field].as_i64().unwrap();
    assert_eq!(count("currentHealthy"), healthy, "{status}");
    let spare = if count("expectedPods") > 0 { (healthy - count("desiredHealthy")).max(0) } else { 0 };
    assert_eq!(count("disruptionsAllowed"), spare, "{status}");
    assert!(status["disruptedPods"].is_null(), "{status}");
}

pub fn every_node_has_a_range(lab: &Lab) {
    let mut ranges: Vec<String> = all(lab, "nodes").iter().map(|node| text(node, "/spec/podCIDR").into()).collect();
    assert!(ranges.iter().all(|range| !range.is_empty()));
    ranges.sort();
    let count = ranges.len();
    ranges.dedup();
    assert_eq!(ranges.len(), count);
}

pub fn nodes_with_pods(dice: &mut Dice) -> Objects {
    let mut objects = random_nodes(dice);
    let pods = random_pods(dice, &[Some("n0"), Some("n1"), None]);
    objects.extend(pods);
    objects
}

pub fn taints_follow_conditions(lab: &Lab) {
    for node in all(lab, "nodes") {
        let status = text(&node, "/status/conditions/0/status").to_owned();
        let alive = !node["metadata"]["labels"][crate::lab::ALIVE].is_null();
        assert!(alive || status == "Unknown", "{node}");
        let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let has = |key: &str| taints.iter().any(|it| it["key"] == format!("node.kubernetes.io/{key}"));
        assert_eq!((has("not-ready"), has("unreachable")), (status == "False", status == "Unknown"), "{node}");
    }
}

pub fn tainted(dice: &mut Dice) -> Objects {
    let mut objects = random_nodes(dice);
    for (resource, mut pod) in random_pods(dice, &[Some("n0"), Some("n1")]) {
        let forever = json!({ "key": "k", "operator": "Exists" });
        let limited = json!({ "key": "k", "operator": "Exists", "tolerationSeconds": 60 });
        pod["spec"]["tolerations"] = dice.pick(&[json!([]), json!([forever]), json!([limited])]);
        objects.push((resource, pod));
    }
    objects
}

pub fn who_does_not_tolerate_is_gone(lab: &Lab) {
    let nodes = all(lab, "nodes");
    let tainted = |name: &str| {
        let node = nodes.iter().find(|node| node["metadata"]["name"] == name).unwrap();
        node["spec"]["taints"].as_array().into_iter().flatten().any(|taint| taint["effect"] == "NoExecute")
    };
    for pod in all(lab, "pods").iter().filter(|pod| tainted(text(pod, "/spec/nodeName"))) {
        let first = &pod["spec"]["tolerations"][0];
        let stays = first.is_object() && first["tolerationSeconds"].is_null();
        assert!(stays || pod["metadata"]["deletionTimestamp"].is_string(), "{pod}");
    }
}

pub fn strays(dice: &mut Dice) -> Objects {
    let (resource, mut broken) = silent(node("broken"));
    broken["status"]["conditions"][0]["status"] = "Unknown".into();
    broken["spec"]["taints"] = json!([{ "key": "node.kubernetes.io/out-of-service", "effect": "NoExecute" }]);
    let mut objects = vec![node("n1"), (resource, broken)];
    for (resource, mut pod) in random_pods(dice, &[Some("n1"), Some("gone"), Some("broken"), None]) {
        if dice.one_in(2) {
            pod["metadata"]["deletionTimestamp"] = LONG_AGO.into();
        }
        objects.push((resource, pod));
    }
    objects
}

pub fn no_stray_is_left(lab: &Lab) {
    for pod in all(lab, "pods") {
        let node = text(&pod, "/spec/nodeName");
        assert_ne!(node, "gone");
        assert!(node == "n1" || pod["metadata"]["deletionTimestamp"].is_null(), "{pod}");
    }
}

pub fn roles(dice: &mut Dice) -> Objects {
    let mut objects = vec![aggregate("all", "all"), aggregate("few", "few")];
    for index in 0..dice.roll(6) {
        let to = dice.pick(&[Some("all"), Some("few"), None]);
        objects.push(cluster_role(&format!("part{index}"), to));
    }
    if dice.one_in(2) {
        objects[0].1["rules"] = json!([{ "apiGroups": [""], "resources": ["stale"], "verbs": ["get"] }]);
    }
    objects
}

pub fn aggregates_hold_their_parts(lab: &Lab) {
    let roles = all(lab, "clusterroles");
    for name in ["all", "few"] {
        let aggregate = roles.iter().find(|role| role["metadata"]["name"] == name).unwrap();
        let parts = roles.iter().filter(|role| role["metadata"]["labels"]["to"] == name);
        let wanted: Vec<Value> = parts.map(|part| part["rules"][0].clone()).collect();
        // What somebody else wrote stays as long as there is nothing to put in its place.
        let stale = wanted.is_empty() && aggregate["rules"][0]["resources"] == json!(["stale"]);
        assert!(stale || aggregate["rules"].as_array().cloned().unwrap_or_default() == wanted, "{aggregate}");
    }
}

pub fn bound_pod() -> (&'static str, Value) {
    random_pod_on("web-1", "n1")
}

pub fn random_pod_on(name: &str, node: &str) -> (&'static str, Value) {
    let mut pod = random_pod(&mut Dice::new(1), name, Some(node));
    pod.1["metadata"]["labels"]["app"] = "web".into();
    pod
}
