//! What shims that were killed leave. A shim removes its socket when it ends in order; of one that was killed containerd
//! removes the bundle alone, and the socket would stay in a folder that all containerds of the machine share. It has runc
//! forget the container before that; where that goes wrong, the container's processes would run on, known to nobody.
use super::{config::ContainerdConfig, image::NAMESPACE, leftovers, stop};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    os::unix::{fs::DirBuilderExt, net::UnixStream},
    path::{Path, PathBuf},
};
use tokio::net::unix::pipe::Receiver;

/// Where every containerd puts the sockets of its shims.
const SOCKETS: &str = "/run/containerd/s";
/// What precedes the name in an event: watch, mask, cookie and the name's length, four bytes each.
const EVENT_BYTES: usize = 16;
const READ_BYTES: usize = 16 << 10;

/// Removes the socket of every shim whose bundle goes while nobody listens on it, and what runc still has of its container.
/// Runs until it is dropped.
pub async fn sweep(config: &ContainerdConfig) -> io::Result<()> {
    let tasks = config.state().join(stop::TASKS).join(NAMESPACE);
    fs::DirBuilder::new().recursive(true).mode(0o711).create(&tasks)?;
    let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    inotify::add_watch(&events, &tasks, WatchFlags::DELETE | WatchFlags::MOVED_FROM | WatchFlags::ONLYDIR)?;
    // An inotify instance is read like a pipe.
    let events = Receiver::from_owned_fd_unchecked(events)?;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        events.readable().await?;
        let count = match events.try_read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        for name in names(&buffer[..count]) {
            // A bundle is given a hidden name before it is removed.
            let id = name.trim_start_matches('.');
            forget(config, id).await;
            let socket = socket_of(&config.socket(), id);
            if is_deserted(&socket) {
                match stop::remove(&socket) {
                    Ok(()) => tracing::info!(id, "removed the socket of a shim that was killed"),
                    Err(error) => tracing::warn!(id, %error, "the socket of a shim that was killed stays"),
                }
            }
        }
    }
}

/// Has runc forget a container whose bundle is gone, if it knows it still.
async fn forget(config: &ContainerdConfig, id: &str) {
    let bundle = config.state().join(stop::TASKS).join(NAMESPACE).join(id);
    if bundle.exists() || !config.state().join("runc").join(NAMESPACE).join(id).exists() {
        return;
    }
    let config = config.clone();
    let done = tokio::task::spawn_blocking(move || leftovers::forget_container(&config, &bundle)).await;
    match done {
        Ok(Ok(())) => tracing::info!(id, "removed a container whose shim was killed"),
        Ok(Err(error)) => tracing::warn!(id, %error, "a container whose shim was killed stays"),
        Err(error) => tracing::error!(id, %error, "removing a container whose shim was killed"),
    }
}

/// The names in a block of inotify events.
fn names(mut events: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((header, rest)) = events.split_at_checked(EVENT_BYTES) {
        let length = u32::from_ne_bytes(header[12..].try_into().expect("the header's last four bytes"));
        let Some((name, rest)) = rest.split_at_checked(usize::try_from(length).unwrap_or(usize::MAX)) else { break };
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        found.extend((!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned()));
        events = rest;
    }
    found
}

/// containerd derives the name from its own socket, the namespace and the task that the shim was started for.
fn socket_of(containerd: &Path, id: &str) -> PathBuf {
    let whose = containerd.join(NAMESPACE).join(id);
    let digest = Sha256::digest(whose.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Path::new(SOCKETS).join(name)
}

fn is_deserted(socket: &Path) -> bool {
    UnixStream::connect(socket).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_names() {
        let event = |name: &[u8]| {
            let mut bytes = vec![0; EVENT_BYTES];
            bytes[12..].copy_from_slice(&u32::try_from(name.len()).unwrap().to_ne_bytes());
            bytes.extend(name);
            bytes
        };
        let block = [event(b"abc\0\0\0"), event(b""), event(b"d\0")].concat();
        assert_eq!(names(&block), ["abc", "d"]);
        assert_eq!(names(&block[..block.len() - 1]), ["abc"]);
        assert!(names(&[1; 7]).is_empty());
    }

    #[test]
    fn a_socket_is_deserted_once_its_listener_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        assert!(!is_deserted(&path));
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(!is_deserted(&path));
        drop(listener);
        assert!(is_deserted(&path));
    }
}
