//! From a call to the verb that carries it out.
use super::{Answer, ApiConfig, Context, Watch, alloc::Allocator, place::Place, review, sharing::Questions, sub};
use crate::admission;
use skeg_model::{
    request::{Body, Call, ListOptions, PatchKind, Target, WriteOptions},
    status::Status,
};
use std::sync::Arc;

/// The API: every verb over every row of the registry.
#[derive(Debug)]
pub struct Api {
    pub(super) config: ApiConfig,
    pub(super) allocator: Allocator,
    pub(super) questions: Arc<Questions>,
    pub(crate) admission: admission::metrics::Metrics,
}

impl Api {
    /// Reads what is allocated from the store, which must be open.
    pub fn new(config: ApiConfig) -> Arc<Self> {
        let allocator = Allocator::new(
            config.service_cidr,
            config.node_port_range.clone(),
            config.entropy.clone(),
            config.store.as_ref(),
        );
        Arc::new(Self {
            config,
            allocator,
            questions: Arc::default(),
            admission: admission::metrics::Metrics::default(),
        })
    }

    pub fn config(&self) -> &ApiConfig {
        &self.config
    }

    /// Carries out one call.
    ///
    /// # Errors
    /// The Status that upstream answers with.
    pub async fn call(&self, ctx: &Context, target: &Target, call: Call) -> Result<Answer, Status> {
        let place = Place::of(target)?;
        match call {
            Call::Get { resource_version } => match sub::scale::paths(&place) {
                Some(paths) => self.get_scale(ctx, &place, paths),
                None => self.get(ctx, &place, &resource_version).await,
            },
            Call::List(options) => self.list(ctx, &place, &options).await,
            Call::Create { body, options } => self.dispatch_create(ctx, place, body, &options).await,
            Call::Update { body, options } => match sub::scale::paths(&place) {
                Some(paths) => self.update_scale(ctx, place, paths, body, &options).await,
                None => self.update(ctx, place, body, &options).await,
            },
            Call::Patch { kind, body, options } => self.dispatch_patch(ctx, place, kind, body, &options).await,
            Call::Delete(options) => self.delete(ctx, place, &options).await,
            Call::DeleteCollection { list, options } => self.delete_collection(ctx, place, &list, &options).await,
        }
    }

    async fn dispatch_create(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        match (place.kind.resource, place.subresource) {
            ("serviceaccounts", "token") => self.create_token(ctx, place, body, options).await,
            ("pods", "binding") | ("bindings", "") => self.bind(ctx, place, body, options).await,
            ("pods", "eviction") => self.evict(ctx, place, body, options).await,
            _ if review::is_review(&place) => self.review(ctx, place, body, options).await,
            _ => self.create(ctx, place, body, options).await,
        }
    }

    async fn dispatch_patch(
        &self,
        ctx: &Context,
        place: Place<'_>,
        kind: PatchKind,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        match sub::scale::paths(&place) {
            Some(paths) => self.patch_scale(ctx, place, paths, (kind, body), options).await,
            None => self.patch(ctx, place, kind, body, options).await,
        }
    }

    /// Opens a watch on a collection, or on one object when the target has a name.
    ///
    /// # Errors
    /// The Status that upstream answers with before the first event.
    pub async fn watch(&self, ctx: &Context, target: &Target, options: ListOptions) -> Result<Watch, Status> {
        let place = Place::of(target)?;
        self.open_watch(ctx, &place, &options).await
    }
}
