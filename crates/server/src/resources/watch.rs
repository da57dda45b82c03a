//! A watch as its client sees it: a cursor over a ring, a filter, bookmarks and an end.
use futures::stream::{BoxStream, Stream};
use skeg_model::{request::WatchEvent, status::Status};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// The events of one watch. An `Err` item is the last.
pub struct Watch(pub(super) BoxStream<'static, Result<WatchEvent, Status>>);

impl Stream for Watch {
    type Item = Result<WatchEvent, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}
