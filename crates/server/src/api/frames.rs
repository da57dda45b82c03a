//! Frames of watch events, encoded once for all who watch: the first watcher makes what the others send.
use super::{
    negotiate::{Format, Shape},
    render::Renderer,
};
use bytes::Bytes;
use parking_lot::Mutex;
use skeg_model::stored::Stored;
use std::{fmt, ptr, sync::Arc};

/// Frames kept: watchers of one event come by within moments.
const FRAMES_MAX: usize = 128;
/// A larger frame is made by each watcher for itself, which bounds what is kept to 2 MiB beside the objects.
const FRAME_BYTES_MAX: usize = 16 << 10;

/// Newest frames by revision; a newer one takes the place of an older.
pub struct SharedFrames(Box<[Mutex<Option<Kept>>]>);

struct Kept {
    object: Arc<Stored>,
    form: Form,
    frame: Bytes,
}

/// All that a frame depends on beside its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    event: &'static str,
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
    /// The frame of an event about `object`; `make` runs if nobody has made it, or if it is not to be shared: tables show
    /// the time that has passed.
    pub fn frame(
        &self,
        renderer: &Renderer,
        event: &'static str,
        object: &Arc<Stored>,
        make: impl FnOnce() -> Bytes,
    ) -> Bytes {
        let wanted = renderer.wanted;
        if matches!(wanted.shape, Some((Shape::Table, _))) {
            return make();
        }
        let form = Form { event, version: renderer.version, format: wanted.format, shape: wanted.shape };
        let spread = object.revision() * 2 + u64::from(form.format == Format::Protobuf);
        let slot = &self.0[usize::try_from(spread % FRAMES_MAX as u64).expect("below FRAMES_MAX")];
        let mut slot = slot.lock();
        if let Some(kept) =
            slot.as_ref().filter(|kept| ptr::eq(&*kept.object, &raw const **object) && kept.form == form)
        {
            return kept.frame.clone();
        }
        let frame = make();
        if frame.len() <= FRAME_BYTES_MAX {
            *slot = Some(Kept { object: object.clone(), form, frame: frame.clone() });
        }
        frame
    }
}
