//! Static pods as files write them.
use crate::pod::spec::{SOURCE_ANNOTATION, containers, init_containers, spec};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, Volume};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skeg_client::key::{Key, key};
use skeg_model::{kinds, wire::yaml};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Files read at most.
const FILES_MAX: usize = 1024;

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("longer than {FILE_BYTES_MAX} bytes")]
    TooLong,
    #[error("{0}")]
    Syntax(String),
    #[error("it holds no v1 Pod but {0}")]
    Kind(String),
    #[error("invalid pod: {0}")]
    Invalid(String),
    #[error("static pods may not reference {0}")]
    Reference(&'static str),
}

/// Files of the folder in the order of their names, or the one file.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && fs::metadata(&path).is_ok_and(|it| it.is_file()) {
            found.push(path);
        }
    }
    found.sort();
    found.truncate(FILES_MAX);
    Ok(found)
}

/// What the pod refers to of the API's objects: a static pod has no API to ask.
fn reference(pod: &Pod) -> Option<&'static str> {
    let spec = spec(pod);
    let text = |it: &Option<String>| it.as_ref().is_some_and(|it| !it.is_empty());
    if text(&spec.service_account_name) {
        return Some("serviceaccounts");
    }
    if spec.resource_claims.as_ref().is_some_and(|it| !it.is_empty()) {
        return Some("resourceclaims");
    }
    if spec.image_pull_secrets.as_ref().is_some_and(|it| !it.is_empty()) {
        return Some("secrets");
    }
    let of_volume = |it: &Volume| match it {
        _ if it.config_map.is_some() => Some("configmaps"),
        _ if it.secret.is_some() => Some("secrets"),
        _ if it.persistent_volume_claim.is_some() || it.ephemeral.is_some() => Some("persistentvolumeclaims"),
        _ => it.projected.as_ref()?.sources.iter().flatten().find_map(|it| match it {
            _ if it.config_map.is_some() => Some("configmaps"),
            _ if it.secret.is_some() => Some("secrets"),
            _ if it.service_account_token.is_some() => Some("serviceaccounts"),
            _ if it.cluster_trust_bundle.is_some() => Some("clustertrustbundles"),
            _ => None,
        }),
    };
    let of_container = |it: &Container| {
        let of_all = it.env_from.iter().flatten().find_map(|it| match it {
            _ if it.config_map_ref.is_some() => Some("configmaps"),
            _ if it.secret_ref.is_some() => Some("secrets"),
            _ => None,
        });
        let values = it.env.iter().flatten().filter_map(|it| it.value_from.as_ref());
        of_all.or_else(|| {
            values.into_iter().find_map(|it| match it {
                _ if it.config_map_key_ref.is_some() => Some("configmaps"),
                _ if it.secret_key_ref.is_some() => Some("secrets"),
                _ => None,
            })
        })
    };
    let volumes = spec.volumes.iter().flatten().find_map(of_volume);
    volumes.or_else(|| init_containers(pod).iter().chain(containers(pod)).find_map(of_container))
}

/// The same file on the same node gives the same pod.
fn uid_of(tree: &Value, node: &str, file: &Path) -> String {
    let mut digest = Sha256::new();
    for part in [tree.to_string().as_bytes(), node.as_bytes(), file.as_os_str().as_encoded_bytes()] {
        digest.update(part);
        digest.update([0]);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn parse(text: &[u8], node: &str, file: &Path, seen: Timestamp) -> Result<Pod, FileError> {
    let document = yaml::parse(text).map_err(|error| FileError::Syntax(error.0))?;
    let mut tree = document.raw.into_value();
    let kind = |key: &str| tree.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, version) = (kind("kind"), kind("apiVersion"));
    let row = kinds::by_kind("", "v1", "Pod").filter(|_| kind == "Pod" && version == "v1");
    let row = row.ok_or_else(|| FileError::Kind(format!("{version} {kind}")))?;
    let uid = uid_of(&tree, node, file);
    let text = |tree: &Value, at: &str| tree.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    if !tree["metadata"].is_object() || !tree["spec"].is_object() {
        return Err(FileError::Invalid("metadata and spec are required".to_owned()));
    }
    let own_uid = text(&tree, "/metadata/uid");
    let uid = if own_uid.is_empty() { uid } else { own_uid };
    let name = text(&tree, "/metadata/name");
    tree["metadata"]["name"] = format!("{name}-{}", node.to_lowercase()).into();
    if text(&tree, "/metadata/namespace").is_empty() {
        tree["metadata"]["namespace"] = "default".into();
    }
    tree["metadata"]["uid"] = uid.as_str().into();
    if !tree["metadata"]["annotations"].is_object() {
        tree["metadata"]["annotations"] = json!({});
    }
    let annotations = &mut tree["metadata"]["annotations"];
    annotations["kubernetes.io/config.hash"] = uid.into();
    annotations[SOURCE_ANNOTATION] = "file".into();
    annotations["kubernetes.io/config.seen"] = seen.to_string().into();
    tree["spec"]["nodeName"] = node.into();
    // It stays on its node whatever is wrong with that.
    let stays = json!({"operator": "Exists", "effect": "NoExecute"});
    match tree["spec"]["tolerations"].as_array_mut() {
        Some(list) if list.contains(&stays) => {}
        Some(list) => list.push(stays),
        None => tree["spec"]["tolerations"] = json!([stays]),
    }
    tree["status"] = json!({"phase": "Pending"});
    if let Some(version) = row.version("v1") {
        version.set_defaults(&mut tree);
    }
    let errors = row.check_create(&tree);
    if !errors.is_empty() {
        return Err(FileError::Invalid(errors.aggregate()));
    }
    let pod: Pod = serde_json::from_value(tree).map_err(|error| FileError::Syntax(error.to_string()))?;
    match reference(&pod) {
        Some(what) => Err(FileError::Reference(what)),
        None => Ok(pod),
    }
}

fn one(file: &Path, node: &str, seen: Timestamp) -> Result<Pod, FileError> {
    if fs::metadata(file)?.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLong);
    }
    parse(&fs::read(file)?, node, file, seen)
}

