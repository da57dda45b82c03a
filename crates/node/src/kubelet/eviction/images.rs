//! Removing images that nothing uses when their file system fills up, and those unused for too long.
use crate::{
    cri::api,
    kubelet::{node::facts, shared::Shared},
    runtime::programs::PAUSE_IMAGE,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ObjectReference;
use skeg_client::EventType;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// Between two looks at the images, upstream's period.
const EVERY: Duration = Duration::from_secs(300);

/// When images go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImagePolicy {
    /// In percent of the file system; 100: never.
    pub high: u64,
    pub low: u64,
    pub age_min: SignedDuration,
    /// Zero: images do not grow too old.
    pub age_max: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    detected: Timestamp,
    used: Option<Timestamp>,
    bytes: u64,
    pinned: bool,
}

/// What is known of the images since this kubelet runs.
#[derive(Debug, Default)]
pub struct Records(BTreeMap<String, Record>);

impl Records {
    /// Notes what is there and what is in use now.
    fn detect(&mut self, images: &[api::Image], in_use: &BTreeSet<String>, now: Timestamp) {
        self.0.retain(|id, _| images.iter().any(|image| image.id == *id));
        for image in images {
            let own = image.repo_tags.iter().any(|tag| tag == PAUSE_IMAGE);
            let record =
                self.0.entry(image.id.clone()).or_insert(Record { detected: now, used: None, bytes: 0, pinned: false });
            record.bytes = image.size;
            record.pinned = image.pinned || own;
            if in_use.contains(&image.id) {
                record.used = Some(now);
            }
        }
    }

    /// Images that may go, the longest unused first.
    fn unused(&self, in_use: &BTreeSet<String>) -> Vec<(&str, Record)> {
        let may_go = self.0.iter().filter(|(id, record)| !record.pinned && !in_use.contains(*id));
        let mut list: Vec<(&str, Record)> = may_go.map(|(id, record)| (id.as_str(), *record)).collect();
        list.sort_by_key(|(_, record)| (record.used, record.detected));
        list
    }

    /// Images that were not used for longer than they may.
    fn too_old(&self, in_use: &BTreeSet<String>, policy: ImagePolicy, now: Timestamp) -> Vec<String> {
        if policy.age_max.is_zero() {
            return Vec::new();
        }
        let since = |record: &Record| now.duration_since(record.used.unwrap_or(record.detected));
        let all = self.unused(in_use).into_iter().filter(|(_, record)| since(record) > policy.age_max);
        all.map(|(id, _)| id.to_owned()).collect()
    }

    /// Enough images to free so many bytes, if there are; each is older than the least age.
    fn enough(&self, in_use: &BTreeSet<String>, bytes: u64, policy: ImagePolicy, now: Timestamp) -> Vec<(String, u64)> {
        let mut freed = 0;
        let mut out = Vec::new();
        for (id, record) in self.unused(in_use) {
            if freed >= bytes {
                break;
            }
            if now.duration_since(record.detected) >= policy.age_min {
                freed += record.bytes;
                out.push((id.to_owned(), record.bytes));
            }
        }
        out
    }
}

/// Bytes to free so that no more than the low mark is used; None below the high mark.
fn to_free(disk: facts::FileSystem, policy: ImagePolicy) -> Option<u64> {
    if disk.capacity_bytes == 0 || policy.high >= 100 {
        return None;
    }
    let share = |part: u64| u64::try_from(u128::from(part) * 100 / u128::from(disk.capacity_bytes)).unwrap_or(100);
    let used = 100 - share(disk.available_bytes).min(100);
    let wanted = u64::try_from(u128::from(disk.capacity_bytes) * u128::from(100 - policy.low) / 100).unwrap_or(0);
    (used >= policy.high).then(|| wanted.saturating_sub(disk.available_bytes))
}

async fn in_use(shared: &Shared) -> Option<BTreeSet<String>> {
    let containers = shared.runtime.list_containers(None).await.ok()?;
    let mut out = BTreeSet::new();
    let mut references = BTreeSet::new();
    for container in containers {
        out.insert(container.image_id);
        references.insert(container.image_ref);
        references.extend(container.image.map(|it| it.image));
    }
    for image in references.into_iter().filter(|it| !it.is_empty()) {
        let spec = api::ImageSpec { image, ..api::ImageSpec::default() };
        if let Ok(Some(found)) = shared.runtime.image_status(spec).await {
            out.insert(found.id);
        }
    }
    Some(out)
}

/// Folder in which the runtime keeps images.
pub(super) async fn image_place(shared: &Shared) -> Option<PathBuf> {
    let info = shared.runtime.image_fs_info().await.ok()?;
    Some(info.image_filesystems.into_iter().next()?.fs_id?.mountpoint.into())
}

/// File system that holds the images.
pub async fn image_fs(shared: &Shared) -> Option<facts::FileSystem> {
    let place = image_place(shared).await?;
    Some(facts::file_system(&place)).filter(|it| it.capacity_bytes > 0)
}

