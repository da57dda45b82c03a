//! Ownership of a count between an object and its Scale: through `scale` only that one field is owned, under the Scale's
//! name for it; the object keeps it under its own.
use super::{
    Entry, Set, Writer,
    entry::{read, trees},
};
use crate::Value;

/// The Scale's version.
const API_VERSION: &str = "autoscaling/v1";
/// Where a Scale has the count.
const REPLICAS: &str = "spec.replicas";

/// An object that is scaled.
#[derive(Debug, Clone, Copy)]
pub struct Scaled<'a> {
    /// Where it has the count, e.g. `spec.replicas`.
    pub replicas: &'a str,
    /// Version in which it is scaled.
    pub api_version: &'a str,
    /// All its versions.
    pub versions: &'a [String],
}

impl Scaled<'_> {
    fn knows(&self, entry: &Entry) -> bool {
        self.versions.contains(&entry.api_version)
    }

    /// Entries of the Scale of `parent`: those that own the count.
    pub fn to_scale(&self, parent: &Value) -> Vec<Value> {
        let own = Set::of_paths(&[self.replicas]);
        let owners = read(parent).unwrap_or_default().into_iter();
        let owners = owners.filter(|it| self.knows(it) && !it.set.intersection(&own).is_empty());
        trees(
            owners.map(|it| Entry { api_version: API_VERSION.into(), set: Set::of_paths(&[REPLICAS]), ..it }).collect(),
        )
    }

    /// Entries of `parent` once its Scale has become `scale`.
    pub fn to_parent(&self, parent: &Value, scale: &Value) -> Vec<Value> {
        let own = Set::of_paths(&[self.replicas]);
        let before = read(parent).unwrap_or_default();
        let mut owners = read(scale).unwrap_or_default();
        let mut entries = Vec::new();
        for entry in before.iter().filter(|it| self.knows(it)) {
            if entry.set.intersection(&own).is_empty() {
                entries.push(entry.clone());
            } else if let Some(at) = owners.iter().position(|it| it.same_manager(entry)) {
                owners.remove(at);
                entries.push(entry.clone());
            } else {
                // Somebody has taken the count; or an updater is known by the Scale's version now and comes back below.
                entries.push(Entry { set: entry.set.difference(&own), ..entry.clone() });
            }
        }
        let counted = Set::of_paths(&[REPLICAS]);
        for owner in owners.into_iter().filter(|it| !it.set.intersection(&counted).is_empty()) {
            let time = before.iter().find(|it| it.same_manager(&owner)).map(|it| it.time.clone()).unwrap_or_default();
            entries.push(Entry { api_version: self.api_version.into(), set: own.clone(), time, ..owner });
        }
        trees(entries)
    }
}

impl<'a> Writer<'a> {
    /// This writer as one who writes through `scale`.
    #[must_use]
    pub fn of_scale(self) -> Self {
        Self { api_version: API_VERSION, subresource: "scale", reset: &[], versions: &super::Single, ..self }
    }
}
