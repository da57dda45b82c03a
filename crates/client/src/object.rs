//! What the typed client needs of a kind, met by every `k8s-openapi` type that has object metadata.
use k8s_openapi::{
    ListableResource, Metadata, Resource,
    api::core::v1::ObjectReference,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use serde::{Serialize, de::DeserializeOwned};
use skeg_model::request::{Gvr, Target};
use std::{borrow::Cow, fmt::Debug};

use crate::key::{self, Key};

/// A kind of the API as a typed struct.
pub trait Object:
    Metadata<Ty = ObjectMeta> + ListableResource + Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static
{
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }

    /// Name; "" before the server made one.
    fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// Namespace; None for cluster-scoped objects.
    fn namespace(&self) -> Option<&str> {
        self.metadata().namespace.as_deref().filter(|namespace| !namespace.is_empty())
    }

    fn uid(&self) -> &str {
        self.metadata().uid.as_deref().unwrap_or_default()
    }

    /// `namespace/name`, or `name`.
    fn key(&self) -> Key {
        key::key(self.namespace(), self.name())
    }

    /// Revision of its last write; 0 if it was never stored.
    fn revision(&self) -> u64 {
        self.metadata().resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn is_deleting(&self) -> bool {
        self.metadata().deletion_timestamp.is_some()
    }

    /// The owner whose reference says `controller: true`.
    fn controller(&self) -> Option<&OwnerReference> {
        self.metadata().owner_references.as_ref()?.iter().find(|owner| owner.controller == Some(true))
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.metadata().labels.as_ref()?.get(name).map(String::as_str)
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata().annotations.as_ref()?.get(name).map(String::as_str)
    }
}

impl<K> Object for K where
    K: Metadata<Ty = ObjectMeta>
        + ListableResource
        + Serialize
        + DeserializeOwned
        + Clone
        + Debug
        + Send
        + Sync
        + 'static
{
}

/// Group, version and plural of a kind.
pub const fn gvr_of<K: Resource>() -> Gvr {
    Gvr::new(K::GROUP, K::VERSION, K::URL_PATH_SEGMENT)
}

/// The target of a call on one object of a kind.
pub fn target_of<K: Resource>(namespace: Option<&str>, name: Option<&str>, subresource: Option<&str>) -> Target {
    target(gvr_of::<K>(), namespace, name, subresource)
}

/// The target of a call.
pub fn target(gvr: Gvr, namespace: Option<&str>, name: Option<&str>, subresource: Option<&str>) -> Target {
    Target {
        gvr,
        namespace: namespace.map(Into::into),
        name: name.map(Into::into),
        subresource: subresource.map(|s| Cow::Owned(s.to_owned())),
    }
}

/// A reference as events carry it.
pub fn reference_to<K: Object>(object: &K) -> ObjectReference {
    let meta = object.metadata();
    ObjectReference {
        api_version: Some(K::API_VERSION.into()),
        kind: Some(K::KIND.into()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}
