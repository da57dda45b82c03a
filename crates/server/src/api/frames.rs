//! Frames of watch events, encoded once for all who watch: the first watcher of a batch makes what the others send.
use super::{
    negotiate::{Format, Shape},
    render::Renderer,
};
use crate::resources::Batch;
use bytes::Bytes;
use parking_lot::Mutex;
use std::{fmt, sync::Arc};

/// Batches whose frames are kept: the watchers of one come by within moments.
const FRAMES_MAX: usize = 32;
/// Frames of batches with more bytes of objects are made by each watcher for itself, which bounds what is kept to about
/// 2 MiB beside the objects.
const BATCH_BYTES_MAX: usize = 56 << 10;

/// The newest frames; a newer one takes the place of an older.
pub struct SharedFrames(Box<[Mutex<Option<Kept>>]>);

struct Kept {
    batch: Arc<Batch>,
    form: Form,
    frames: Bytes,
}

/// All that a frame depends on beside its batch, whose objects have the version that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    version: &'static str,
    format: Format,
    shape: Option<(Shape, &'static str)>,
}

impl Default for SharedFrames {
    fn default() -> Self {
        Self((0..FRAMES_MAX).map(|_| Mutex::new(None)).collect())
    }
}

impl fmt::Debug for SharedFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedFrames")
    }
}

impl SharedFrames {
    /// The frames of a whole batch, one after the other; `make` runs if nobody has made them. None: they are not to be
    /// shared, because they are many, or because they are tables, which show the time that has passed.
    pub fn frames(&self, renderer: &Renderer, batch: &Arc<Batch>, make: impl FnOnce() -> Bytes) -> Option<Bytes> {
        let wanted = renderer.wanted;
        if batch.bytes > BATCH_BYTES_MAX || matches!(wanted.shape, Some((Shape::Table, _))) {
            return None;
        }
        let form = Form { version: renderer.version, format: wanted.format, shape: wanted.shape };
        let spread = Arc::as_ptr(batch).addr() / size_of::<Batch>();
        let mut slot = self.0[spread % FRAMES_MAX].lock();
        if let Some(kept) = slot.as_ref().filter(|kept| Arc::ptr_eq(&kept.batch, batch) && kept.form == form) {
            return Some(kept.frames.clone());
        }
        let frames = make();
        *slot = Some(Kept { batch: batch.clone(), form, frames: frames.clone() });
        Some(frames)
    }
}
