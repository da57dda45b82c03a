//! Who has to go, and why: pure decisions over what pods use.
use super::{Signal, measure::Measured, thresholds::Threshold};
use crate::pod::{
    quantity::{from_bytes, from_count, value},
    resources::{Amounts, limit_list, requests},
    spec::{containers, init_containers, is_static, name, spec},
};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::api::resource::Quantity};
use std::{cmp::Reverse, collections::BTreeMap};

/// What something takes on a file system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    pub bytes: u64,
    pub inodes: u64,
}

impl std::iter::Sum for Space {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, it| Self { bytes: sum.bytes + it.bytes, inodes: sum.inodes + it.inodes })
    }
}

/// What one container uses; memory in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerUsage {
    pub name: String,
    pub memory: u64,
    pub root_fs: Space,
    pub logs: Space,
}

/// What one pod uses; memory in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodUsage {
    pub memory: u64,
    pub containers: Vec<ContainerUsage>,
    /// Local volumes by name; whether they lie on the node's disk.
    pub volumes: Vec<(String, Space, bool)>,
    /// The hosts file and the like.
    pub other: Space,
    pub processes: u64,
}

impl PodUsage {
    fn disk(&self, disks: Disks) -> Space {
        let layers = self.containers.iter().filter(|_| disks != Disks::Node).map(|it| it.root_fs);
        let volumes = self.volumes.iter().filter(|(_, _, on_disk)| *on_disk).map(|(_, space, _)| *space);
        let local = self.containers.iter().map(|it| it.logs).chain(volumes).chain([self.other]);
        layers.chain(local.filter(|_| disks != Disks::Images)).sum()
    }
}

/// Which file system a shortage is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disks {
    /// Logs and volumes alone.
    Node,
    /// The containers' own layers alone.
    Images,
    /// One that holds both.
    Both,
}

impl Disks {
    /// `apart`: images have a file system of their own.
    pub fn of(signal: Signal, apart: bool) -> Self {
        match signal {
            _ if !apart => Self::Both,
            Signal::NodeFsAvailable | Signal::NodeFsInodesFree => Self::Node,
            _ => Self::Images,
        }
    }
}

fn bytes(it: u64) -> Quantity {
    from_bytes(i64::try_from(it).unwrap_or(i64::MAX))
}

fn count(it: u64) -> Quantity {
    from_count(i64::try_from(it).unwrap_or(i64::MAX))
}

fn exceeds(used: u64, limit: &Quantity) -> bool {
    i64::try_from(used).unwrap_or(i64::MAX) > value(limit)
}

/// Whether something of the pod's local storage is bounded, so that it has to be measured.
pub fn is_bounded(pod: &Pod) -> bool {
    let volumes = spec(pod).volumes.iter().flatten().filter_map(|it| it.empty_dir.as_ref());
    volumes.filter_map(|it| it.size_limit.as_ref()).any(|it| value(it) > 0)
        || limit_list(pod).contains_key("ephemeral-storage")
}

/// Why the pod has to go because of the local storage that it uses, if it has to: what is exceeded, and the message.
pub fn local_storage(pod: &Pod, usage: &PodUsage) -> Option<(&'static str, String)> {
    for volume in spec(pod).volumes.iter().flatten() {
        let Some(limit) = volume.empty_dir.as_ref().and_then(|it| it.size_limit.as_ref()) else { continue };
        let used = usage.volumes.iter().find(|(name, ..)| *name == volume.name).map_or(0, |it| it.1.bytes);
        if value(limit) > 0 && exceeds(used, limit) {
            let text = format!("Usage of EmptyDir volume {:?} exceeds the limit {:?}. ", volume.name, limit.0);
            return Some(("emptydirfs.limit", text));
        }
    }
    if let Some(limit) = limit_list(pod).get("ephemeral-storage")
        && exceeds(usage.disk(Disks::Both).bytes, limit)
    {
        let text = format!("Pod ephemeral local storage usage exceeds the total limit of containers {}. ", limit.0);
        return Some(("ephemeralpodfs.limit", text));
    }
    containers(pod).iter().find_map(|container| {
        let limit =
            container.resources.as_ref()?.limits.as_ref()?.get("ephemeral-storage").filter(|it| value(it) != 0)?;
        let used = usage.containers.iter().find(|it| it.name == container.name)?;
        let text = format!("Container {} exceeded its local ephemeral storage limit {:?}. ", container.name, limit.0);
        exceeds(used.root_fs.bytes + used.logs.bytes, limit).then_some(("ephemeralcontainerfs.limit", text))
    })
}

