//! Tells when files or folders change, by inotify: static pods, certificates.
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::{io, path::Path};
use tokio::net::unix::pipe::Receiver;

/// Room for the events of one read, in bytes: more than the longest event of one file takes.
const EVENTS_BYTES: usize = 4096;

/// After one of these a watched path is another file, or none.
const OVER: ReadFlags = ReadFlags::IGNORED.union(ReadFlags::MOVE_SELF).union(ReadFlags::DELETE_SELF);

#[derive(Debug)]
pub struct Watch(Receiver);

/// What a change means for the watch itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It goes on.
    Inside,
    /// The paths have to be watched anew.
    Over,
}

impl Watch {
    /// # Errors
    /// A path is not there, or the user has too many watches.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let changes = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF;
        for path in paths {
            inotify::add_watch(&fd, path, changes)?;
        }
        // Read like a pipe: what comes are whole events.
        Ok(Self(Receiver::from_owned_fd_unchecked(fd)?))
    }

    /// Waits for the next change; all that happened until now counts as one. Without a watch it waits for ever.
    pub async fn next(watch: Option<&Self>) -> Change {
        let Some(watch) = watch else { return std::future::pending().await };
        watch.changed().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a watch of files cannot be read");
            Change::Over
        })
    }

    async fn changed(&self) -> io::Result<Change> {
        let mut found = None;
        loop {
            let mut room = [0; EVENTS_BYTES];
            match (self.0.try_read(&mut room), found) {
                (Ok(0), _) => return Err(io::ErrorKind::UnexpectedEof.into()),
                (Ok(count), _) => {
                    let over =
                        found == Some(Change::Over) || masks(&room[..count]).iter().any(|it| it.intersects(OVER));
                    found = Some(if over { Change::Over } else { Change::Inside });
                }
                (Err(error), Some(change)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(change),
                (Err(error), None) if error.kind() == io::ErrorKind::WouldBlock => self.0.readable().await?,
                (Err(error), _) => return Err(error),
            }
        }
    }
}

/// What the events of one read say: each has a head of four numbers (watch, mask, cookie, length) and a name of that length.
fn masks(mut bytes: &[u8]) -> Vec<ReadFlags> {
    const HEAD_BYTES: usize = 16;
    let number = |bytes: &[u8], at: usize| bytes[at..at + 4].try_into().map_or(0, u32::from_ne_bytes);
    let mut out = Vec::new();
    while bytes.len() >= HEAD_BYTES {
        out.push(ReadFlags::from_bits_retain(number(bytes, 4)));
        let name = usize::try_from(number(bytes, 12)).unwrap_or(usize::MAX);
        bytes = bytes.get(HEAD_BYTES.saturating_add(name)..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn files_that_come_change_and_go_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pods");
        assert!(Watch::of([&*folder]).is_err());
        fs::create_dir(&folder).unwrap();
        let watch = Watch::of([&*folder]).unwrap();
        let file = folder.join("a.yaml");
        fs::write(&file, "a").unwrap();
        assert_eq!(watch.changed().await.unwrap(), Change::Inside);
        fs::write(dir.path().join("b"), "b").unwrap();
        fs::rename(dir.path().join("b"), &file).unwrap();
        assert_eq!(watch.changed().await.unwrap(), Change::Inside);
        fs::remove_file(&file).unwrap();
        assert_eq!(watch.changed().await.unwrap(), Change::Inside);
        fs::remove_dir(&folder).unwrap();
        assert_eq!(watch.changed().await.unwrap(), Change::Over);
    }
}
