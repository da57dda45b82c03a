//! What a container mounts: its volumes (or parts of them), the hosts file, the file for its last words.
use super::{
    make::{env_file, expand::expand},
    shared::Shared,
    volumes::{Mounted, MountedVolumes, subpath},
};
use crate::{
    cri::api::{ImageSpec, Mount, MountPropagation},
    pod::spec::uid,
};
use k8s_openapi::api::core::v1::{Container, Pod, VolumeMount};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub(super) struct Wanted<'a> {
    pub pod: &'a Pod,
    pub container: &'a Container,
    pub volumes: &'a MountedVolumes,
    pub environment: &'a [(String, String)],
    /// The pod's hosts file.
    pub hosts: Option<PathBuf>,
    /// Tells this run's files from those of earlier ones.
    pub stamp: String,
}

fn propagation(mount: &VolumeMount) -> MountPropagation {
    match mount.mount_propagation.as_deref() {
        Some("Bidirectional") => MountPropagation::PropagationBidirectional,
        Some("HostToContainer") => MountPropagation::PropagationHostToContainer,
        _ => MountPropagation::PropagationPrivate,
    }
}

fn sub_path(mount: &VolumeMount, environment: &[(String, String)]) -> Result<String, String> {
    let Some(expression) = mount.sub_path_expr.as_deref().filter(|it| !it.is_empty()) else {
        return Ok(mount.sub_path.clone().unwrap_or_default());
    };
    let values: HashMap<&str, &str> = environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut missing = None;
    let found = |name: &str| values.get(name).map(|value| (*value).to_owned());
    let probe = std::cell::RefCell::new(&mut missing);
    let text = expand(expression, |name| {
        let value = found(name);
        if value.is_none() {
            **probe.borrow_mut() = Some(name.to_owned());
        }
        value
    });
    match missing {
        Some(name) => Err(format!("missing value for \"{name}\"")),
        None => Ok(text),
    }
}

/// Number of the next log where the runtime has forgotten earlier runs.
pub(super) fn next_log_number(dir: &Path) -> i32 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.split('.').next()?.parse::<i32>().ok());
    numbers.max().map_or(0, |last| last + 1)
}

/// Values of `fileKeyRef`s by variable name.
pub(super) fn file_values(
    container: &Container,
    volumes: Option<&MountedVolumes>,
) -> BTreeMap<String, Result<Option<String>, String>> {
    let mut out = BTreeMap::new();
    for variable in container.env.iter().flatten() {
        let Some(it) = variable.value_from.as_ref().and_then(|it| it.file_key_ref.as_ref()) else { continue };
        let value = match volumes.and_then(|volumes| volumes.get(&it.volume_name)) {
            Some(Mounted::Path { path, .. }) => file_value(path, &it.path, &it.key, it.optional.unwrap_or(false)),
            _ => Err(format!("cannot find the volume \"{}\" referenced by FileKeyRef", it.volume_name)),
        };
        out.insert(variable.name.clone(), value);
    }
    out
}

fn file_value(volume: &Path, file: &str, key: &str, optional: bool) -> Result<Option<String>, String> {
    let path = volume.join(file);
    let real = fs::canonicalize(&path).ok().filter(|it| it.starts_with(volume));
    let text = real.and_then(|it| fs::read_to_string(it).ok());
    let value = text.and_then(|text| env_file::value(&text, key).ok()).ok_or("couldn't parse env file")?;
    match (value.is_empty(), optional) {
        (false, _) => Ok(Some(value)),
        (true, true) => Ok(None),
        (true, false) => Err(format!("environment variable key \"{key}\" not found in file \"{}\"", path.display())),
    }
}

impl Shared {
    pub(super) fn container_mounts(&self, wanted: &Wanted<'_>) -> Result<Vec<Mount>, String> {
        let mut mounts = Vec::new();
        let mut hosts = wanted.hosts.clone();
        for (index, mount) in wanted.container.volume_mounts.iter().flatten().enumerate() {
            if mount.mount_path == "/etc/hosts" {
                hosts = None;
            }
            mounts.push(self.one_mount(wanted, index, mount)?);
        }
        let plain = |container_path: &str, host_path: PathBuf| Mount {
            container_path: container_path.to_owned(),
            host_path: host_path.display().to_string(),
            ..Mount::default()
        };
        mounts.extend(hosts.map(|path| plain("/etc/hosts", path)));
        let message_path = wanted.container.termination_message_path.as_deref().unwrap_or_default();
        if !message_path.is_empty() {
            let dir = self.config.pod_dir(uid(wanted.pod)).join("containers").join(&wanted.container.name);
            let path = dir.join(&wanted.stamp);
            let made = fs::create_dir_all(&dir).and_then(|()| fs::write(&path, ""));
            made.and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o666)))
                .map_err(|error| format!("cannot create the termination message file: {error}"))?;
            mounts.push(plain(message_path, path));
        }
        Ok(mounts)
    }

    fn one_mount(&self, wanted: &Wanted<'_>, index: usize, mount: &VolumeMount) -> Result<Mount, String> {
        let container = &wanted.container.name;
        let volume = wanted
            .volumes
            .get(&mount.name)
            .ok_or_else(|| format!("cannot find volume \"{}\" to mount into container \"{container}\"", mount.name))?;
        let part = sub_path(mount, wanted.environment)?;
        if Path::new(&part).is_absolute() {
            return Err(format!("error SubPath `{part}` must not be an absolute path"));
        }
        if part.split('/').any(|it| it == "..") {
            return Err(format!("unable to provision SubPath `{part}`: must not contain '..'"));
        }
        let asked = mount.recursive_read_only.as_deref().unwrap_or("Disabled");
        let recursive = match asked {
            "Enabled" if !self.supports_recursive_read_only() => {
                return Err("failed to resolve recursive read-only mode: \
                            volume mount requires recursive read-only mounts, which the runtime handler lacks"
                    .to_owned());
            }
            "Enabled" => true,
            "IfPossible" => self.supports_recursive_read_only(),
            _ => false,
        };
        let mut made = Mount {
            container_path: if mount.mount_path.starts_with('/') {
                mount.mount_path.clone()
            } else {
                format!("/{}", mount.mount_path)
            },
            readonly: mount.read_only.unwrap_or(false),
            recursive_read_only: recursive && mount.read_only.unwrap_or(false),
            propagation: propagation(mount) as i32,
            ..Mount::default()
        };
        match volume {
            Mounted::Image { reference, .. } => {
                made.image = Some(ImageSpec { image: reference.clone(), ..ImageSpec::default() });
                made.image_sub_path = part;
                made.readonly = true;
            }
            Mounted::Path { path, read_only } => {
                made.readonly |= read_only;
                made.host_path = self.host_path(wanted, index, mount, path, &part)?.display().to_string();
            }
        }
        Ok(made)
    }

    fn host_path(
        &self,
        wanted: &Wanted<'_>,
        index: usize,
        mount: &VolumeMount,
        volume: &Path,
        part: &str,
    ) -> Result<PathBuf, String> {
        if part.is_empty() {
            return Ok(volume.to_owned());
        }
        let container = &wanted.container.name;
        let place = self.config.pod_dir(uid(wanted.pod)).join("volume-subpaths");
        let target = place.join(&mount.name).join(container).join(index.to_string());
        subpath::bind(volume, part, &target).map_err(|error| {
            // The cause is kept from the pod's owner: it may tell of the node's files.
            tracing::info!(container, mount = mount.name, %error, "a part of a volume cannot be mounted");
            format!("failed to prepare subPath for volumeMount \"{}\" of container \"{container}\"", mount.name)
        })
    }
}