async fn remove(shared: &Shared, id: &str) -> bool {
    let spec = api::ImageSpec { image: id.to_owned(), ..api::ImageSpec::default() };
    match shared.runtime.remove_image(spec).await {
        Ok(()) => {
            tracing::info!(image = id, "an unused image is removed");
            true
        }
        Err(error) => {
            tracing::warn!(image = id, %error, "an unused image cannot be removed");
            false
        }
    }
}

pub(super) fn complain(shared: &Shared, reason: &str, text: String) {
    let name = Some(shared.config.node_name.clone());
    let about = ObjectReference { kind: Some("Node".into()), uid: name.clone(), name, ..ObjectReference::default() };
    shared.recorder.event(&about, EventType::Warning, reason, text);
}

/// Frees as many bytes as it can; says how many.
async fn free(shared: &Shared, records: &Records, used: &BTreeSet<String>, bytes: u64) -> u64 {
    let policy = shared.config.settings.images;
    let mut freed = 0;
    for (id, size) in records.enough(used, bytes, policy, shared.config.clock.now()) {
        if remove(shared, &id).await {
            freed += size;
        }
    }
    freed
}

async fn look(shared: &Shared) -> Option<()> {
    let used = in_use(shared).await?;
    let images = shared.runtime.list_images().await.ok()?;
    let now = shared.config.clock.now();
    let policy = shared.config.settings.images;
    let mut records = shared.eviction.images.lock().await;
    records.detect(&images, &used, now);
    for id in records.too_old(&used, policy, now) {
        remove(shared, &id).await;
    }
    let wanted = to_free(image_fs(shared).await?, policy)?;
    let freed = free(shared, &records, &used, wanted).await;
    if freed < wanted {
        let text = format!(
            "Failed to garbage collect required amount of images. Attempted to free {wanted} bytes, but only found \
             {freed} bytes eligible to free."
        );
        complain(shared, "FreeDiskSpaceFailed", text);
    }
    Some(())
}

/// Removes every image that nothing uses, whatever its age: the node is short of disk.
pub async fn free_all(shared: &Shared) -> Option<()> {
    let used = in_use(shared).await?;
    let images = shared.runtime.list_images().await.ok()?;
    let mut records = shared.eviction.images.lock().await;
    records.detect(&images, &used, shared.config.clock.now());
    let all: Vec<String> = records.unused(&used).into_iter().map(|(id, _)| id.to_owned()).collect();
    for id in all {
        remove(shared, &id).await;
    }
    Some(())
}

/// Runs until it is dropped.
pub async fn run(shared: Arc<Shared>) {
    loop {
        look(&shared).await;
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, size: u64) -> api::Image {
        api::Image { id: id.into(), size, ..api::Image::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const POLICY: ImagePolicy =
        ImagePolicy { high: 85, low: 80, age_min: SignedDuration::from_secs(120), age_max: SignedDuration::ZERO };

    #[test]
    fn the_longest_unused_go_first_and_no_more_than_needed() {
        let images = [image("a", 10), image("b", 10), image("c", 10), image("used", 10)];
        let mut records = Records::default();
        let of = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        records.detect(&images, &of(&["a", "used"]), at(0));
        records.detect(&images, &of(&["used"]), at(300));
        let ids = |bytes, now| -> Vec<String> {
            let list = records.enough(&of(&["used"]), bytes, POLICY, at(now));
            list.into_iter().map(|(id, _)| id).collect()
        };
        assert_eq!(ids(15, 300), ["b", "c"]);
        assert_eq!(ids(100, 300), ["b", "c", "a"]);
        assert_eq!(ids(100, 60), Vec::<String>::new());
        let old = ImagePolicy { age_max: SignedDuration::from_secs(250), ..POLICY };
        assert_eq!(records.too_old(&of(&["used"]), old, at(250)), Vec::<String>::new());
        assert_eq!(records.too_old(&of(&["used"]), old, at(301)), ["b", "c", "a"]);
        assert!(records.too_old(&of(&["used"]), POLICY, at(9999)).is_empty());
    }

    #[test]
    fn pinned_images_stay() {
        let mut pinned = image("p", 10);
        pinned.pinned = true;
        let mut sandbox = image("s", 10);
        sandbox.repo_tags = vec![PAUSE_IMAGE.into()];
        let mut records = Records::default();
        records.detect(&[pinned, sandbox], &BTreeSet::new(), at(0));
        assert!(records.enough(&BTreeSet::new(), 100, POLICY, at(999)).is_empty());
    }

    #[test]
    fn marks_are_percent() {
        let disk = |available_bytes| facts::FileSystem {
            capacity_bytes: 1000,
            available_bytes,
            ..facts::FileSystem::default()
        };
        assert_eq!(to_free(disk(200), POLICY), None);
        assert_eq!(to_free(disk(150), POLICY), Some(50));
        assert_eq!(to_free(disk(10), ImagePolicy { high: 100, ..POLICY }), None);
    }
}
