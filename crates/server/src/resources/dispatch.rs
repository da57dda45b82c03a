//! From a call to the verb that carries it out.
use super::{Answer, ApiConfig, Context, Watch};
use skeg_model::{
    request::{Call, ListOptions, Target},
    status::Status,
};
use std::sync::Arc;

/// The API: every verb over every row of the registry.
#[derive(Debug)]
pub struct Api {
    pub(super) config: ApiConfig,
}

impl Api {
    pub fn new(config: ApiConfig) -> Arc<Self> {
        Arc::new(Self { config })
    }

    /// Carries out one call.
    ///
    /// # Errors
    /// The Status that upstream answers with.
    pub async fn call(&self, ctx: &Context, target: &Target, call: Call) -> Result<Answer, Status> {
        let _ = (ctx, target, call);
        Err(Status::failure(501, "NotImplemented", "verb is not served"))
    }

    /// Opens a watch on a collection, or on one object when the target has a name.
    ///
    /// # Errors
    /// The Status that upstream answers with before the first event.
    pub async fn watch(&self, ctx: &Context, target: &Target, options: ListOptions) -> Result<Watch, Status> {
        let _ = (ctx, target, options);
        Err(Status::failure(501, "NotImplemented", "verb is not served"))
    }
}
