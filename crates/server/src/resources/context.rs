//! Who calls, and what a call answers with.
use crate::auth::User;
use parking_lot::Mutex;
use skeg_model::{kinds::Verb, request::Reply};
use std::sync::Arc;

/// The caller of one request.
#[derive(Debug, Clone)]
pub struct Context {
    pub user: Arc<User>,
    /// The manager's name where a write names none is its part before the first `/`.
    pub user_agent: String,
    /// False only for the server's own bootstrap, which runs before any policy exists.
    pub authorise: bool,
    /// The verb that whoever hands the call in has already been authorised for on its target: it is not asked for twice.
    pub granted: Option<Verb>,
    /// Warnings of calls that were refused, for who waits for them.
    pub refused: Warnings,
}

/// Warnings that outlive a refused call. Only those of the last one are kept.
#[derive(Debug, Clone, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    pub(super) fn leave(&self, warnings: Vec<String>) {
        *self.0.lock() = warnings;
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Context {
    pub fn new(user: impl Into<Arc<User>>, user_agent: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            user_agent: user_agent.into(),
            authorise: true,
            granted: None,
            refused: Warnings::default(),
        }
    }
}

/// A reply with what goes into `Warning:` headers.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reply: Reply,
    pub warnings: Vec<String>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, warnings: Vec::new() }
    }
}
