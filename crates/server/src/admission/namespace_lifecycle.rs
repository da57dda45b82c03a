//! Nothing comes into a namespace that does not exist or is going away; the system's own namespaces stay.
use super::{Operation, Prompt, Request, look_up};
use k8s_openapi::api::core::v1::Namespace;
use skeg_model::{
    Value,
    kinds::namespace,
    status::{Cause, Status},
};
use skeg_storage::Store;

const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

#[derive(Debug)]
pub(super) struct NamespaceLifecycle;

impl Prompt for NamespaceLifecycle {
    fn name(&self) -> &'static str {
        "NamespaceLifecycle"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update | Operation::Delete)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        admit(store, request, object)
    }
}

fn admit(store: &dyn Store, request: &Request<'_>, object: &Value) -> Result<(), Status> {
    let is_namespace = request.kind.group.is_empty() && request.kind.resource == "namespaces";
    if is_namespace {
        if request.operation == Operation::Delete && IMMORTAL.contains(&request.name) {
            return Err(Status::forbidden("", "namespaces", request.name, "this namespace may not be deleted"));
        }
        return Ok(());
    }
    // An answer about the namespace would tell the asker of a review what they may not know.
    let reviews = request.kind.group == "authorization.k8s.io";
    if !request.kind.namespaced() || request.operation == Operation::Delete || reviews {
        return Ok(());
    }
    let name = request.namespace;
    let namespace = look_up::<Namespace>(store, &namespace::KIND, "", name)
        .ok_or_else(|| Status::not_found("", "namespaces", name))?;
    let phase = namespace.status.as_ref().and_then(|s| s.phase.as_deref());
    if request.operation != Operation::Create || phase != Some("Terminating") {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = request.forbidden(object, &why);
    status.details.get_or_insert_default().causes.push(Cause {
        reason: "NamespaceTerminating".into(),
        message: format!("namespace {name} is being terminated"),
        field: "metadata.namespace".into(),
    });
    Err(status)
}

#[cfg(test)]
mod tests {
    use super::NamespaceLifecycle;
    use crate::resources::tests::{api_with, call, create};
    use serde_json::{Value, json};
    use skeg_model::request::{Body, Call, DeleteOptions, PatchKind, WriteOptions};

    /// How far a namespace's life has come.
    #[derive(Clone, Copy)]
    enum Namespace {
        Missing,
        Active,
        Terminating,
        /// What was in it is still there.
        Gone,
    }

    fn patch(patch: Value) -> Call {
        Call::Patch { kind: PatchKind::Merge, body: Body::Tree(patch), options: WriteOptions::default() }
    }

    /// Carries out a call in a namespace that has come so far and had a ConfigMap `old`.
    fn check(namespace: Namespace, path: &str, then: Call, want: Result<(), &str>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let got = runtime.block_on(async {
            let api = api_with(vec![Box::new(NamespaceLifecycle)]);
            let named = |name: &str| json!({"metadata": {"name": name}});
            if !matches!(namespace, Namespace::Missing) {
                call(&api, "namespaces", create(named("ns"))).await.unwrap();
                call(&api, "configmaps", create(named("old"))).await.unwrap();
            }
            for name in super::IMMORTAL {
                call(&api, "namespaces", create(named(name))).await.unwrap();
            }
            if matches!(namespace, Namespace::Terminating | Namespace::Gone) {
                call(&api, "namespaces/ns", Call::Delete(DeleteOptions::default())).await.unwrap();
            }
            if matches!(namespace, Namespace::Gone) {
                let body = Body::Tree(json!({"metadata": {"name": "ns"}, "spec": {"finalizers": []}}));
                let finalize = Call::Update { body, options: WriteOptions::default() };
                call(&api, "namespaces/ns/finalize", finalize).await.unwrap();
            }
            call(&api, path, then).await.map(drop)
        });
        assert_eq!(got, want.map_err(str::to_owned), "{path}");
    }

    #[test]
    fn what_a_namespace_takes() {
        use Namespace::{Active, Gone, Missing, Terminating};
        let new = || create(json!({"metadata": {"name": "new"}}));
        let changed = || patch(json!({"data": {"a": "b"}}));
        let delete = || Call::Delete(DeleteOptions::default());
        let missing = "404 namespaces \"ns\" not found";
        check(Missing, "configmaps", new(), Err(missing));
        check(Active, "configmaps", new(), Ok(()));
        let ending = "403 configmaps \"new\" is forbidden: unable to create new content in namespace ns because it is being \
                      terminated";
        check(Terminating, "configmaps", new(), Err(ending));
        check(Terminating, "configmaps/old", changed(), Ok(()));
        check(Terminating, "configmaps/old", delete(), Ok(()));
        check(Gone, "configmaps/old", changed(), Err(missing));
        check(Gone, "configmaps/old", delete(), Ok(()));
        check(Missing, "nodes", new(), Ok(()));
        let review = json!({"spec": {"user": "u", "resourceAttributes": {"namespace": "ns", "verb": "get", "resource": "pods"}}});
        check(Missing, "localsubjectaccessreviews", create(review), Ok(()));
    }

    #[test]
    fn the_systems_namespaces_stay() {
        let delete = || Call::Delete(DeleteOptions::default());
        for name in super::IMMORTAL {
            let why = format!("403 namespaces \"{name}\" is forbidden: this namespace may not be deleted");
            check(Namespace::Missing, &format!("namespaces/{name}"), delete(), Err(&why));
        }
        check(Namespace::Active, "namespaces/ns", delete(), Ok(()));
    }
}
