//! Selectors of typed objects.
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use skeg_client::Object;
use skeg_model::meta::selector::LabelSelector;
use std::collections::BTreeMap;

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
