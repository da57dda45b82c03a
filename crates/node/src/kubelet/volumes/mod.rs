//! Volumes of pods: made before the containers start, kept current while the pod lives, taken down after it.
pub mod content;
mod host;
pub mod subpath;
mod token;
pub mod writer;

use super::{
    blocking::Blocking,
    config::KubeletConfig,
    make::fields::NodeView,
    metrics::{Metrics, VOLUME_OPERATIONS},
};
use crate::{
    pod::spec::{containers, ephemeral_containers, host_network, init_containers, namespace, spec, uid},
    runtime::mounts,
};
use content::ContentError;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, Volume, VolumeProjection};
use skeg_model::status::Status;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use token::Tokens;
use writer::{Ownership, Payload};

/// A volume as containers mount it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mounted {
    /// A path of the node.
    Path { path: PathBuf, read_only: bool },
    /// The root file system of an image, mounted by the runtime.
    Image { reference: String, pull_policy: String },
}

pub type MountedVolumes = BTreeMap<String, Mounted>;

#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("{0}")]
    Api(#[from] Status),
    #[error("{0}")]
    Content(#[from] ContentError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Refused(String),
}

/// Why a volume is not there yet.
#[derive(Debug, thiserror::Error)]
#[error("MountVolume.SetUp failed for volume \"{volume}\" : {cause}")]
pub struct VolumeError {
    pub volume: String,
    #[source]
    pub cause: Cause,
}

/// Upstream's name of the plugin for a volume, and whether it is renewed while the pod lives.
fn plugin(volume: &Volume) -> (&'static str, bool) {
    let renewed = [
        (volume.config_map.is_some(), "kubernetes.io/configmap"),
        (volume.secret.is_some(), "kubernetes.io/secret"),
        (volume.projected.is_some(), "kubernetes.io/projected"),
        (volume.downward_api.is_some(), "kubernetes.io/downward-api"),
    ];
    if let Some((_, name)) = renewed.into_iter().find(|(is, _)| *is) {
        return (name, true);
    }
    let others = [
        (volume.empty_dir.is_some(), "kubernetes.io/empty-dir"),
        (volume.host_path.is_some(), "kubernetes.io/host-path"),
    ];
    (others.into_iter().find(|(is, _)| *is).map_or("kubernetes.io/image", |(_, name)| name), false)
}

/// Makes, renews and removes volumes.
#[derive(Debug)]
pub struct Volumes {
    config: KubeletConfig,
    tokens: Tokens,
    stamps: AtomicU64,
    metrics: Arc<Metrics>,
    blocking: Arc<Blocking>,
}

/// Names of the volumes that some container mounts (or reads variables from); the others are never made.
fn mounted_names(pod: &Pod) -> BTreeSet<String> {
    let mounts = |it: &k8s_openapi::api::core::v1::Container| {
        let mounts = it.volume_mounts.iter().flatten().map(|mount| mount.name.clone());
        let devices = it.volume_devices.iter().flatten().map(|device| device.name.clone());
        let files = it.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref()?.file_key_ref.as_ref());
        mounts.chain(devices).chain(files.map(|it| it.volume_name.clone())).collect::<Vec<_>>()
    };
    let ephemeral = ephemeral_containers(pod).iter().flat_map(|it| it.volume_mounts.iter().flatten());
    let ephemeral = ephemeral.map(|mount| mount.name.clone());
    init_containers(pod).iter().chain(containers(pod)).flat_map(mounts).chain(ephemeral).collect()
}

/// A missing ConfigMap or Secret as the kubelet names it: in the singular.
pub(super) fn singular<K: skeg_client::Object>(name: &str, status: Status) -> Status {
    if !status.is_not_found() {
        return status;
    }
    Status::not_found("", &K::KIND.to_lowercase(), name)
}

/// Owner and group that a pod asks for its files.
#[derive(Debug, Clone, Copy, Default)]
struct Owners {
    group: Option<u32>,
    /// The one user of all containers; tokens are theirs.
    user: Option<u32>,
}

fn owners(pod: &Pod) -> Owners {
    let number = |it: Option<i64>| it.and_then(|it| u32::try_from(it).ok());
    let context = spec(pod).security_context.as_ref();
    let of_pod = context.and_then(|it| it.run_as_user);
    let all = init_containers(pod).iter().chain(containers(pod));
    let users: BTreeSet<Option<i64>> =
        all.map(|it| it.security_context.as_ref().and_then(|it| it.run_as_user).or(of_pod)).collect();
    let only = (users.len() == 1).then(|| users.first().copied().flatten()).flatten();
    Owners { group: number(context.and_then(|it| it.fs_group)), user: number(only) }
}

