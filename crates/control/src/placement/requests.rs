//! What a pod asks for: its spec, and while it is resized in place the most of what it was given, has and shall have
//! (KEP-1287), so that room is free for others only once the pod is smaller.
use super::resources::Amounts;
use k8s_openapi::{
    api::core::v1::{Container, ContainerStatus, Pod, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use serde::Serialize;
use skeg_model::meta::quantity;
use std::collections::BTreeMap;

type List = BTreeMap<String, Quantity>;

/// What a container without a request counts as when nodes are compared (upstream's `DefaultMilliCPURequest`,
/// `DefaultMemoryRequest`).
const UNASKED: [(&str, &str); 2] = [("cpu", "100m"), ("memory", "200Mi")];

/// A resize under way: requests of containers (by name) and of the pod as a whole (\"\") that differ from the spec's.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Resizing(Vec<(String, List)>);

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn requests(resources: Option<&ResourceRequirements>) -> Option<&List> {
    resources.and_then(|resources| resources.requests.as_ref())
}

fn infeasible(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let pending = conditions.iter().find(|condition| condition.type_ == "PodResizePending");
    pending.is_some_and(|condition| condition.reason.as_deref() == Some("Infeasible"))
}

fn amount(text: &Quantity) -> Option<quantity::Quantity> {
    quantity::Quantity::parse(&text.0).ok()
}

/// By resource the greatest of some lists.
fn most<'a>(lists: impl Iterator<Item = &'a List>) -> List {
    let mut out = List::new();
    for (name, text) in lists.flatten() {
        let greater = out.get(name).is_none_or(|known| amount(text) > amount(known));
        if greater {
            out.insert(name.clone(), text.clone());
        }
    }
    out
}

impl Resizing {
    pub fn of(pod: &Pod) -> Self {
        let (Some(spec), Some(status)) = (&pod.spec, &pod.status) else { return Self(Vec::new()) };
        let given_up = infeasible(pod);
        let effective = |wanted: Option<&List>, actual: Option<&List>, allocated: Option<&List>| {
            most(wanted.filter(|_| !given_up).into_iter().chain(actual).chain(allocated))
        };
        let mut out = Vec::new();
        let mut add = |name: &str, wanted: Option<&List>, list: List| {
            if wanted.map_or(!list.is_empty(), |wanted| *wanted != list) {
                out.push((name.to_owned(), list));
            }
        };
        let statuses = || status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
        let sidecars = spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
        for container in spec.containers.iter().chain(sidecars) {
            let known: Option<&ContainerStatus> = statuses().find(|status| status.name == container.name);
            let Some((known, has)) = known.and_then(|known| Some((known, known.resources.as_ref()?))) else { continue };
            let wanted = requests(container.resources.as_ref());
            add(&container.name, wanted, effective(wanted, has.requests.as_ref(), known.allocated_resources.as_ref()));
        }
        if let (Some(wanted), Some(has)) = (requests(spec.resources.as_ref()), &status.resources) {
            add("", Some(wanted), effective(Some(wanted), has.requests.as_ref(), status.allocated_resources.as_ref()));
        }
        Self(out)
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, name: &str) -> Option<&List> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, list)| list)
    }
}

/// What the pod asks for (KEP-753, KEP-2837): containers and sidecars together, or the greatest init container with the
/// sidecars before it; requests of the pod as a whole go before; overhead on top.
pub(super) fn of_pod(spec: &PodSpec, resizing: &Resizing) -> Amounts {
    let mut total = total(spec, resizing, &[]);
    total.pods = 1;
    total
}

/// CPU and memory as nodes are compared by: containers that ask for nothing count a little.
pub(super) fn compared(spec: &PodSpec, resizing: &Resizing) -> (i64, i64) {
    let total = total(spec, resizing, &UNASKED);
    (total.cpu_milli, total.memory_bytes)
}

/// `unasked`: what containers count for that do not ask.
fn total(spec: &PodSpec, resizing: &Resizing, unasked: &[(&str, &str)]) -> Amounts {
    let of = |container: &Container, resizable: bool| {
        let asked = resizing.get(&container.name).filter(|_| resizable);
        let mut asked = asked.or(requests(container.resources.as_ref())).cloned().unwrap_or_default();
        for (name, least) in unasked {
            asked.entry((*name).to_owned()).or_insert_with(|| Quantity((*least).to_owned()));
        }
        Amounts::read(Some(&asked))
    };
    let mut total = Amounts::default();
    for container in &spec.containers {
        total.add(&of(container, true));
    }
    let (mut sidecars, mut starting) = (Amounts::default(), Amounts::default());
    for container in spec.init_containers.iter().flatten() {
        let mut asked = of(container, is_sidecar(container));
        if is_sidecar(container) {
            total.add(&asked);
            sidecars.add(&asked);
            asked = sidecars.clone();
        } else {
            asked.add(&sidecars);
        }
        starting.at_least(&asked);
    }
    total.at_least(&starting);
    if let Some(wanted) = requests(spec.resources.as_ref()) {
        total.set(wanted, resizing.get("").unwrap_or(wanted));
    }
    total.add(&Amounts::read(spec.overhead.as_ref()));
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn cpu(spec: Value, status: Value) -> (i64, i64) {
        let pod: Pod = serde_json::from_value(json!({"metadata": {}, "spec": spec, "status": status})).unwrap();
        let (spec, resizing) = (pod.spec.as_ref().unwrap(), Resizing::of(&pod));
        (of_pod(spec, &resizing).cpu_milli, compared(spec, &resizing).0)
    }

    fn asking(cpu: &str) -> Value {
        json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]})
    }

    fn having(actual: &str, allocated: &str, reason: &str) -> Value {
        json!({"containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "resources": {"requests": {"cpu": actual}}, "allocatedResources": {"cpu": allocated}}],
            "conditions": [{"type": "PodResizePending", "status": "True", "reason": reason}]})
    }

    #[test]
    fn a_resize_counts_as_the_most_of_spec_status_and_allocation() {
        assert_eq!(cpu(asking("1"), json!({})), (1000, 1000));
        assert_eq!(cpu(asking("1"), having("2", "1", "Deferred")), (2000, 2000));
        assert_eq!(cpu(asking("1"), having("1", "3", "Deferred")), (3000, 3000));
        assert_eq!(cpu(asking("4"), having("1", "1", "Deferred")), (4000, 4000));
        assert_eq!(
            cpu(asking("4"), having("1", "1", "Infeasible")),
            (1000, 1000),
            "what cannot be done is not waited for"
        );
        let pod: Pod = serde_json::from_value(json!({"spec": asking("1"), "status": having("1", "1", "")})).unwrap();
        assert!(Resizing::of(&pod).is_none());
    }

    #[test]
    fn requests_of_the_whole_go_before_and_unasked_ones_count_a_little() {
        assert_eq!(cpu(json!({"containers": [{"name": "a"}, {"name": "b"}]}), json!({})), (0, 200));
        let mut whole = asking("1");
        whole["resources"] = json!({"requests": {"cpu": "2"}});
        assert_eq!(cpu(whole.clone(), json!({})), (2000, 2000));
        let resized = json!({"resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2"}});
        assert_eq!(cpu(whole.clone(), resized), (3000, 3000));
        whole["overhead"] = json!({"cpu": "500m"});
        assert_eq!(cpu(whole, json!({})), (2500, 2500));
    }
}
