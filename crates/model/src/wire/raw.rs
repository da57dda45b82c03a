//! A JSON or YAML document as it was written: keys in their order, duplicates kept, numbers as text.
use crate::{Object, Value};
use serde_json::Number;
use std::borrow::Cow;

/// One value of a document. Borrows from the text where nothing had to be unescaped.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw<'a> {
    Null,
    Bool(bool),
    /// The literal as written.
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Array(Vec<Raw<'a>>),
    /// Invariant: entries in the document's order, duplicates included.
    Object(Vec<(Cow<'a, str>, Raw<'a>)>),
}

impl<'a> Raw<'a> {
    /// Whether nothing in it nests deeper than `levels`.
    pub fn nests_within(&self, levels: usize) -> bool {
        match self {
            Self::Array(items) => levels > 0 && items.iter().all(|item| item.nests_within(levels - 1)),
            Self::Object(entries) => levels > 0 && entries.iter().all(|(_, value)| value.nests_within(levels - 1)),
            _ => true,
        }
    }

    /// A view of a tree; strings are borrowed.
    pub fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => Self::Number(Cow::Owned(n.to_string())),
            Value::String(s) => Self::String(Cow::Borrowed(s)),
            Value::Array(items) => Self::Array(items.iter().map(Self::of).collect()),
            Value::Object(map) => {
                Self::Object(map.iter().map(|(key, value)| (Cow::Borrowed(key.as_str()), Self::of(value))).collect())
            }
        }
    }

    /// The tree; of duplicate keys the last wins.
    pub fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Number(text) => number(&text),
            Self::String(text) => Value::String(text.into_owned()),
            Self::Array(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Object(entries) => {
                Value::Object(entries.into_iter().map(|(k, v)| (k.into_owned(), v.into_value())).collect::<Object>())
            }
        }
    }

    /// The value of the last entry with this key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// What Go's decoder calls this value in its errors.
    pub fn go_kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

/// A number literal of JSON's grammar: an integer where it fits, else the nearest double.
pub fn number(text: &str) -> Value {
    if let Ok(n) = text.parse::<i64>() {
        return Value::from(n);
    }
    if let Ok(n) = text.parse::<u64>() {
        return Value::from(n);
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}