impl Volumes {
    pub fn new(config: KubeletConfig, metrics: Arc<Metrics>, blocking: Arc<Blocking>) -> Self {
        Self { config, tokens: Tokens::default(), stamps: AtomicU64::new(0), metrics, blocking }
    }

    fn dir(&self, pod: &Pod, plugin: &str, volume: &str) -> PathBuf {
        self.config.pod_dir(uid(pod)).join("volumes").join(format!("kubernetes.io~{plugin}")).join(volume)
    }

    /// A name that no folder of a volume ever had: the time and a count.
    fn stamp(&self, now: Timestamp) -> String {
        let count = self.stamps.fetch_add(1, Ordering::Relaxed);
        format!("{}.{count}", now.strftime("%Y_%m_%d_%H_%M_%S.%9f"))
    }

    /// Makes what is missing (all, the `first` time) and renews what has changed; cheap when all is as it should be.
    ///
    /// # Errors
    /// The first volume that cannot be made; those before it are there.
    pub async fn setup(
        &self,
        pod: &Pod,
        node: &NodeView,
        ips: &[String],
        first: bool,
    ) -> Result<MountedVolumes, VolumeError> {
        let wanted = mounted_names(pod);
        let mut done = MountedVolumes::new();
        for volume in spec(pod).volumes.iter().flatten().filter(|it| wanted.contains(&it.name)) {
            let start = std::time::Instant::now();
            let made = self.one(pod, volume, node, ips).await;
            let (plugin, renewed) = plugin(volume);
            if first || renewed {
                self.metrics.took(&VOLUME_OPERATIONS, &["volume_mount", plugin], start);
            }
            let made = made.map_err(|cause| VolumeError { volume: volume.name.clone(), cause })?;
            done.insert(volume.name.clone(), made);
        }
        Ok(done)
    }

    /// When the next token of the pod is due for renewal.
    pub fn renewal(&self, pod_uid: &str) -> Option<Timestamp> {
        self.tokens.next_renewal(pod_uid)
    }

    async fn one(&self, pod: &Pod, volume: &Volume, node: &NodeView, ips: &[String]) -> Result<Mounted, Cause> {
        let now = self.config.clock.now();
        let place = |path: PathBuf| Mounted::Path { path, read_only: false };
        if let Some(it) = &volume.host_path {
            let kind = it.type_.as_deref().unwrap_or_default();
            self.blocking.run(|| host::check(Path::new(&it.path), kind)).await?;
            return Ok(place(it.path.clone().into()));
        }
        if let Some(it) = &volume.empty_dir {
            let dir = self.dir(pod, "empty-dir", &volume.name);
            self.blocking.run(|| host::empty_dir(&dir, it, pod, node, owners(pod).group)).await?;
            return Ok(place(dir));
        }
        if let Some(it) = &volume.image {
            let reference = it.reference.clone().unwrap_or_default();
            let pull_policy = it.pull_policy.clone().unwrap_or_default();
            return Ok(Mounted::Image { reference, pull_policy });
        }
        if let Some(it) = &volume.config_map {
            let may_miss = it.optional.unwrap_or(false);
            let found: Option<_> = self.object::<ConfigMap>(pod, &it.name, may_miss).await?;
            let default = it.default_mode.unwrap_or(0o644);
            let payload = match found {
                Some(found) => content::config_map(&found, it.items.as_ref(), default, may_miss)?,
                None => Payload::new(),
            };
            return self.files(pod, volume, "configmap", false, &payload, now).await;
        }
        if let Some(it) = &volume.secret {
            let may_miss = it.optional.unwrap_or(false);
            let found: Option<_> =
                self.object::<Secret>(pod, it.secret_name.as_deref().unwrap_or_default(), may_miss).await?;
            let default = it.default_mode.unwrap_or(0o644);
            let payload = match found {
                Some(found) => content::secret(&found, it.items.as_ref(), default, may_miss)?,
                None => Payload::new(),
            };
            return self.files(pod, volume, "secret", true, &payload, now).await;
        }
        if let Some(it) = &volume.downward_api {
            let default = it.default_mode.unwrap_or(0o644);
            let payload = content::downward(pod, it.items.as_deref().unwrap_or_default(), default, node, ips)?;
            return self.files(pod, volume, "downward-api", true, &payload, now).await;
        }
        if let Some(it) = &volume.projected {
            let default = it.default_mode.unwrap_or(0o644);
            let mut payload = Payload::new();
            for source in it.sources.iter().flatten() {
                payload.append(&mut self.projection(pod, source, default, node, ips).await?);
            }
            return self.files(pod, volume, "projected", true, &payload, now).await;
        }
        Err(Cause::Refused("no volume plugin matched".to_owned()))
    }

