//! Waiting until a view shows one's own write.
use super::{Informer, Metadata, Stopped};
use crate::object::Object;
use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use skeg_model::request::Gvr;

/// What a view can hold: something with object metadata.
pub trait Viewed: Send + Sync + 'static {
    fn object_meta(&self) -> &ObjectMeta;
}

impl<K: Object> Viewed for K {
    fn object_meta(&self) -> &ObjectMeta {
        self.metadata()
    }
}

impl Viewed for Metadata {
    fn object_meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

/// A view as the actuator sees it: something that catches up.
pub trait Fence: Send + Sync + 'static {
    fn gvr(&self) -> &Gvr;

    fn is_synced(&self) -> bool;

    /// Waits until the first list is in.
    fn ready(&self) -> BoxFuture<'_, Result<(), Stopped>>;

    /// Waits until everything up to `revision` shows.
    fn reached(&self, revision: u64) -> BoxFuture<'_, Result<(), Stopped>>;

    /// Waits until the object with this uid has left or shows that it is being deleted.
    fn gone<'a>(&'a self, key: &'a str, uid: &'a str) -> BoxFuture<'a, Result<(), Stopped>>;

    /// How many objects the view has given out.
    fn reads(&self) -> u64;
}

impl<T: Viewed> Fence for Informer<T> {
    fn gvr(&self) -> &Gvr {
        Informer::gvr(self)
    }

    fn is_synced(&self) -> bool {
        Informer::is_synced(self)
    }

    fn reads(&self) -> u64 {
        Informer::reads(self)
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), Stopped>> {
        Box::pin(self.synced())
    }

    fn reached(&self, revision: u64) -> BoxFuture<'_, Result<(), Stopped>> {
        Box::pin(self.wait_revision(revision))
    }

    fn gone<'a>(&'a self, key: &'a str, uid: &'a str) -> BoxFuture<'a, Result<(), Stopped>> {
        Box::pin(self.wait_object(key, move |object| {
            object.is_none_or(|object| {
                let meta = object.object_meta();
                meta.uid.as_deref() != Some(uid) || meta.deletion_timestamp.is_some()
            })
        }))
    }
}