/// Priority from which a pod counts as critical: it is not evicted.
const SYSTEM_CRITICAL: i32 = 2_000_000_000;

pub fn is_critical(pod: &Pod) -> bool {
    is_static(pod) || spec(pod).priority.is_some_and(|it| it >= SYSTEM_CRITICAL)
}

/// Places the pod among those that may go: the smallest goes first.
fn rank((signal, disks): (Signal, Disks), pod: &Pod, usage: &PodUsage) -> (bool, i32, Reverse<i64>) {
    let priority = spec(pod).priority.unwrap_or(0);
    let asked: Amounts = requests(pod);
    let over = |used: u64, asked: i64| i64::try_from(used).unwrap_or(i64::MAX).saturating_sub(asked);
    let over = match signal.resource() {
        "memory" => over(usage.memory, asked.memory_bytes),
        "pids" => return (false, priority, Reverse(over(usage.processes, 0))),
        "inodes" => over(usage.disk(disks).inodes, 0),
        _ => over(usage.disk(disks).bytes, asked.ephemeral_bytes),
    };
    (over <= 0, priority, Reverse(over))
}

/// The pod to evict for this signal: those above their requests first, then by priority, then by how much they are above.
pub fn victim<P: AsRef<Pod>>(of: (Signal, Disks), pods: &[(P, PodUsage)]) -> Option<&(P, PodUsage)> {
    let may_go = pods.iter().filter(|(pod, _)| !is_critical(pod.as_ref()));
    may_go.min_by_key(|(pod, usage)| rank(of, pod.as_ref(), usage))
}

/// What the pod's status says, and the annotations of its event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason {
    pub message: String,
    pub annotations: BTreeMap<String, String>,
}