    async fn object<K: skeg_client::Object>(
        &self,
        pod: &Pod,
        name: &str,
        may_miss: bool,
    ) -> Result<Option<std::sync::Arc<K>>, Status> {
        match self.config.client.get::<K>(Some(namespace(pod)), name).await {
            Ok(found) => Ok(Some(found)),
            Err(status) if status.is_not_found() && may_miss => Ok(None),
            Err(status) => Err(singular::<K>(name, status)),
        }
    }

    async fn projection(
        &self,
        pod: &Pod,
        source: &VolumeProjection,
        default: i32,
        node: &NodeView,
        ips: &[String],
    ) -> Result<Payload, Cause> {
        if let Some(it) = &source.config_map {
            let may_miss = it.optional.unwrap_or(false);
            let found: Option<_> = self.object::<ConfigMap>(pod, &it.name, may_miss).await?;
            let Some(found) = found else { return Ok(Payload::new()) };
            return Ok(content::config_map(&found, it.items.as_ref(), default, may_miss)?);
        }
        if let Some(it) = &source.secret {
            let may_miss = it.optional.unwrap_or(false);
            let found: Option<_> = self.object::<Secret>(pod, &it.name, may_miss).await?;
            let Some(found) = found else { return Ok(Payload::new()) };
            return Ok(content::secret(&found, it.items.as_ref(), default, may_miss)?);
        }
        if let Some(it) = &source.downward_api {
            return Ok(content::downward(pod, it.items.as_deref().unwrap_or_default(), default, node, ips)?);
        }
        if let Some(it) = &source.service_account_token {
            let owners = owners(pod);
            let text = self.tokens.get(&self.config.client, pod, it, self.config.clock.now()).await?;
            let owned = owners.group.is_some() || owners.user.is_some();
            let mode = if owned { 0o600 } else { u32::try_from(default).unwrap_or(0o644) };
            let file = writer::File { data: text.into_bytes(), mode, owner: owners.user };
            return Ok(Payload::from([(it.path.clone(), file)]));
        }
        Err(Cause::Refused("a source of the projected volume is of no known kind".to_owned()))
    }

    async fn files(
        &self,
        pod: &Pod,
        volume: &Volume,
        plugin: &str,
        in_memory: bool,
        payload: &Payload,
        now: Timestamp,
    ) -> Result<Mounted, Cause> {
        let dir = self.dir(pod, plugin, &volume.name);
        let ownership = owners(pod).group.map(|group| Ownership { group, read_only: true });
        let stamp = self.stamp(now);
        let write = || -> io::Result<()> {
            fs::create_dir_all(&dir)?;
            if in_memory {
                host::mount_tmpfs(&dir, None)?;
            } else {
                fs::set_permissions(&dir, fs::Permissions::from_mode(0o777))?;
            }
            let changed = writer::write(&dir, payload, &stamp, ownership)?;
            match ownership {
                Some(ownership) if changed => writer::own_tree(&dir, ownership),
                _ => Ok(()),
            }
        };
        self.blocking.run(write).await?;
        Ok(Mounted::Path { path: dir, read_only: true })
    }

    /// Takes the volumes of a pod that has ended down; its folder stays, with its last words.
    ///
    /// # Errors
    /// A mount or a file resists.
    pub fn unmount(&self, pod_uid: &str) -> io::Result<()> {
        self.tokens.forget(pod_uid);
        let dir = self.config.pod_dir(pod_uid);
        mounts::unmount_below(&dir)?;
        for part in ["volumes", "volume-subpaths"] {
            match fs::remove_dir_all(dir.join(part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes down all that was made for a pod.
    ///
    /// # Errors
    /// A mount or a file resists.
    pub fn teardown(&self, pod_uid: &str) -> io::Result<()> {
        self.tokens.forget(pod_uid);
        let dir = self.config.pod_dir(pod_uid);
        mounts::unmount_below(&dir)?;
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The hosts file that the pod's containers share; None where they have the image's own.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn hosts_file(&self, pod: &Pod, ips: &[String], hostname: &str, domain: &str) -> io::Result<Option<PathBuf>> {
        use super::make::names::{host_network_hosts_file, hosts_file};
        let aliases = spec(pod).host_aliases.as_deref().unwrap_or_default();
        let text = if host_network(pod) {
            host_network_hosts_file(&fs::read_to_string("/etc/hosts").unwrap_or_default(), aliases)
        } else if ips.is_empty() {
            return Ok(None);
        } else {
            hosts_file(ips, hostname, domain, aliases)
        };
        let dir = self.config.pod_dir(uid(pod));
        fs::create_dir_all(&dir)?;
        let path = dir.join("etc-hosts");
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        Ok(Some(path))
    }
}
