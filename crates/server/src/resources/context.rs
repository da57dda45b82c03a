//! Who calls, and what a call answers with.
use crate::auth::User;
use skeg_model::request::Reply;

/// The caller of one request.
#[derive(Debug, Clone)]
pub struct Context {
    pub user: User,
    /// The manager's name where a write names none is its part before the first `/`.
    pub user_agent: String,
    /// False only for the server's own bootstrap, which runs before any policy exists.
    pub authorise: bool,
}

impl Context {
    pub fn new(user: User, user_agent: impl Into<String>) -> Self {
        Self { user, user_agent: user_agent.into(), authorise: true }
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
