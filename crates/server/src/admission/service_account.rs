//! Every pod runs as a service account whose token it finds in a projected volume.
use super::{Operation, Plugin, Request, look_up, ready};
use crate::resources::tree;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::ServiceAccount as Account;
use serde_json::json;
use skeg_model::{
    Value,
    kinds::service_account,
    meta::{go, names},
    status::Status,
};
use skeg_storage::Store;
use std::sync::Arc;

const DEFAULT: &str = "default";
const VOLUME_PREFIX: &str = "kube-api-access-";
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MIRROR: &str = "/metadata/annotations/kubernetes.io~1config.mirror";
const ENFORCE_MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";
/// An hour, and the seconds by which kubelets' requests are told from others.
const TOKEN_SECONDS: i64 = 3607;

#[derive(Debug)]
pub(super) struct ServiceAccount;

impl Plugin for ServiceAccount {
    fn name(&self) -> &'static str {
        "ServiceAccount"
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return ready(Ok(()));
        }
        ready(mutate(store, request, object))
    }

    fn validate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return ready(Ok(()));
        }
        ready(validate(store, request, object))
    }
}

fn mutate(store: &dyn Store, request: &Request<'_>, pod: &mut Value) -> Result<(), Status> {
    if pod.pointer(MIRROR).is_some() {
        return validate(store, request, pod);
    }
    let mut name = tree::text(pod, "/spec/serviceAccountName").to_owned();
    if name.is_empty() {
        DEFAULT.clone_into(&mut name);
    }
    let spec = tree::map_mut(pod, "spec");
    for field in ["serviceAccount", "serviceAccountName"] {
        spec.insert(field.into(), name.clone().into());
    }
    let account = account(store, request, pod, &name)?;
    let automount = pod["spec"]["automountServiceAccountToken"].as_bool();
    if automount.or(account.automount_service_account_token).unwrap_or(true) {
        mount_token(request, pod);
    }
    if tree::list(pod, "/spec/imagePullSecrets").is_empty() {
        let secrets: Vec<Value> =
            account.image_pull_secrets.iter().flatten().map(|secret| json!({"name": secret.name})).collect();
        if !secrets.is_empty() {
            tree::map_mut(pod, "spec").insert("imagePullSecrets".into(), secrets.into());
        }
    }
    validate(store, request, pod)
}

fn account(store: &dyn Store, request: &Request<'_>, pod: &Value, name: &str) -> Result<Arc<Account>, Status> {
    let namespace = request.namespace;
    look_up::<Account>(store, &service_account::KIND, namespace, name).ok_or_else(|| {
        let wrong = names::path_segment(name);
        let why = if wrong.is_empty() {
            format!("serviceaccount \"{name}\" not found")
        } else {
            format!("invalid resource name {}: [{}]", go::quote(name), wrong.join(" "))
        };
        request.forbidden(pod, &format!("error looking up service account {namespace}/{name}: {why}"))
    })
}

/// Gives every container the token, and the pod its volume if one of them needed it.
fn mount_token(request: &Request<'_>, pod: &mut Value) {
    let have = tree::list(pod, "/spec/volumes")
        .iter()
        .filter_map(|volume| volume["name"].as_str())
        .find(|name| name.starts_with(VOLUME_PREFIX))
        .map(str::to_owned);
    let name = have.clone().unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", request.entropy.suffix(5)));
    let spec = tree::map_mut(pod, "spec");
    let mut needed = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(container) = container.as_object_mut() else { continue };
            let mounts = container.get("volumeMounts").and_then(Value::as_array);
            if mounts.is_some_and(|mounts| mounts.iter().any(|m| m["mountPath"] == MOUNT_PATH)) {
                continue;
            }
            let mount = json!({"name": name, "readOnly": true, "mountPath": MOUNT_PATH});
            tree::list_mut(container, "volumeMounts").push(mount);
            needed = true;
        }
    }
    if needed && have.is_none() {
        tree::list_mut(spec, "volumes").push(token_volume(&name));
    }
}

fn token_volume(name: &str) -> Value {
    json!({"name": name, "projected": {"defaultMode": 0o644, "sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
        ]}},
    ]}})
}

fn validate(store: &dyn Store, request: &Request<'_>, pod: &Value) -> Result<(), Status> {
    if pod.pointer(MIRROR).is_some() {
        return mirror(pod).map_err(|why| request.forbidden(pod, why));
    }
    let name = tree::text(pod, "/spec/serviceAccountName");
    if name.is_empty() {
        let why = format!("no service account specified for pod {}/{}", request.namespace, tree::name(pod));
        return Err(request.forbidden(pod, &why));
    }
    let account = account(store, request, pod, name)?;
    let enforced = account.metadata.annotations.as_ref().and_then(|a| a.get(ENFORCE_MOUNTABLE));
    if enforced.is_some_and(|v| matches!(v.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True")) {
        return only_own_secrets(&account, name, pod).map_err(|why| request.forbidden(pod, &why));
    }
    Ok(())
}

/// What a node's own pods may not have.
fn mirror(pod: &Value) -> Result<(), &'static str> {
    if !tree::text(pod, "/spec/serviceAccountName").is_empty() {
        return Err("a mirror pod may not reference service accounts");
    }
    if super::node_restriction::references(pod, "secretName", &["secretKeyRef", "secretRef", "secret"])
        || !tree::list(pod, "/spec/imagePullSecrets").is_empty()
    {
        return Err("a mirror pod may not reference secrets");
    }
    let sources = tree::list(pod, "/spec/volumes").iter().flat_map(|v| tree::list(v, "/projected/sources"));
    if sources.into_iter().any(|source| !source["serviceAccountToken"].is_null()) {
        return Err("a mirror pod may not use ServiceAccountToken volume projections");
    }
    Ok(())
}

/// An account may insist that its pods use no secrets but its own.
fn only_own_secrets(account: &Account, name: &str, pod: &Value) -> Result<(), String> {
    let mountable: Vec<&str> = account.secrets.iter().flatten().filter_map(|s| s.name.as_deref()).collect();
    let refusal = format!("is not allowed because service account {name} does not reference that");
    for volume in tree::list(pod, "/spec/volumes") {
        let secret = tree::text(volume, "/secret/secretName");
        if !secret.is_empty() && !mountable.contains(&secret) {
            return Err(format!("volume with secret.secretName=\"{secret}\" {refusal} secret"));
        }
    }
    for (list, what) in [("initContainers", "init container"), ("containers", "container")] {
        for container in tree::list(pod, &format!("/spec/{list}")) {
            for env in tree::list(container, "/env") {
                let secret = tree::text(env, "/valueFrom/secretKeyRef/name");
                if !secret.is_empty() && !mountable.contains(&secret) {
                    return Err(format!(
                        "{what} {} with envVar {} referencing secret.secretName=\"{secret}\" {refusal} secret",
                        tree::text(container, "/name"),
                        tree::text(env, "/name"),
                    ));
                }
            }
        }
    }
    let pullable: Vec<&str> = account.image_pull_secrets.iter().flatten().map(|s| s.name.as_str()).collect();
    for (i, reference) in tree::list(pod, "/spec/imagePullSecrets").iter().enumerate() {
        let secret = tree::text(reference, "/name");
        if !pullable.contains(&secret) {
            return Err(format!("imagePullSecrets[{i}].name=\"{secret}\" {refusal} imagePullSecret"));
        }
    }
    Ok(())
}
