//! What several controllers share: ownership, selectors, pods, conditions.
pub mod numbers;
pub mod owner;
pub mod pod;
pub mod selector;
pub mod service;
pub mod trigger;

use skeg_model::status::Status;

/// A counter as statuses write it: zero is left out.
pub fn nonzero(count: usize) -> Option<i32> {
    positive(count_i32(count))
}

/// The same for what is already counted.
pub fn positive(count: i32) -> Option<i32> {
    (count != 0).then_some(count)
}

pub fn count_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The namespace is being deleted: nothing can be created in it, and nothing needs to be.
pub fn namespace_is_terminating(error: &Status) -> bool {
    let causes = error.details.as_ref().map(|details| &details.causes[..]).unwrap_or_default();
    causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// What was to be written has changed or gone meanwhile; its change brings it back, and there is nothing to do before.
pub fn is_void(error: &Status) -> bool {
    error.is_not_found() || error.is_conflict()
}

/// FNV-1a, 32 bits.
pub fn fnv32a(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A text in the alphabet of generated names: no vowels and no digits that look like them.
pub fn safe_encode(text: &str) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    text.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}
