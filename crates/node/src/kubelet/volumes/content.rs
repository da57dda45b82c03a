//! What files ConfigMaps, Secrets and the downward API put into a volume. Pure.
use super::writer::{File, Payload};
use crate::kubelet::make::fields::{FieldError, NodeView, field, resource};
use k8s_openapi::api::core::v1::{ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret};

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ContentError {
    #[error("references non-existent config key: {0}")]
    ConfigKey(String),
    #[error("references non-existent secret key: {0}")]
    SecretKey(String),
    #[error("{0}")]
    Field(#[from] FieldError),
}

fn mode(of_item: Option<i32>, default: i32) -> u32 {
    u32::try_from(of_item.unwrap_or(default)).unwrap_or(0o644)
}

fn keyed(
    all: Vec<(String, Vec<u8>)>,
    items: Option<&Vec<KeyToPath>>,
    default: i32,
    optional: bool,
    missing: impl Fn(String) -> ContentError,
) -> Result<Payload, ContentError> {
    let make = |data: Vec<u8>, mode: u32| File { data, mode, owner: None };
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return Ok(all.into_iter().map(|(key, data)| (key, make(data, mode(None, default)))).collect());
    };
    let mut payload = Payload::new();
    for item in items {
        match all.iter().find(|(key, _)| *key == item.key) {
            Some((_, data)) => {
                payload.insert(item.path.clone(), make(data.clone(), mode(item.mode, default)));
            }
            None if optional => {}
            None => return Err(missing(item.key.clone())),
        }
    }
    Ok(payload)
}

/// # Errors
/// An item names a key that is not there and may not be missing.
pub fn config_map(
    it: &ConfigMap,
    items: Option<&Vec<KeyToPath>>,
    default: i32,
    optional: bool,
) -> Result<Payload, ContentError> {
    let text = it.data.iter().flatten().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
    let binary = it.binary_data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone()));
    keyed(text.chain(binary).collect(), items, default, optional, ContentError::ConfigKey)
}

/// # Errors
/// As [`config_map`].
pub fn secret(
    it: &Secret,
    items: Option<&Vec<KeyToPath>>,
    default: i32,
    optional: bool,
) -> Result<Payload, ContentError> {
    let all = it.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect();
    keyed(all, items, default, optional, ContentError::SecretKey)
}

/// # Errors
/// A field or resource that does not exist.
pub fn downward(
    pod: &Pod,
    files: &[DownwardAPIVolumeFile],
    default: i32,
    node: &NodeView,
    ips: &[String],
) -> Result<Payload, ContentError> {
    let mut payload = Payload::new();
    for file in files {
        let text = if let Some(it) = &file.field_ref {
            field(pod, &it.field_path, node, ips)?
        } else if let Some(it) = &file.resource_field_ref {
            resource(pod, None, it, node)?
        } else {
            continue;
        };
        payload
            .insert(file.path.clone(), File { data: text.into_bytes(), mode: mode(file.mode, default), owner: None });
    }
    Ok(payload)
}
