//! What a pod uses of its node, measured now.
use super::decide::{ContainerUsage, PodUsage, Space};
use crate::{
    cri::{Result, api},
    kubelet::{
        cgroups::pod_path,
        make::sandbox::{CONTAINER_NAME, POD_UID},
        shared::Shared,
    },
    pod::{
        qos::qos,
        spec::{name, namespace, spec, uid},
    },
};
use k8s_openapi::api::core::v1::Pod;
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What files below `path` take on disk, in bytes and inodes. Links are not followed; a file with several names counts once.
pub fn disk_usage(path: &Path) -> (u64, u64) {
    let (mut bytes, mut inodes) = (0, 0);
    let mut seen = BTreeSet::new();
    let mut open: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.nlink() > 1 && !meta.is_dir() && !seen.insert((meta.dev(), meta.ino())) {
            continue;
        }
        bytes += meta.blocks() * 512;
        inodes += 1;
        if meta.is_dir() {
            open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
    }
    (bytes, inodes)
}

/// Where a pod's local volumes lie: (name, folder, whether on the node's disk).
pub fn local_volumes(shared: &Shared, pod: &Pod) -> Vec<(String, PathBuf, bool)> {
    let dir = shared.config.pod_dir(uid(pod)).join("volumes");
    let at = |plugin: &str, name: &str| dir.join(format!("kubernetes.io~{plugin}")).join(name);
    let volumes = spec(pod).volumes.iter().flatten();
    let local = volumes.filter_map(|it| {
        let (plugin, on_disk) = if let Some(empty) = &it.empty_dir {
            ("empty-dir", empty.medium.as_deref().unwrap_or_default().is_empty())
        } else if it.config_map.is_some() {
            ("configmap", true)
        } else {
            return None;
        };
        Some((it.name.clone(), at(plugin, &it.name), on_disk))
    });
    local.collect()
}

struct Folders {
    volumes: Vec<(String, PathBuf, bool)>,
    logs: PathBuf,
    containers: Vec<String>,
    other: PathBuf,
}

type Sizes = (Vec<(String, Space, bool)>, HashMap<String, Space>, Space);

fn space(path: &Path) -> Space {
    let (bytes, inodes) = disk_usage(path);
    Space { bytes, inodes }
}

fn sizes(folders: Folders) -> Sizes {
    let volumes = folders.volumes.into_iter().map(|(name, path, on_disk)| (name, space(&path), on_disk)).collect();
    let logs = folders.containers.into_iter().map(|name| {
        let space = space(&folders.logs.join(&name));
        (name, space)
    });
    (volumes, logs.collect(), space(&folders.other))
}

/// # Errors
/// The runtime does not answer.
pub async fn of_pod(shared: &Shared, pod: &Pod) -> Result<PodUsage> {
    let label_selector = HashMap::from([(POD_UID.to_owned(), uid(pod).to_owned())]);
    let filter = api::ContainerStatsFilter { label_selector, ..api::ContainerStatsFilter::default() };
    let stats = shared.runtime.list_container_stats(Some(filter)).await?;
    let named = |it: &api::ContainerStats| it.attributes.as_ref()?.labels.get(CONTAINER_NAME).cloned();
    let folders = Folders {
        volumes: local_volumes(shared, pod),
        logs: shared.config.pod_logs(namespace(pod), name(pod), uid(pod)),
        containers: stats.iter().filter_map(named).collect(),
        other: shared.config.pod_dir(uid(pod)).join("etc-hosts"),
    };
    let (volumes, mut logs, other) = tokio::task::spawn_blocking(move || sizes(folders)).await.unwrap_or_default();
    let number = |it: Option<&api::UInt64Value>| it.map_or(0, |it| it.value);
    let containers = stats.iter().filter_map(|it| {
        let name = named(it)?;
        Some(ContainerUsage {
            memory: number(it.memory.as_ref().and_then(|it| it.working_set_bytes.as_ref())),
            root_fs: Space {
                bytes: number(it.writable_layer.as_ref().and_then(|it| it.used_bytes.as_ref())),
                inodes: number(it.writable_layer.as_ref().and_then(|it| it.inodes_used.as_ref())),
            },
            logs: logs.remove(&name).unwrap_or_default(),
            name,
        })
    });
    let path = pod_path(&shared.config.settings.cgroup_root, qos(pod), uid(pod));
    Ok(PodUsage {
        memory: shared.cgroups.usage(&path).working_set_bytes,
        containers: containers.collect(),
        volumes,
        other,
        processes: shared.cgroups.processes(&path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), vec![1; 64 << 10]).unwrap();
        let (alone, _) = disk_usage(dir.path());
        fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("c")).unwrap();
        let (bytes, inodes) = disk_usage(dir.path());
        assert!(alone >= 64 << 10 && bytes < alone + (8 << 10), "{alone} {bytes}");
        assert_eq!(inodes, 3);
    }
}
