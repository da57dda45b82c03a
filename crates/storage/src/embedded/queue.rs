//! Transactions on their way to the writer.
use crate::{CommitError, Committed, Txn, world::txn_bytes};
use parking_lot::{Condvar, Mutex};
use std::{collections::VecDeque, sync::Arc, time::Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Transactions that wait may hold this much; more wait to be let in.
const WAITING_KIB_MAX: u32 = 64 << 10;
/// One batch, one fsync: at most so many transactions and bytes.
const BATCH_TXNS_MAX: usize = 4096;
const BATCH_BYTES_MAX: usize = 8 << 20;
/// What a waiting transaction costs beside its keys and values.
const TXN_OVERHEAD_BYTES: usize = 1024;

pub(crate) type Answer = Result<Committed, CommitError>;

#[derive(Debug)]
pub(crate) struct Request {
    pub txn: Txn,
    bytes: usize,
    pub answer: oneshot::Sender<Answer>,
    /// Given back when the request is answered.
    _room: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Request>,
    closing: bool,
}

/// What the writer is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    Batch(Vec<Request>),
    /// The deadline has come.
    Due,
    /// Nothing waits and nothing more will come.
    Close,
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    room: Arc<Semaphore>,
}

impl Queue {
    pub fn new() -> Arc<Self> {
        let room = Arc::new(Semaphore::new(WAITING_KIB_MAX as usize));
        Arc::new(Self { state: Mutex::default(), changed: Condvar::new(), room })
    }

    /// Waits for room in the queue, then for the answer.
    pub async fn commit(&self, txn: Txn) -> Answer {
        let bytes = txn_bytes(&txn);
        if bytes > crate::TXN_BYTES_MAX {
            return Err(CommitError::TooLarge { bytes, limit: crate::TXN_BYTES_MAX });
        }
        let kib = u32::try_from((bytes + TXN_OVERHEAD_BYTES).div_ceil(1024)).expect("bounded by TXN_BYTES_MAX");
        let room = self.room.clone().acquire_many_owned(kib).await.map_err(|_| CommitError::Closed)?;
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.state.lock();
            if state.closing {
                return Err(CommitError::Closed);
            }
            state.waiting.push_back(Request { txn, bytes, answer, _room: room });
        }
        self.changed.notify_one();
        answered.await.unwrap_or_else(|_| Err(CommitError::Unavailable("the storage writer has ended".into())))
    }

    /// No more is let in; what waits is still written.
    pub fn close(&self) {
        self.state.lock().closing = true;
        self.room.close();
        self.changed.notify_one();
    }

    /// The writer is gone: whoever waits is told so.
    pub fn abandon(&self) {
        self.close();
        self.state.lock().waiting.clear();
    }

    /// The next work, waited for until `deadline` if there is one.
    pub fn take(&self, deadline: Option<Instant>) -> Work {
        let mut state = self.state.lock();
        loop {
            if !state.waiting.is_empty() {
                return Work::Batch(take_batch(&mut state.waiting));
            }
            if state.closing {
                return Work::Close;
            }
            match deadline {
                None => self.changed.wait(&mut state),
                Some(at) => {
                    if self.changed.wait_until(&mut state, at).timed_out() && state.waiting.is_empty() {
                        return Work::Due;
                    }
                }
            }
        }
    }
}

fn take_batch(waiting: &mut VecDeque<Request>) -> Vec<Request> {
    let mut bytes = 0;
    let fits = |request: &&Request| {
        bytes += request.bytes;
        bytes <= BATCH_BYTES_MAX
    };
    let count = waiting.iter().take(BATCH_TXNS_MAX).take_while(fits).count().max(1);
    waiting.drain(..count).collect()
}
