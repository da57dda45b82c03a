//! Descriptions of types and fields, as the build script read them from the `k8s-openapi` dependency.
//!
//! They are kept compressed in the binary and cost nothing until somebody asks; who asks drops them again.
use flate2::read::DeflateDecoder;
use std::io::Read;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptions.deflate"));

/// Ends a name or a text.
const UNIT: char = '\x1f';
/// Ends the texts of a type.
const RECORD: char = '\x1e';

/// The unpacked texts.
#[derive(Debug)]
pub struct Descriptions {
    text: String,
    /// Where the sorted records begin and end.
    records: Vec<(usize, usize)>,
}

/// Texts of one type.
#[derive(Debug, Clone, Copy)]
pub struct Described<'d> {
    record: &'d str,
}

impl Descriptions {
    pub fn load() -> Self {
        let mut text = String::new();
        DeflateDecoder::new(PACKED).read_to_string(&mut text).expect("the build script packed it");
        let mut start = 0;
        let record = |(end, _)| {
            let record = (start, end);
            start = end + RECORD.len_utf8();
            record
        };
        let records = text.match_indices(RECORD).map(record).collect();
        Self { text, records }
    }

    /// Texts of the type with this OpenAPI name.
    pub fn of(&self, name: &str) -> Option<Described<'_>> {
        let record = |&(start, end): &(usize, usize)| &self.text[start..end];
        let name_of = |at| record(at).split(UNIT).next().unwrap_or_default();
        let at = self.records.binary_search_by(|at| name_of(at).cmp(name)).ok()?;
        Some(Described { record: record(&self.records[at]) })
    }
}

impl<'d> Described<'d> {
    /// What the type is; "" where nobody says it.
    pub fn text(self) -> &'d str {
        self.record.split(UNIT).nth(1).unwrap_or_default()
    }

    /// What the field with this JSON name is for.
    pub fn field(self, json: &str) -> Option<&'d str> {
        let mut parts = self.record.split(UNIT).skip(2);
        while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
            if name == json {
                return Some(text);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_fields_are_described() {
        let texts = Descriptions::load();
        let of = |ty, field| texts.of(ty).and_then(|ty| ty.field(field)).unwrap_or_default();
        assert!(of("io.k8s.api.core.v1.PodSpec", "containers").starts_with("List of containers belonging to the pod."));
        assert!(of("io.k8s.api.core.v1.Container", "lifecycle").starts_with("Actions that"));
        assert!(of("io.k8s.api.core.v1.Container", "args").contains("i.e. \"$$(VAR_NAME)\""));
        assert!(texts.of("io.k8s.api.core.v1.Pod").unwrap().text().starts_with("Pod is a collection"));
        assert_eq!(of("io.k8s.api.core.v1.Container", "nope"), "");
        assert!(texts.of("nope").is_none());
    }
}
