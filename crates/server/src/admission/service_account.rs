//! Every pod runs as a service account whose token it finds in a projected volume.
use super::{Operation, Prompt, Request, look_up};
use crate::resources::tree;
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

impl Prompt for ServiceAccount {
    fn name(&self) -> &'static str {
        "ServiceAccount"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return Ok(());
        }
        mutate(store, request, object)
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        let pods = request.kind.group.is_empty() && request.kind.resource == "pods";
        match (request.operation, request.subresource) {
            (Operation::Create, "") if pods => validate(store, request, object),
            (Operation::Update, "ephemeralcontainers") if pods => {
                let Some((account, name)) = enforcing(store, request, object)? else { return Ok(()) };
                // Upstream answers with a plain error here.
                account_secrets(&account, name, object, EPHEMERAL).map_err(|why| Status::failure(500, "", why))
            }
            _ => Ok(()),
        }
    }
}

/// A pod's lists of containers, and what one of each is called.
type Lists = &'static [(&'static str, &'static str)];
const CONTAINERS: Lists = &[("initContainers", "init container"), ("containers", "container")];
const EPHEMERAL: Lists = &[("ephemeralContainers", "ephemeral container")];

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
    let Some((account, name)) = enforcing(store, request, pod)? else { return Ok(()) };
    only_own_secrets(&account, name, pod).map_err(|why| request.forbidden(pod, &why))
}

