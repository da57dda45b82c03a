//! User namespaces of pods with `hostUsers: false`: each gets a range of the machine's user and group ids of its own, noted
//! in the pod's folder so that it survives the kubelet.
use crate::{
    cri::api::{IdMapping, NamespaceMode, UserNamespace},
    runtime::process::write_atomically,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// File in the pod's folder that notes its range.
const NOTE: &str = "userns";

#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error("can't set `spec.hostUsers: false`, runtime does not support user namespaces")]
    Runtime,
    #[error("can't set `spec.hostUsers: false`, RuntimeClass handler {0:?} does not support user namespaces")]
    Handler(String),
    #[error("create user namespace: could not find an empty slot to allocate a user namespace")]
    Exhausted,
    #[error("create user namespace: {0}")]
    Io(#[from] io::Error),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Mapping {
    host_id: u32,
    container_id: u32,
    length: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    uid_mappings: Vec<Mapping>,
    gid_mappings: Vec<Mapping>,
}

/// The namespace of pods that use the machine's ids.
pub fn of_the_node() -> UserNamespace {
    UserNamespace { mode: NamespaceMode::Node as i32, uids: Vec::new(), gids: Vec::new() }
}

fn of_range(first: u32, length: u32) -> UserNamespace {
    let mapping = IdMapping { host_id: first, container_id: 0, length };
    UserNamespace { mode: NamespaceMode::Pod as i32, uids: vec![mapping], gids: vec![mapping] }
}

/// Ranges in use, by the uid of their pod.
#[derive(Debug)]
pub struct Users {
    /// Ids of one pod.
    length: u32,
    pods: PathBuf,
    /// First ids.
    used: Mutex<BTreeMap<String, u32>>,
    /// The runtime's handlers that can do it.
    handlers: Mutex<BTreeSet<String>>,
}

impl Users {
    /// `pods` holds the pods' folders; ranges that are noted there stay in use.
    pub fn new(pods: &Path, length: u32) -> Self {
        let found = fs::read_dir(pods).into_iter().flatten().flatten();
        let used = found.filter_map(|entry| {
            let note = read_note(&entry.path())?;
            let first = note.uid_mappings.first().filter(|it| it.length == length && it.host_id % length == 0)?;
            Some((entry.file_name().into_string().ok()?, first.host_id))
        });
        Self { length, pods: pods.to_owned(), used: Mutex::new(used.collect()), handlers: Mutex::default() }
    }

    /// Notes which of the runtime's handlers can do it.
    pub fn supported_by(&self, handlers: BTreeSet<String>) {
        *self.handlers.lock() = handlers;
    }

    /// The pod's own range, taken anew if it has none.
    ///
    /// # Errors
    /// The runtime cannot do it, all ranges are taken, or it cannot be noted.
    pub fn own(&self, uid: &str, handler: &str) -> Result<UserNamespace, UsersError> {
        if !self.handlers.lock().contains(handler) {
            let named = !handler.is_empty();
            return Err(if named { UsersError::Handler(handler.to_owned()) } else { UsersError::Runtime });
        }
        let mut used = self.used.lock();
        if let Some(first) = used.get(uid) {
            return Ok(of_range(*first, self.length));
        }
        let taken: BTreeSet<u32> = used.values().copied().collect();
        // The range from 0 is the machine's own.
        let slots = (1..u32::MAX / self.length).map(|slot| slot * self.length);
        let first = slots.into_iter().find(|first| !taken.contains(first)).ok_or(UsersError::Exhausted)?;
        let mapping = Mapping { host_id: first, container_id: 0, length: self.length };
        let note = Note { uid_mappings: vec![mapping], gid_mappings: vec![mapping] };
        let dir = self.pods.join(uid);
        fs::create_dir_all(&dir)?;
        write_atomically(&dir.join(NOTE), &serde_json::to_vec(&note).map_err(io::Error::other)?)?;
        used.insert(uid.to_owned(), first);
        Ok(of_range(first, self.length))
    }

    /// The range that the pod has.
    pub fn of(&self, uid: &str) -> Option<UserNamespace> {
        self.used.lock().get(uid).map(|first| of_range(*first, self.length))
    }

    /// Gives the pod's range back; its folder goes with it.
    pub fn release(&self, uid: &str) {
        self.used.lock().remove(uid);
    }
}

fn read_note(dir: &Path) -> Option<Note> {
    serde_json::from_slice(&fs::read(dir.join(NOTE)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(dir: &Path) -> Users {
        let users = Users::new(dir, 65_536);
        users.supported_by([String::new()].into());
        users
    }

    fn first(made: &UserNamespace) -> (i32, u32) {
        (made.mode, made.uids[0].host_id)
    }

    #[test]
    fn ranges_are_apart_and_survive_the_kubelet() {
        let dir = tempfile::tempdir().unwrap();
        let all = users(dir.path());
        let (a, b) = (all.own("a", "").unwrap(), all.own("b", "").unwrap());
        assert_eq!((first(&a), first(&b)), ((0, 65_536), (0, 131_072)));
        let again = users(dir.path());
        assert_eq!(again.own("b", "").unwrap(), b);
        again.release("a");
        assert_eq!(again.own("c", "").unwrap(), a);
        assert_eq!(again.of("a"), None);
    }

    #[test]
    fn what_the_runtime_cannot_do_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let all = Users::new(dir.path(), 65_536);
        let text = |handler| all.own("a", handler).unwrap_err().to_string();
        assert_eq!(text(""), "can't set `spec.hostUsers: false`, runtime does not support user namespaces");
        assert_eq!(
            text("kata"),
            "can't set `spec.hostUsers: false`, RuntimeClass handler \"kata\" does not support user namespaces"
        );
    }
}
