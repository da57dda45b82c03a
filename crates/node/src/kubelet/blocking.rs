//! Work that waits for files, mounts or cgroups: while it does, the other tasks of its thread go on elsewhere, and only so
//! much of it is under way at once.
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
};

/// Pieces of work at once, and so threads that wait.
const AT_ONCE_MAX: usize = 8;

#[derive(Debug)]
pub struct Blocking(Semaphore);

impl Default for Blocking {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE_MAX))
    }
}

impl Blocking {
    pub async fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _place = self.0.acquire().await.expect("the semaphore is never closed");
        match Handle::current().runtime_flavor() {
            // A runtime of one thread has nowhere else to go on.
            RuntimeFlavor::CurrentThread => work(),
            _ => tokio::task::block_in_place(work),
        }
    }
}