/// The pods of all files that hold one; the others are complained of and left out. Of two with one name the first counts.
///
/// # Errors
/// The folder cannot be read.
pub fn read(path: &Path, node: &str, seen: Timestamp) -> io::Result<BTreeMap<Key, Arc<Pod>>> {
    let mut out = BTreeMap::new();
    for file in files(path)? {
        match one(&file, node, seen) {
            Ok(pod) => {
                let key = key(pod.metadata.namespace.as_deref(), crate::pod::spec::name(&pod));
                out.entry(key).or_insert(Arc::new(pod));
            }
            Err(error) => tracing::warn!(file = %file.display(), %error, "not a static pod"),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\n\
                       spec: {containers: [{name: c, image: busybox}]}\n";

    fn parsed(text: &str) -> Result<Pod, String> {
        parse(text.as_bytes(), "node-1", Path::new("/etc/pods/web.yaml"), Timestamp::UNIX_EPOCH)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_becomes_a_pod_of_this_node() {
        let pod = parsed(POD).unwrap();
        let meta = &pod.metadata;
        assert_eq!((meta.name.as_deref(), meta.namespace.as_deref()), (Some("web-node-1"), Some("default")));
        let annotations = meta.annotations.as_ref().unwrap();
        assert_eq!(Some(&annotations["kubernetes.io/config.hash"]), meta.uid.as_ref());
        assert_eq!(annotations["kubernetes.io/config.source"], "file");
        assert_eq!(annotations["kubernetes.io/config.seen"], "1970-01-01T00:00:00Z");
        let spec = spec(&pod);
        assert_eq!((spec.node_name.as_deref(), spec.restart_policy.as_deref()), (Some("node-1"), Some("Always")));
        assert_eq!(spec.tolerations.as_ref().unwrap()[0].effect.as_deref(), Some("NoExecute"));
        assert_eq!(meta.uid, parsed(POD).unwrap().metadata.uid, "the same file, the same pod");
        assert_ne!(meta.uid, parsed(&POD.replace("busybox", "other")).unwrap().metadata.uid);
    }

    #[test]
    fn what_is_no_static_pod_is_refused() {
        let check = |text: &str, want: &str| assert_eq!(parsed(text).unwrap_err(), want, "{text}");
        check("apiVersion: v1\nkind: Service\n", "it holds no v1 Pod but v1 Service");
        check(
            &POD.replace("{containers", "{serviceAccountName: x, containers"),
            "static pods may not reference serviceaccounts",
        );
        check(
            &POD.replace("image: busybox", "image: b, envFrom: [{secretRef: {name: s}}]"),
            "static pods may not reference secrets",
        );
        let volume = "{volumes: [{name: v, configMap: {name: m}}], containers";
        check(&POD.replace("{containers", volume), "static pods may not reference configmaps");
        assert!(parsed("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}\n").is_err());
    }

    #[test]
    fn hidden_files_and_broken_ones_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        put("a.yaml", POD);
        put(".b.yaml", POD);
        put("c.json", "{");
        put("d.yaml", &POD.replace("name: web", "name: other"));
        let all = read(dir.path(), "n", Timestamp::UNIX_EPOCH).unwrap();
        let names: Vec<&str> = all.values().map(|pod| crate::pod::spec::name(pod)).collect();
        assert_eq!(names, ["other-n", "web-n"]);
    }
}
