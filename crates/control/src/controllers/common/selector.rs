//! Selectors of typed objects, and indexes by which selectors and what they select find each other.
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use skeg_client::{Informer, Object};
use skeg_model::meta::selector::LabelSelector;
use std::{collections::BTreeMap, sync::Arc};

const LABELS: &str = "label";
const ORPHANS: &str = "orphan";
const SELECTORS: &str = "selector";

/// A `LabelSelector` object; None when it is not valid (validation lets none through).
pub fn of(selector: &meta::LabelSelector) -> Option<LabelSelector> {
    LabelSelector::from_object(&serde_json::to_value(selector).ok()?).ok()
}

/// A plain map: all entries must be equal; an empty one selects everything.
pub fn of_map(map: &BTreeMap<String, String>) -> LabelSelector {
    LabelSelector::from_map(map.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Whether the object's labels match.
pub fn selects<K: Object>(selector: &LabelSelector, object: &K) -> bool {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    selector.matches(object.meta().labels.as_ref().unwrap_or(&NONE))
}

fn pair(namespace: Option<&str>, name: &str, value: &str) -> String {
    format!("{}/{name}={value}", namespace.unwrap_or_default())
}

/// Under which pairs of a label and its value objects stand that the selector matches; None: under any.
fn wanted_pairs(namespace: Option<&str>, selector: &LabelSelector) -> Option<Vec<String>> {
    if selector.is_nothing() {
        return Some(Vec::new());
    }
    let (name, values) = selector.required_label()?;
    Some(values.iter().map(|value| pair(namespace, name, value)).collect())
}

/// Under which pairs an object stands.
fn pairs<K: Object>(object: &K) -> Vec<String> {
    let labels = object.meta().labels.iter().flatten();
    labels.map(|(name, value)| pair(object.namespace(), name, value)).collect()
}

/// Indexes objects by each of their labels, so that a selector reads little more than what it selects.
pub fn index_labels<K: Object>(informer: &Informer<K>) {
    informer.index(LABELS, |object| pairs(object));
}

/// The same for those objects that nobody controls.
pub fn index_orphans<K: Object>(informer: &Informer<K>) {
    informer.index(ORPHANS, |object| {
        if object.controller().is_some() {
            return Vec::new();
        }
        let mut pairs = pairs(object);
        pairs.push(anything(object.namespace()));
        pairs
    });
}

/// What a selector matches in a namespace (None: cluster-scoped kinds). Selectors that ask for no certain label read the
/// whole namespace.
pub fn selected<K: Object>(informer: &Informer<K>, namespace: Option<&str>, selector: &LabelSelector) -> Vec<Arc<K>> {
    let mut found = match (wanted_pairs(namespace, selector), namespace) {
        (Some(pairs), _) => pairs.iter().flat_map(|pair| informer.by_index(LABELS, pair)).collect(),
        (None, Some(namespace)) => informer.list_in(namespace),
        (None, None) => informer.list(),
    };
    found.retain(|object| selects(selector, &**object));
    found
}

/// What a selector matches of the objects that nobody controls.
pub fn orphans<K: Object>(informer: &Informer<K>, namespace: Option<&str>, selector: &LabelSelector) -> Vec<Arc<K>> {
    let pairs = wanted_pairs(namespace, selector).unwrap_or_else(|| vec![anything(namespace)]);
    let mut found: Vec<Arc<K>> = pairs.iter().flat_map(|pair| informer.by_index(ORPHANS, pair)).collect();
    found.retain(|object| selects(selector, &**object));
    found
}

/// Something that selects objects of its own namespace by their labels.
pub trait Selecting: Object {
    /// None: it selects nothing.
    fn selector(&self) -> Option<LabelSelector>;
}

/// Indexes selecting objects by a label that they ask for.
pub fn index_selectors<K: Selecting>(informer: &Informer<K>) {
    informer.index(SELECTORS, |object| match object.selector() {
        None => Vec::new(),
        Some(selector) => {
            wanted_pairs(object.namespace(), &selector).unwrap_or_else(|| vec![anything(object.namespace())])
        }
    });
}

/// Where stands what asks for no certain label.
fn anything(namespace: Option<&str>) -> String {
    pair(namespace, "", "")
}

/// Those that select the object.
pub fn selecting<K: Selecting, T: Object>(informer: &Informer<K>, object: &T) -> Vec<Arc<K>> {
    let mut keys = pairs(object);
    keys.push(anything(object.namespace()));
    let mut found: Vec<Arc<K>> = keys.iter().flat_map(|key| informer.by_index(SELECTORS, key)).collect();
    found.retain(|it| it.selector().is_some_and(|selector| selects(&selector, object)));
    found
}
