//! Nothing comes into a namespace that does not exist or is going away; the system's own namespaces stay.
use super::{Operation, Plugin, Request, look_up, ready};
use futures::future::BoxFuture;
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

impl Plugin for NamespaceLifecycle {
    fn name(&self) -> &'static str {
        "NamespaceLifecycle"
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        ready(admit(store, request, object))
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
