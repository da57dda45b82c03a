//! The API's verbs, typed and untyped, over any transport.
use crate::{
    discovery::Discovered,
    object::{Object, gvr_of, target, target_of},
    transport::SharedTransport,
};
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use skeg_model::{
    Value,
    request::{Body, Call, DeleteOptions, Gvr, List, ListOptions, PatchKind, Reply, Target, WatchEvent, WriteOptions},
    status::Status,
    stored::Stored,
};
use std::sync::Arc;

/// A client under one identity; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    transport: SharedTransport,
    field_manager: Arc<str>,
}

/// What a list answers with.
#[derive(Debug, Clone)]
pub struct Listed<K> {
    pub items: Vec<Arc<K>>,
    pub resource_version: u64,
    /// "" on the last page.
    pub continue_token: String,
}

impl Client {
    pub fn new(transport: SharedTransport) -> Self {
        Self { transport, field_manager: "".into() }
    }

    /// The same client with at most so many calls a second; 0: no limit.
    #[must_use]
    pub fn paced(&self, per_second: u32, burst: u32) -> Self {
        let transport = crate::paced::paced(self.transport.clone(), per_second, burst);
        Self { transport, field_manager: self.field_manager.clone() }
    }

    /// The same client with another field manager; without one the server derives it from the user agent.
    #[must_use]
    pub fn with_field_manager(&self, name: &str) -> Self {
        Self { transport: self.transport.clone(), field_manager: name.into() }
    }

    /// Carries one call as it is.
    ///
    /// # Errors
    /// The API's own, or `ServiceUnavailable` when nothing answered.
    pub async fn call(&self, target: &Target, call: Call) -> Result<Reply, Status> {
        self.transport.call(target, call).await
    }

    /// Opens a watch.
    ///
    /// # Errors
    /// The API's own; 410 when the revision is gone.
    pub async fn watch(
        &self,
        target: &Target,
        options: ListOptions,
    ) -> Result<BoxStream<'static, Result<WatchEvent, Status>>, Status> {
        self.transport.watch(target, options).await
    }

    /// What the server serves.
    ///
    /// # Errors
    /// The API's own, or `ServiceUnavailable` when nothing answered.
    pub async fn discover(&self) -> Result<Discovered, Status> {
        self.transport.discover().await
    }

    /// # Errors
    /// The API's own.
    pub async fn get<K: Object>(&self, namespace: Option<&str>, name: &str) -> Result<Arc<K>, Status> {
        let target = target_of::<K>(namespace, Some(name), None);
        typed(self.call(&target, Call::Get { resource_version: String::new() }).await?)
    }

    /// All objects (of one namespace, or of all with None) that the options select.
    ///
    /// # Errors
    /// The API's own, or an object that is not a `K`.
    pub async fn list<K: Object>(&self, namespace: Option<&str>, options: ListOptions) -> Result<Listed<K>, Status> {
        let list = self.list_stored(gvr_of::<K>(), namespace, options).await?;
        let items = list.items.iter().map(|item| item.typed::<K>().map_err(Status::internal));
        Ok(Listed {
            items: items.collect::<Result<_, _>>()?,
            resource_version: list.resource_version,
            continue_token: list.continue_token,
        })
    }

    /// Creates in the object's own namespace.
    ///
    /// # Errors
    /// The API's own.
    pub async fn create<K: Object>(&self, object: &K) -> Result<Arc<K>, Status> {
        let target = target_of::<K>(object.namespace(), None, None);
        let call = Call::Create { body: Body::Tree(tree(object)?), options: self.options() };
        typed(self.call(&target, call).await?)
    }

    /// Replaces; the object's resourceVersion is the precondition.
    ///
    /// # Errors
    /// The API's own.
    pub async fn update<K: Object>(&self, object: &K) -> Result<Arc<K>, Status> {
        self.update_at(object, None).await
    }

    /// Replaces the status.
    ///
    /// # Errors
    /// The API's own.
    pub async fn update_status<K: Object>(&self, object: &K) -> Result<Arc<K>, Status> {
        self.update_at(object, Some("status")).await
    }

    async fn update_at<K: Object>(&self, object: &K, subresource: Option<&str>) -> Result<Arc<K>, Status> {
        let target = target_of::<K>(object.namespace(), Some(object.name()), subresource);
        let call = Call::Update { body: Body::Tree(tree(object)?), options: self.options() };
        typed(self.call(&target, call).await?)
    }

    /// # Errors
    /// The API's own.
    pub async fn patch<K: Object>(
        &self,
        namespace: Option<&str>,
        name: &str,
        subresource: Option<&str>,
        kind: PatchKind,
        patch: Value,
    ) -> Result<Arc<K>, Status> {
        let target = target_of::<K>(namespace, Some(name), subresource);
        typed(self.call(&target, Call::Patch { kind, body: Body::Tree(patch), options: self.options() }).await?)
    }

    /// Deletes, or starts to: the object is returned while its deletion goes on (finalizers, grace period).
    ///
    /// # Errors
    /// The API's own.
    pub async fn delete<K: Object>(
        &self,
        namespace: Option<&str>,
        name: &str,
        options: DeleteOptions,
    ) -> Result<Option<Arc<K>>, Status> {
        match self.call(&target_of::<K>(namespace, Some(name), None), Call::Delete(options)).await? {
            Reply::Status(_) => Ok(None),
            reply => typed(reply).map(Some),
        }
    }

    /// Posts to a subresource (binding, eviction, token, …) and decodes what it answers.
    ///
    /// # Errors
    /// The API's own, or an answer that is not an `R`.
    pub async fn create_subresource<K: Object, R: DeserializeOwned>(
        &self,
        namespace: Option<&str>,
        name: &str,
        subresource: &str,
        body: Value,
    ) -> Result<R, Status> {
        let target = target_of::<K>(namespace, Some(name), Some(subresource));
        let call = Call::Create { body: Body::Tree(body), options: self.options() };
        let value = reply_tree(self.call(&target, call).await?)?;
        serde_json::from_value(value).map_err(Status::internal)
    }

    /// The untyped forms: the same verbs by resource name.
    ///
    /// # Errors
    /// The API's own.
    pub async fn get_stored(&self, gvr: Gvr, namespace: Option<&str>, name: &str) -> Result<Arc<Stored>, Status> {
        let target = target(gvr, namespace, Some(name), None);
        stored(self.call(&target, Call::Get { resource_version: String::new() }).await?)
    }

    /// # Errors
    /// The API's own.
    pub async fn list_stored(&self, gvr: Gvr, namespace: Option<&str>, options: ListOptions) -> Result<List, Status> {
        match self.call(&target(gvr, namespace, None, None), Call::List(options)).await? {
            Reply::List(list) => Ok(list),
            _ => Err(Status::internal("a list answered with something else")),
        }
    }

    /// Posts a tree to a collection or, with `name` and `subresource`, below an object.
    ///
    /// # Errors
    /// The API's own.
    pub async fn create_tree(&self, target: &Target, body: Value) -> Result<Reply, Status> {
        self.call(target, Call::Create { body: Body::Tree(body), options: self.options() }).await
    }

    /// # Errors
    /// The API's own.
    pub async fn update_tree(&self, target: &Target, body: Value) -> Result<Reply, Status> {
        self.call(target, Call::Update { body: Body::Tree(body), options: self.options() }).await
    }

    /// # Errors
    /// The API's own.
    pub async fn patch_tree(&self, target: &Target, kind: PatchKind, patch: Value) -> Result<Reply, Status> {
        self.call(target, Call::Patch { kind, body: Body::Tree(patch), options: self.options() }).await
    }

    /// Applies a configuration (server-side), taking over fields that others hold.
    ///
    /// # Errors
    /// The API's own.
    pub async fn apply_tree(&self, target: &Target, configuration: Value) -> Result<Reply, Status> {
        let options = WriteOptions { force: true, ..self.options() };
        self.call(target, Call::Patch { kind: PatchKind::Apply, body: Body::Tree(configuration), options }).await
    }

    /// # Errors
    /// The API's own.
    pub async fn delete_target(&self, target: &Target, options: DeleteOptions) -> Result<Reply, Status> {
        self.call(target, Call::Delete(options)).await
    }

    /// Deletes all that the list options select.
    ///
    /// # Errors
    /// The API's own.
    pub async fn delete_collection(
        &self,
        gvr: Gvr,
        namespace: Option<&str>,
        list: ListOptions,
        options: DeleteOptions,
    ) -> Result<Reply, Status> {
        self.call(&target(gvr, namespace, None, None), Call::DeleteCollection { list, options }).await
    }

    fn options(&self) -> WriteOptions {
        WriteOptions { field_manager: self.field_manager.to_string(), ..WriteOptions::default() }
    }
}