/// The account that a pod must have, if that one insists on its own secrets.
fn enforcing<'p>(
    store: &dyn Store,
    request: &Request<'_>,
    pod: &'p Value,
) -> Result<Option<(Arc<Account>, &'p str)>, Status> {
    let name = tree::text(pod, "/spec/serviceAccountName");
    if name.is_empty() {
        let why = format!("no service account specified for pod {}/{}", request.namespace, tree::name(pod));
        return Err(request.forbidden(pod, &why));
    }
    let account = account(store, request, pod, name)?;
    let enforced = account.metadata.annotations.as_ref().and_then(|a| a.get(ENFORCE_MOUNTABLE));
    let enforced = enforced.is_some_and(|v| matches!(v.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"));
    Ok(enforced.then_some((account, name)))
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
    let mountable = mountable(account);
    for volume in tree::list(pod, "/spec/volumes") {
        let secret = tree::text(volume, "/secret/secretName");
        if volume["secret"].is_object() && !mountable.contains(&secret) {
            return Err(format!("volume with secret.secretName=\"{secret}\" {} secret", refusal(name)));
        }
    }
    account_secrets(account, name, pod, CONTAINERS)?;
    let pullable: Vec<&str> = account.image_pull_secrets.iter().flatten().map(|s| s.name.as_str()).collect();
    for (i, reference) in tree::list(pod, "/spec/imagePullSecrets").iter().enumerate() {
        let secret = tree::text(reference, "/name");
        if !pullable.contains(&secret) {
            return Err(format!("imagePullSecrets[{i}].name=\"{secret}\" {} imagePullSecret", refusal(name)));
        }
    }
    Ok(())
}

fn mountable(account: &Account) -> Vec<&str> {
    account.secrets.iter().flatten().filter_map(|s| s.name.as_deref()).collect()
}

fn refusal(account: &str) -> String {
    format!("is not allowed because service account {account} does not reference that")
}

/// The environment of containers comes from the account's own secrets.
fn account_secrets(account: &Account, name: &str, pod: &Value, lists: Lists) -> Result<(), String> {
    let mountable = mountable(account);
    let refuse = |secret: &str, of: &str| {
        let refusal = refusal(name);
        Err(format!("{of} referencing secret.secretName=\"{secret}\" {refusal} secret"))
    };
    for (list, what) in lists {
        for container in tree::list(pod, &format!("/spec/{list}")) {
            let of = format!("{what} {}", tree::text(container, "/name"));
            for env in tree::list(container, "/env") {
                let secret = tree::text(env, "/valueFrom/secretKeyRef/name");
                if !env["valueFrom"]["secretKeyRef"].is_null() && !mountable.contains(&secret) {
                    return refuse(secret, &format!("{of} with envVar {}", tree::text(env, "/name")));
                }
            }
            for source in tree::list(container, "/envFrom") {
                let secret = tree::text(source, "/secretRef/name");
                if !source["secretRef"].is_null() && !mountable.contains(&secret) {
                    return refuse(secret, &format!("{of} with envFrom"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, pod};
    use super::ServiceAccount;
    use serde_json::{Value, json};

    /// What of the pod's spec the plugin decides, or the refusal.
    fn check(account: Value, spec: Value, want: Result<Value, &str>) {
        let before = [("serviceaccounts", account)];
        let got = admitted(ServiceAccount, &before, ("pods", pod(spec))).map(|made| {
            let spec = &made["spec"];
            let mounts = spec["containers"][0]["volumeMounts"].as_array().cloned().unwrap_or_default();
            let volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
            json!({
                "account": spec["serviceAccountName"],
                "mounts": mounts.iter().map(|it| it["mountPath"].clone()).collect::<Vec<_>>(),
                "volumes": volumes.iter().map(|it| volume(&it["name"])).collect::<Vec<_>>(),
                "pull": spec["imagePullSecrets"],
            })
        });
        let want = want.map_err(|why| format!("403 pods \"p\" is forbidden: {why}"));
        assert_eq!(got, want);
    }

    fn account(name: &str, extra: Value) -> Value {
        let mut account = json!({"metadata": {"name": name}});
        account.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        account
    }

    const MOUNT: &str = super::MOUNT_PATH;
    const VOLUME: &str = "the token's";

    /// A generated name is like any other.
    fn volume(name: &Value) -> Value {
        let generated = name.as_str().is_some_and(|it| it.starts_with(super::VOLUME_PREFIX));
        if generated { VOLUME.into() } else { name.clone() }
    }

    #[test]
    fn every_pod_has_an_account_and_its_token() {
        let with = |name: &str, mounts: Value, volumes: Value, pull: Value| {
            Ok(json!({"account": name, "mounts": mounts, "volumes": volumes, "pull": pull}))
        };
        let plain = account("default", json!({}));
        let whole = with("default", json!([MOUNT]), json!([VOLUME]), Value::Null);
        check(plain.clone(), json!({}), whole);
        let without = || with("default", json!([]), json!([]), Value::Null);
        check(plain.clone(), json!({"automountServiceAccountToken": false}), without());
        let quiet = account("default", json!({"automountServiceAccountToken": false}));
        check(quiet.clone(), json!({}), without());
        let whole = with("default", json!([MOUNT]), json!([VOLUME]), Value::Null);
        check(quiet, json!({"automountServiceAccountToken": true}), whole);
        let mounted = json!({"containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "own", "mountPath": MOUNT}]}],
                             "volumes": [{"name": "own", "emptyDir": {}}]});
        check(plain.clone(), mounted, with("default", json!([MOUNT]), json!(["own"]), Value::Null));
        let pulling = account("bot", json!({"imagePullSecrets": [{"name": "reg"}]}));
        let bot = json!({"serviceAccountName": "bot", "automountServiceAccountToken": false});
        check(pulling.clone(), bot, with("bot", json!([]), json!([]), json!([{"name": "reg"}])));
        let own = json!({"serviceAccountName": "bot", "automountServiceAccountToken": false, "imagePullSecrets": [{"name": "x"}]});
        check(pulling, own, with("bot", json!([]), json!([]), json!([{"name": "x"}])));
        let missing = "error looking up service account ns/no: serviceaccount \"no\" not found";
        check(plain, json!({"serviceAccountName": "no"}), Err(missing));
    }

    #[test]
    fn an_account_may_insist_on_its_own_secrets() {
        let strict = account(
            "default",
            json!({"secrets": [{"name": "own"}], "imagePullSecrets": [{"name": "reg"}],
            "automountServiceAccountToken": false}),
        );
        let strict = || {
            let mut strict = strict.clone();
            strict["metadata"]["annotations"] = json!({"kubernetes.io/enforce-mountable-secrets": "true"});
            strict
        };
        let refused = |spec: Value, what: &str, kind: &str| {
            let why = format!("{what} is not allowed because service account default does not reference that {kind}");
            check(strict(), spec, Err(&why));
        };
        let container = |extra: Value| {
            let mut container = json!({"name": "c", "image": "i"});
            container.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            container
        };
        let env = |name: &str| {
            container(json!({"env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}]}))
        };
        let from = |name: &str| container(json!({"envFrom": [{"secretRef": {"name": name}}]}));
        let volume = |name: &str| json!({"volumes": [{"name": "v", "secret": {"secretName": name}}]});
        refused(volume("x"), "volume with secret.secretName=\"x\"", "secret");
        refused(
            json!({"containers": [env("x")]}),
            "container c with envVar E referencing secret.secretName=\"x\"",
            "secret",
        );
        refused(
            json!({"containers": [from("x")]}),
            "container c with envFrom referencing secret.secretName=\"x\"",
            "secret",
        );
        let mut init = from("x");
        init["name"] = "i".into();
        let what = "init container i with envFrom referencing secret.secretName=\"x\"";
        refused(json!({"initContainers": [init]}), what, "secret");
        refused(json!({"imagePullSecrets": [{"name": "x"}]}), "imagePullSecrets[0].name=\"x\"", "imagePullSecret");
        let fine = Ok(json!({"account": "default", "mounts": [], "volumes": ["v"], "pull": [{"name": "reg"}]}));
        let mut own = volume("own");
        own["containers"] = json!([env("own")]);
        check(strict(), own, fine);
    }

    #[test]
    fn a_mirror_pod_has_no_account() {
        let check = |spec: Value, want: Result<Value, &str>| {
            let mut mirror = pod(spec);
            mirror["spec"]["nodeName"] = "n".into();
            mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
            let got = admitted(ServiceAccount, &[], ("pods", mirror)).map(|made| made["spec"]["volumes"].clone());
            assert_eq!(got, want.map_err(|why| format!("403 pods \"p\" is forbidden: {why}")));
        };
        check(json!({}), Ok(Value::Null));
        check(json!({"serviceAccountName": "bot"}), Err("a mirror pod may not reference service accounts"));
        let secrets = "a mirror pod may not reference secrets";
        check(json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}), Err(secrets));
        check(json!({"imagePullSecrets": [{"name": "s"}]}), Err(secrets));
        let token =
            json!({"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]});
        check(token, Err("a mirror pod may not use ServiceAccountToken volume projections"));
    }
}
