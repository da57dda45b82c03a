//! What the definition of a printed column says. Most columns show a field and say what that field's description says.
use super::{ALL, columns};
use crate::schema::Descriptions;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// Where the text of a column comes from. Fields are named by their type's OpenAPI name and their JSON name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doc {
    /// The column's own.
    Text(&'static str),
    /// A field's.
    Field(&'static str, &'static str),
    /// A field's, as an older version of the API had it: without this ending.
    FieldWithout(&'static str, &'static str, &'static str),
}

impl Doc {
    /// Texts of fields are unpacked once for all columns of the registry; the rest is dropped again.
    pub fn text(self) -> &'static str {
        static TEXTS: OnceLock<FxHashMap<Doc, Box<str>>> = OnceLock::new();
        match self {
            Self::Text(text) => text,
            field => TEXTS.get_or_init(unpacked).get(&field).map_or("", |text| text),
        }
    }

    fn unpack(self, from: &Descriptions) -> Option<Box<str>> {
        let of = |ty, field| from.of(ty).and_then(|ty| ty.field(field));
        match self {
            Self::Text(_) => None,
            Self::Field(ty, field) => of(ty, field).map(Box::from),
            Self::FieldWithout(ty, field, ending) => {
                of(ty, field).map(|text| text.strip_suffix(ending).unwrap_or(text).into())
            }
        }
    }
}

fn unpacked() -> FxHashMap<Doc, Box<str>> {
    let texts = Descriptions::load();
    docs().filter_map(|doc| Some((doc, doc.unpack(&texts)?))).collect()
}

fn docs() -> impl Iterator<Item = Doc> {
    let shared = columns::DEFAULT.iter().chain(columns::SCALE);
    ALL.iter().flat_map(|kind| kind.columns).chain(shared).map(|column| column.doc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_names_a_field_finds_its_text() {
        for doc in docs() {
            assert!(!doc.text().is_empty() || matches!(doc, Doc::Text("")), "{doc:?}");
        }
    }

    #[test]
    fn an_ending_is_left_out() {
        let doc = Doc::FieldWithout("io.k8s.api.rbac.v1.RoleBinding", "roleRef", " This field is immutable.");
        let text = doc.text();
        assert!(text.starts_with("RoleRef can reference") && text.ends_with("return an error."), "{text}");
    }
}
