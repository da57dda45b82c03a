//! Ownership of tasks: who spawns through a [`Tasks`] can end and await them.
use std::future::Future;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Tasks that end on one token. Clones share the same set.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    token: CancellationToken,
}

impl Tasks {
    /// A set that ends when `token` is cancelled.
    pub fn new(token: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), token }
    }

    /// Tasks of the same set that can also be ended before the others, by their own token.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { tracker: self.tracker.clone(), token: self.token.child_token() }
    }

    /// The token that its tasks end on.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Runs `task` until it ends or the token is cancelled.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let token = self.token.clone();
        self.tracker.spawn(async move {
            token.run_until_cancelled(task).await;
        });
    }

    /// Runs `task` to its end; it watches the token itself.
    pub fn spawn_to_end(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Cancels the token and waits for all tasks.
    pub async fn shutdown(&self) {
        self.token.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