/// The object of a reply, or an error that names what came instead.
///
/// # Errors
/// The reply holds no stored object.
pub fn stored(reply: Reply) -> Result<Arc<Stored>, Status> {
    match reply {
        Reply::Object(object) | Reply::Created(object) => Ok(object),
        Reply::Tree { value, .. } => {
            let revision = value.pointer("/metadata/resourceVersion").and_then(Value::as_str);
            let revision = revision.and_then(|text| text.parse().ok()).unwrap_or(0);
            let bytes = serde_json::to_vec(&value).map_err(Status::internal)?;
            Ok(Arc::new(Stored::new(bytes.into(), revision)))
        }
        Reply::Status(status) if status.status == "Failure" => Err(status),
        Reply::Status(_) | Reply::List(_) => Err(Status::internal("an answer holds no object")),
    }
}

fn typed<K: DeserializeOwned + Send + Sync + 'static>(reply: Reply) -> Result<Arc<K>, Status> {
    match reply {
        Reply::Tree { value, .. } => serde_json::from_value(value).map(Arc::new).map_err(Status::internal),
        reply => stored(reply)?.typed::<K>().map_err(Status::internal),
    }
}

fn reply_tree(reply: Reply) -> Result<Value, Status> {
    match reply {
        Reply::Object(object) | Reply::Created(object) => Ok(object.tree()),
        Reply::Tree { value, .. } => Ok(value),
        Reply::Status(status) if status.status == "Failure" => Err(status),
        Reply::Status(status) => serde_json::to_value(status).map_err(Status::internal),
        Reply::List(_) => Err(Status::internal("an answer holds a list")),
    }
}

/// A typed object as the tree that travels.
fn tree<K: Object>(object: &K) -> Result<Value, Status> {
    serde_json::to_value(object).map_err(Status::internal)
}