/// Why this pod goes.
pub fn reason(threshold: &Threshold, measured: Measured, pod: &Pod, usage: &PodUsage) -> Reason {
    let resource = threshold.signal.resource();
    let mut text = format!("The node was low on resource: {resource}. ");
    let shown = |it: u64| if matches!(resource, "inodes" | "pids") { count(it) } else { bytes(it) };
    let (least, available) = (shown(threshold.least(measured.capacity)), shown(measured.available));
    let (mut offending, mut used_by_them) = (Vec::new(), Vec::new());
    text.push_str(&format!("Threshold quantity: {}, available: {}. ", least.0, available.0));
    let of_pod = spec(pod).resources.as_ref().and_then(|it| it.requests.as_ref()).and_then(|it| it.get(resource));
    let mut annotations = BTreeMap::new();
    if let Some(asked) = of_pod.filter(|_| resource == "memory") {
        let (name, used) = (name(pod), bytes(usage.memory).0);
        text.push_str(&format!(
            "Pod {name} was using {used}, request is {}, has larger consumption of {resource}. ",
            asked.0
        ));
        annotations.insert("offending_pod".to_owned(), name.to_owned());
        annotations.insert("offending_pod_usage".to_owned(), used);
    }
    for container in &usage.containers {
        let used = match resource {
            "memory" => container.memory,
            "ephemeral-storage" => container.root_fs.bytes + container.logs.bytes,
            _ => continue,
        };
        let declared = containers(pod).iter().chain(init_containers(pod)).find(|it| it.name == container.name);
        let Some(declared) = declared else { continue };
        let asked = declared.resources.as_ref().and_then(|it| it.requests.as_ref()).and_then(|it| it.get(resource));
        let zero = Quantity("0".into());
        let asked = asked.unwrap_or(&zero);
        if exceeds(used, asked) {
            let (name, used) = (&container.name, bytes(used));
            text.push_str(&format!(
                "Container {name} was using {}, request is {}, has larger consumption of {resource}. ",
                used.0, asked.0
            ));
            offending.push(name.clone());
            used_by_them.push(used.0);
        }
    }
    annotations.insert("offending_containers".to_owned(), offending.join(","));
    annotations.insert("offending_containers_usage".to_owned(), used_by_them.join(","));
    annotations.insert("starved_resource".to_owned(), resource.to_owned());
    Reason { message: text, annotations }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubelet::eviction::{Statements, thresholds};
    use serde_json::{Value, json};

    fn pod(spec: Value) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": spec})).unwrap()
    }

    fn used(root_fs: u64, volume: u64) -> PodUsage {
        let space = |bytes| Space { bytes, inodes: 1 };
        let container = ContainerUsage { name: "c".into(), root_fs: space(root_fs), ..ContainerUsage::default() };
        PodUsage {
            containers: vec![container],
            volumes: vec![("v".into(), space(volume), true)],
            ..PodUsage::default()
        }
    }

    #[test]
    fn local_storage_is_bounded() {
        let check = |spec: Value, usage: PodUsage, want: Option<&str>| {
            let pod = pod(spec.clone());
            let got = local_storage(&pod, &usage).map(|(_, text)| text);
            assert_eq!((got.as_deref(), is_bounded(&pod)), (want, true), "{spec}");
        };
        let limited = json!({"containers": [{"name": "c", "resources": {"limits": {"ephemeral-storage": "5Mi"}}}]});
        check(limited.clone(), used(1 << 20, 1 << 20), None);
        let whole = "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ";
        check(limited, used(6 << 20, 0), Some(whole));
        let two = json!({"containers": [
            {"name": "c", "resources": {"limits": {"ephemeral-storage": "1Mi"}}},
            {"name": "d", "resources": {"limits": {"ephemeral-storage": "9Mi"}}},
        ]});
        check(two, used(2 << 20, 0), Some("Container c exceeded its local ephemeral storage limit \"1Mi\". "));
        let volume =
            json!({"containers": [{"name": "c"}], "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Mi"}}]});
        check(volume, used(0, 2 << 20), Some("Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". "));
    }

    #[test]
    fn who_uses_more_than_asked_goes_first() {
        let of = |priority: i32, request: &str, memory: u64| {
            let spec = json!({"priority": priority, "containers": [{"name": "c", "resources": {"requests": {"memory": request}}}]});
            let usage = PodUsage { memory, ..PodUsage::default() };
            (std::sync::Arc::new(pod(spec)), usage)
        };
        let check = |pods: Vec<(std::sync::Arc<Pod>, PodUsage)>, memory: u64| {
            assert_eq!(
                victim((Signal::MemoryAvailable, Disks::Both), &pods).map(|(_, usage)| usage.memory),
                Some(memory)
            );
        };
        check(vec![of(0, "100", 50), of(10, "100", 150)], 150);
        check(vec![of(5, "100", 250), of(0, "100", 150)], 150);
        check(vec![of(0, "100", 250), of(0, "100", 350)], 350);
        check(vec![of(2_000_000_001, "0", 900), of(0, "100", 50)], 50);
    }

    #[test]
    fn the_message_names_the_culprits() {
        let pod = pod(json!({"containers": [{"name": "c", "resources": {"requests": {"memory": "1Mi"}}}]}));
        let container = ContainerUsage { name: "c".into(), memory: 3 << 20, ..ContainerUsage::default() };
        let usage = PodUsage { containers: vec![container], ..PodUsage::default() };
        let hard = [("memory.available".to_owned(), "100Mi".to_owned())].into();
        let threshold = thresholds(&Statements { hard, ..Statements::default() }).unwrap()[0];
        let measured = Measured { available: 50 << 20, capacity: 1 << 30 };
        let got = reason(&threshold, measured, &pod, &usage);
        assert_eq!(got.annotations["offending_containers_usage"], "3Mi");
        assert_eq!(
            got.message,
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. \
             Container c was using 3Mi, request is 1Mi, has larger consumption of memory. "
        );
    }
}
