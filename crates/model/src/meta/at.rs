//! A place in a tree that knows its field path. Defaulting, validation and printing walk trees with it; a path becomes
//! text only when an error names it.
use crate::Value;
use std::fmt::Write;

static NULL: Value = Value::Null;

/// A value of a tree and how it was reached. `'v` is the tree's life, `'p` that of the places above.
#[derive(Debug, Clone, Copy)]
pub struct At<'v, 'p> {
    pub value: &'v Value,
    parent: Option<&'p At<'v, 'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Root,
    Field(&'p str),
    /// Written `[key]`.
    Key(&'p str),
    Index(usize),
}

impl<'v> At<'v, '_> {
    pub fn root(value: &'v Value) -> At<'v, 'v> {
        At { value, parent: None, step: Step::Root }
    }

    /// The field of this name; absent ones are null.
    pub fn child<'s>(&'s self, name: &'s str) -> At<'v, 's> {
        At { value: self.get(name), parent: Some(self), step: Step::Field(name) }
    }

    /// A field under another name than its own, where upstream's paths say so.
    pub fn renamed<'s>(&'s self, field: &str, shown: &'s str) -> At<'v, 's> {
        At { value: self.get(field), parent: Some(self), step: Step::Field(shown) }
    }

    /// This place with another value in it, where upstream's errors name a place that is not the value's own.
    #[must_use]
    pub fn with_value(self, value: &'v Value) -> Self {
        At { value, ..self }
    }

    /// The entry of a map, written `[key]`.
    pub fn key<'s>(&'s self, key: &'s str) -> At<'v, 's> {
        At { value: self.get(key), parent: Some(self), step: Step::Key(key) }
    }

    pub fn index(&self, index: usize) -> At<'v, '_> {
        let value = self.value.get(index).unwrap_or(&NULL);
        At { value, parent: Some(self), step: Step::Index(index) }
    }

    /// The elements of a list; none where there is no list.
    pub fn items(&self) -> impl Iterator<Item = At<'v, '_>> {
        let list = self.value.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().enumerate().map(|(i, value)| At { value, parent: Some(self), step: Step::Index(i) })
    }

    /// The entries of a map by key, each written `[key]`.
    pub fn entries(&self) -> impl Iterator<Item = (&'v str, At<'v, '_>)> {
        let map = self.value.as_object();
        map.into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), At { value, parent: Some(self), step: Step::Key(key.as_str()) }))
    }

    /// The value of a field, null where absent.
    pub fn get(&self, name: &str) -> &'v Value {
        self.value.get(name).unwrap_or(&NULL)
    }

    /// The text here, "" where there is none.
    pub fn str(&self) -> &'v str {
        self.value.as_str().unwrap_or_default()
    }

    /// The text of a field, "" where absent.
    pub fn text(&self, name: &str) -> &'v str {
        self.get(name).as_str().unwrap_or_default()
    }

    pub fn int(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// The boolean of a field, false where absent.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).as_bool().unwrap_or(false)
    }

    /// Nil in Go: absent or null.
    pub fn is_nil(&self) -> bool {
        self.value.is_null()
    }

    /// Whether the field is there and not null.
    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_null()
    }

    /// `len()` of Go: bytes of a text, elements of a list or map, 0 for nil.
    pub fn len(&self) -> usize {
        match self.value {
            Value::String(s) => s.len(),
            Value::Array(a) => a.len(),
            Value::Object(o) => o.len(),
            _ => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The path as upstream writes it: `spec.containers[0].ports[1].name`.
    pub fn path(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Key(key) => {
                let _ = write!(out, "[{key}]");
            }
            Step::Index(index) => {
                let _ = write!(out, "[{index}]");
            }
        }
    }
}

/// Whatever an error can name as its field.
pub trait Place {
    fn path(&self) -> String;
}

impl Place for &At<'_, '_> {
    fn path(&self) -> String {
        At::path(self)
    }
}

impl Place for At<'_, '_> {
    fn path(&self) -> String {
        At::path(self)
    }
}

impl Place for &str {
    fn path(&self) -> String {
        (*self).to_owned()
    }
}

impl Place for String {
    fn path(&self) -> String {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_upstream_writes_them() {
        let tree = serde_json::json!({"spec": {"containers": [{"ports": [{}, {"name": "web"}]}], "map": {"a": 1}}});
        let root = At::root(&tree);
        let spec = root.child("spec");
        let containers = spec.child("containers");
        let first = containers.index(0);
        let ports = first.child("ports");
        let last = ports.items().last().unwrap();
        assert_eq!(last.child("name").path(), "spec.containers[0].ports[1].name");
        assert_eq!(last.text("name"), "web");
        assert_eq!(spec.child("map").key("a").path(), "spec.map[a]");
        assert!(spec.child("none").child("deeper").is_nil());
    }
}
