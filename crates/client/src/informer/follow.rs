//! The task behind a view: list, watch, resume, and list again after 410.
use super::{Change, Inner, Progress, Selection};
use crate::{
    backoff::Backoff,
    client::Client,
    key::{self, Key},
    object::target,
};
use futures::StreamExt;
use skeg_model::{
    request::{List, ListOptions, Target, WatchEvent},
    status::Status,
    stored::Stored,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::watch;

/// First and longest wait after a failure.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// How a watch ended.
enum End {
    /// The server ended it; the next one resumes.
    Closed {
        progressed: bool,
    },
    Failed(Status),
}

pub(super) async fn run<T: Send + Sync + 'static>(
    inner: Arc<Inner<T>>,
    client: Client,
    selection: Selection,
    report: watch::Sender<Progress>,
    seed: u64,
) {
    let target = target(inner.gvr.clone(), selection.namespace.as_deref(), None, None);
    let mut backoff = Backoff::new(BACKOFF_FIRST, BACKOFF_MAX, seed);
    let mut listed = false;
    loop {
        if !listed {
            match client.list_stored(inner.gvr.clone(), target.namespace.as_deref(), options(&selection)).await {
                Ok(list) => {
                    replace(&inner, list, &report);
                    listed = true;
                }
                Err(error) => {
                    tracing::warn!(resource = %inner.gvr.resource, %error, "list failed");
                    tokio::time::sleep(backoff.next_delay()).await;
                    continue;
                }
            }
        }
        match follow(&inner, &client, &target, &selection, &report).await {
            End::Closed { progressed: true } => backoff.reset(),
            // A server that closes at once is not asked in a tight loop.
            End::Closed { progressed: false } => tokio::time::sleep(backoff.next_delay()).await,
            End::Failed(error) => {
                listed = !error.is_expired();
                tracing::debug!(resource = %inner.gvr.resource, %error, "watch ended");
                tokio::time::sleep(backoff.next_delay()).await;
            }
        }
    }
}

fn options(selection: &Selection) -> ListOptions {
    ListOptions {
        label_selector: selection.label_selector.clone(),
        field_selector: selection.field_selector.clone(),
        metadata_only: selection.metadata_only,
        ..ListOptions::default()
    }
}

async fn follow<T: Send + Sync + 'static>(
    inner: &Inner<T>,
    client: &Client,
    target: &Target,
    selection: &Selection,
    report: &watch::Sender<Progress>,
) -> End {
    let options = ListOptions {
        resource_version: report.borrow().revision.to_string(),
        allow_bookmarks: true,
        ..options(selection)
    };
    let mut events = match client.watch(target, options).await {
        Ok(events) => events,
        Err(error) => return End::Failed(error),
    };
    let mut progressed = false;
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => apply(inner, event, report),
            Err(error) => return End::Failed(error),
        }
        progressed = true;
    }
    End::Closed { progressed }
}

fn apply<T>(inner: &Inner<T>, event: WatchEvent, report: &watch::Sender<Progress>) {
    let revision = match event {
        WatchEvent::Added(object) | WatchEvent::Modified(object) => {
            put(inner, &object);
            object.revision()
        }
        WatchEvent::Deleted(object) => {
            set(inner, &key_of(&object), None);
            object.revision()
        }
        WatchEvent::Bookmark { revision, .. } => revision,
    };
    report.send_modify(|progress| progress.revision = progress.revision.max(revision));
}

fn replace<T>(inner: &Inner<T>, list: List, report: &watch::Sender<Progress>) {
    let present: BTreeSet<Key> = list.items.iter().map(|object| key_of(object)).collect();
    let gone: Vec<Key> = {
        let view = inner.view.read();
        view.iter().map(|(key, _)| key).filter(|key| !present.contains(*key)).cloned().collect()
    };
    for key in gone {
        set(inner, &key, None);
    }
    for object in &list.items {
        put(inner, object);
    }
    report.send_modify(|progress| *progress = Progress { synced: true, revision: list.resource_version });
}

/// An object that cannot be read leaves the view; the others are not concerned.
fn put<T>(inner: &Inner<T>, object: &Stored) {
    let decoded = (inner.decode)(object);
    if let Err(error) = &decoded {
        tracing::warn!(resource = %inner.gvr.resource, key = %key_of(object), %error, "object cannot be decoded");
    }
    set(inner, &key_of(object), decoded.ok());
}

fn set<T>(inner: &Inner<T>, key: &Key, new: Option<Arc<T>>) {
    // Held over the view's change so that a handler that is being added sees each change once.
    let handlers = inner.handlers.read();
    let old = inner.view.write().set(key, new.clone());
    if old.is_none() && new.is_none() {
        return;
    }
    let change = Change { key, old: old.as_ref(), new: new.as_ref() };
    for handler in handlers.iter() {
        handler(&change);
    }
}

fn key_of(object: &Stored) -> Key {
    let meta = object.meta();
    key::key(Some(&meta.namespace), &meta.name)
}
