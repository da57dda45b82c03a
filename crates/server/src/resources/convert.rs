//! Between the stored form of an object and the form that a version serves.
use super::{codec, place::Place, tree};
use skeg_model::{Value, request::Reply, status::Status, stored::Stored};
use std::sync::Arc;

/// The object in the form of `place`'s version; the same shared object where forms agree.
pub(super) fn served(place: &Place<'_>, stored: &Arc<Stored>) -> Result<Arc<Stored>, Status> {
    if !place.converts() {
        return Ok(stored.clone());
    }
    let mut object = codec::stored_tree(stored);
    from_hub(place, &mut object);
    Ok(Arc::new(Stored::new(codec::encode(place.version, &mut object), stored.revision())))
}

/// Turns the stored form into that of `place`'s version.
pub(super) fn from_hub(place: &Place<'_>, object: &mut Value) {
    if place.converts() {
        (place.version.from_hub)(object);
        tree::set_type(object, place.api_version(), place.kind.kind);
    }
}

/// Turns the form of `place`'s version into the stored one.
pub(super) fn to_hub(place: &Place<'_>, object: &mut Value) {
    if place.converts() {
        let hub = place.hub();
        (place.version.to_hub)(object);
        tree::set_type(object, place.kind.storage_api_version(), hub.kind);
    }
}

pub(super) fn reply(place: &Place<'_>, stored: &Arc<Stored>, created: bool) -> Result<Reply, Status> {
    let object = served(place, stored)?;
    Ok(if created { Reply::Created(object) } else { Reply::Object(object) })
}
