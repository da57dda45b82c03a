//! A log as a stream of bytes: from where the reader wants it to its end, or on and on while the container runs.
use super::line::{Options, shown, tail_start};
use crate::cri::{ContainerRuntime, api};
use bytes::Bytes;
use rustix::fs::inotify;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::unix::pipe::Receiver, sync::mpsc};

/// Pieces that wait for a slow reader; then the log waits too.
const PIECES_MAX: usize = 16;
/// Bytes read at once, and the longest line that is kept whole.
const READ_BYTES: usize = 64 << 10;
const LINE_BYTES_MAX: usize = 1 << 20;
/// A look without an event: the kernel may have had no instance to spare for this reader.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_WITH_EVENTS: Duration = Duration::from_secs(10);

/// Whose log.
#[derive(Debug, Clone)]
pub(in crate::kubelet) struct LogSource {
    pub path: PathBuf,
    pub container_id: String,
    pub runtime: Arc<dyn ContainerRuntime>,
}

/// The reader has gone.
#[derive(Debug)]
struct Ended;

struct Reader {
    source: LogSource,
    options: Options,
    file: File,
    /// An unfinished line.
    rest: Vec<u8>,
    left: Option<u64>,
    out: mpsc::Sender<Bytes>,
}

/// Starts reading; the pieces end with the log.
///
/// # Errors
/// There is no such file.
pub(in crate::kubelet) fn stream(source: LogSource, options: Options) -> io::Result<mpsc::Receiver<Bytes>> {
    let mut file = File::open(&source.path)?;
    if let Some(lines) = options.tail {
        seek_tail(&mut file, lines)?;
    }
    let (out, pieces) = mpsc::channel(PIECES_MAX);
    let left = options.limit_bytes;
    let reader = Reader { source, options, file, rest: Vec::new(), left, out };
    tokio::spawn(async move {
        let (Err(Ended) | Ok(())) = reader.run().await;
    });
    Ok(pieces)
}

/// Reads backwards in blocks until enough lines are found.
fn seek_tail(file: &mut File, lines: u64) -> io::Result<()> {
    let length = file.metadata()?.len();
    let mut span = u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
    loop {
        let from = length.saturating_sub(span);
        file.seek(SeekFrom::Start(from))?;
        let mut block = Vec::new();
        file.by_ref().take(length - from).read_to_end(&mut block)?;
        let at = tail_start(&block, lines);
        if at > 0 || from == 0 {
            file.seek(SeekFrom::Start(from + u64::try_from(at).unwrap_or(0)))?;
            return Ok(());
        }
        span = span.saturating_mul(4);
    }
}

impl Reader {
    async fn run(mut self) -> Result<(), Ended> {
        self.drain().await?;
        if !self.options.follow {
            return self.last_line().await;
        }
        let watch = Watch::new(&self.source.path);
        loop {
            // Asked before the last read: what was written while the container ran is then in the file.
            let running = self.running().await;
            self.drain().await?;
            if self.rotated() {
                continue;
            }
            if !running || self.left == Some(0) {
                return self.last_line().await;
            }
            tokio::select! {
                () = watch.changed() => {}
                () = self.out.closed() => return Err(Ended),
            }
        }
    }

    async fn running(&self) -> bool {
        let status = self.source.runtime.container_status(&self.source.container_id).await;
        status.is_ok_and(|it| it.state() == api::ContainerState::ContainerRunning)
    }

    /// Goes on with the new file where the old one was moved away.
    fn rotated(&mut self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let inode = |meta: io::Result<fs::Metadata>| meta.map(|it| it.ino()).ok();
        let now = inode(fs::metadata(&self.source.path));
        if now.is_none() || now == inode(self.file.metadata()) {
            return false;
        }
        match File::open(&self.source.path) {
            Ok(file) => {
                self.file = file;
                true
            }
            Err(_) => false,
        }
    }

    /// Sends all that is there.
    async fn drain(&mut self) -> Result<(), Ended> {
        let mut block = vec![0; READ_BYTES];
        loop {
            let count = self.file.read(&mut block).unwrap_or(0);
            if count == 0 || self.left == Some(0) {
                return Ok(());
            }
            self.rest.extend_from_slice(&block[..count]);
            let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let whole = if whole == 0 && self.rest.len() > LINE_BYTES_MAX { self.rest.len() } else { whole };
            let lines: Vec<u8> = self.rest.drain(..whole).collect();
            let parts = lines.split_inclusive(|byte| *byte == b'\n').filter_map(|line| shown(line, &self.options));
            let piece: Vec<u8> = parts.collect::<Vec<_>>().concat();
            self.send(piece).await?;
        }
    }

    async fn last_line(&mut self) -> Result<(), Ended> {
        let line = std::mem::take(&mut self.rest);
        match shown(&line, &self.options) {
            Some(piece) => self.send(piece).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, mut piece: Vec<u8>) -> Result<(), Ended> {
        if let Some(left) = self.left.as_mut() {
            piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= u64::try_from(piece.len()).unwrap_or(*left);
        }
        if piece.is_empty() {
            return Ok(());
        }
        self.out.send(piece.into()).await.map_err(|_| Ended)
    }
}

/// Wakes on changes of the file and of its folder.
struct Watch {
    events: Option<Receiver>,
}

impl Watch {
    fn new(path: &Path) -> Self {
        let make = || -> io::Result<Receiver> {
            let events = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
            let flags = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CLOSE_WRITE | inotify::WatchFlags::CREATE;
            let folder = path.parent().unwrap_or(Path::new("/"));
            inotify::add_watch(&events, folder, flags)?;
            // An inotify instance is read like a pipe.
            Receiver::from_owned_fd_unchecked(events)
        };
        Self { events: make().ok() }
    }

    async fn changed(&self) {
        let Some(events) = &self.events else { return tokio::time::sleep(LOOK).await };
        let ready = tokio::time::timeout(LOOK_WITH_EVENTS, events.readable()).await;
        if matches!(ready, Ok(Ok(()))) {
            let mut buffer = [0_u8; 4096];
            while events.try_read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }
}
