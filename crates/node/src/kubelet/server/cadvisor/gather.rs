//! Which cgroups there are, and whose each is.
use super::system::{self, Interface, Processes};
use crate::{
    cri::{Result, api},
    kubelet::{
        cgroups::{Detail, pod_path, qos_path},
        make::sandbox::{CONTAINER_NAME, POD_NAME, POD_NAMESPACE},
        shared::Shared,
    },
    pod::{
        qos::{Qos, qos},
        spec,
    },
    runtime::programs::PAUSE_IMAGE,
};
use std::collections::HashMap;

/// Levels of cgroups below the node's own; containers may make some.
const DEPTH_MAX: usize = 12;
/// Cgroups shown at most; those past it are left out.
const CGROUPS_MAX: usize = 20_000;

/// What the runtime calls a container or sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    pub image: String,
    pub pod: String,
    pub namespace: String,
    /// "": it is the pod's sandbox.
    pub container: String,
}

/// A cgroup with all that is told of it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Its path.
    pub id: String,
    /// The runtime's id of the container; "": it is none's.
    pub container_id: String,
    pub name: Name,
    pub detail: Detail,
    pub processes: Processes,
    /// Of the node and of sandboxes.
    pub interfaces: Vec<Interface>,
    /// Soft limit of open files of its first process, where it has one of its own.
    pub open_files: Option<i64>,
}

/// How an image is called: its first tag, else its first digest, else its id.
fn image_name(image: &api::Image) -> String {
    let first = image.repo_tags.first().or(image.repo_digests.first());
    first.unwrap_or(&image.id).clone()
}

/// Containers and sandboxes by id.
///
/// # Errors
/// The runtime does not answer.
pub async fn named(shared: &Shared) -> Result<HashMap<String, Name>> {
    let images = shared.runtime.list_images().await?;
    let by_id: HashMap<&str, String> = images.iter().map(|it| (it.id.as_str(), image_name(it))).collect();
    let own = images.iter().find(|it| it.repo_tags.iter().any(|tag| tag == PAUSE_IMAGE));
    let pause = own.or_else(|| images.iter().find(|it| it.pinned)).map(image_name).unwrap_or_default();
    let of = |labels: &HashMap<String, String>, image: String| {
        let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
        Name { image, pod: label(POD_NAME), namespace: label(POD_NAMESPACE), container: label(CONTAINER_NAME) }
    };
    let mut out = HashMap::new();
    for it in shared.runtime.list_sandboxes(None).await? {
        out.insert(it.id, of(&it.labels, pause.clone()));
    }
    for it in shared.runtime.list_containers(None).await? {
        let spec = it.image.unwrap_or_default();
        let known =
            [&it.image_id, &it.image_ref, &spec.image].into_iter().find_map(|id| by_id.get(id.as_str()).cloned());
        let given = if spec.user_specified_image.is_empty() { spec.image } else { spec.user_specified_image };
        let image = known.unwrap_or(given);
        out.insert(it.id, of(&it.labels, image));
    }
    Ok(out)
}

fn below(shared: &Shared, path: &str, depth: usize, out: &mut Vec<String>) {
    if out.len() >= CGROUPS_MAX || depth > DEPTH_MAX {
        return;
    }
    out.push(path.to_owned());
    for name in shared.cgroups.children(path) {
        below(shared, &format!("{path}/{name}"), depth + 1, out);
    }
}

/// The node's cgroup, and all from `kubepods` down.
pub fn all(shared: &Shared, named: &HashMap<String, Name>) -> Vec<Seen> {
    let root = &shared.config.settings.cgroup_root;
    let mut paths = vec!["/".to_owned()];
    below(shared, &qos_path(root, Qos::Guaranteed), 0, &mut paths);
    let pods = shared.registry.active();
    let of_pods: HashMap<String, Name> = pods
        .iter()
        .map(|pod| {
            let name = Name { pod: spec::name(pod).into(), namespace: spec::namespace(pod).into(), ..Name::default() };
            (pod_path(root, qos(pod), spec::uid(pod)), name)
        })
        .collect();
    let seen = |id: String| {
        let mut detail = shared.cgroups.detail(&id)?;
        let last = id.rsplit('/').next().unwrap_or_default().to_owned();
        let container = named.get(&last);
        let name = container.or_else(|| of_pods.get(&id)).cloned().unwrap_or_default();
        let is_node = id == "/";
        let first = if is_node { Some(1) } else { detail.processes.first().copied().filter(|_| container.is_some()) };
        let has_network = is_node || container.is_some_and(|it| it.container.is_empty());
        if is_node {
            // The root has no count of its own.
            detail.threads = system::threads().unwrap_or(detail.threads);
        }
        Some(Seen {
            container_id: container.map_or_else(String::new, |_| last),
            name,
            processes: system::processes(&detail.processes),
            interfaces: first.filter(|_| has_network).map(system::interfaces).unwrap_or_default(),
            open_files: first.and_then(system::open_files),
            detail,
            id,
        })
    };
    paths.into_iter().filter_map(seen).collect()
}
