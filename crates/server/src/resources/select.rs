//! Which objects a list or watch is about: label and field selectors over shared objects.
use super::place::Place;
use skeg_model::{
    kinds::Kind,
    meta::{field_selector::FieldSelector, selector::LabelSelector},
    request::ListOptions,
    status::Status,
    stored::Stored,
};
use std::collections::BTreeMap;

/// A parsed selection. An empty one matches everything.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
    /// The only name wanted, where the target itself names one.
    name: Option<String>,
    kind: &'static Kind,
}

impl Selection {
    /// Parses both selectors; errors are upstream's.
    pub fn parse(place: &Place<'_>, options: &ListOptions) -> Result<Self, Status> {
        let labels = LabelSelector::parse(&options.label_selector).map_err(Status::bad_request)?;
        let fields = FieldSelector::parse(&options.field_selector, place.kind).map_err(Status::bad_request)?;
        let name = (!place.name.is_empty()).then(|| place.name.to_owned());
        Ok(Self { labels, fields, name, kind: place.kind })
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything() && self.name.is_none()
    }

    pub fn matches(&self, object: &Stored) -> bool {
        if self.is_empty() {
            return true;
        }
        let meta = object.meta();
        self.name.as_ref().is_none_or(|name| *name == meta.name)
            && self.labels.matches(&meta.labels)
            && self.fields_match(object)
    }

    fn fields_match(&self, object: &Stored) -> bool {
        let meta = object.meta();
        if self.fields.is_metadata_only() {
            return self.fields.matches(&meta.name, &meta.namespace, &BTreeMap::new());
        }
        let kind = self.kind.hub();
        let values = object.selectable(|object| match kind.selectable_bytes {
            Some(read) => read(object.bytes()),
            None => (kind.selectable_values)(&object.tree()),
        });
        self.fields.matches(&meta.name, &meta.namespace, values)
    }
}

/// The name that a field selector pins, for the authoriser; bad selectors pin none.
pub(super) fn pinned_name(field_selector: &str) -> Option<String> {
    if field_selector.is_empty() {
        return None;
    }
    FieldSelector::parse_any(field_selector).ok()?.required("metadata.name").map(str::to_owned)
}
