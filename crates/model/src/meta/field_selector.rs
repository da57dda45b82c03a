//! Field selectors: `metadata.name=x,status.phase!=Running`.
use crate::kinds::{Kind, Scope};
use std::{collections::BTreeMap, fmt};

/// A conjunction of terms over a kind's selectable fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub field: String,
    pub value: String,
    /// `!=`.
    pub negated: bool,
}

impl FieldSelector {
    /// Parses the text form and checks that `kind` can select by each field.
    ///
    /// # Errors
    /// Upstream's text of what is wrong.
    pub fn parse(text: &str, kind: &Kind) -> Result<Self, String> {
        let selector = Self::parse_any(text)?;
        for term in &selector.terms {
            check_label(kind, &term.field)?;
        }
        Ok(selector)
    }

    /// Parses the text form alone.
    ///
    /// # Errors
    /// Upstream's text of what is wrong.
    pub fn parse_any(text: &str) -> Result<Self, String> {
        let mut parts = split_terms(text);
        parts.sort_unstable();
        let mut terms = Vec::new();
        for part in parts.into_iter().filter(|p| !p.is_empty()) {
            let (field, operator, value) =
                split_term(part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            let term = Term { field: field.to_owned(), value: unescape(value)?, negated: operator == "!=" };
            // Nothing equals nothing: selects everything.
            if term.negated || !term.field.is_empty() || !term.value.is_empty() {
                terms.push(term);
            }
        }
        Ok(Self { terms })
    }

    /// The conjunction of these terms.
    pub fn of(terms: Vec<Term>) -> Self {
        Self { terms }
    }

    /// Whether an object of this name, namespace and these selectable values is wanted.
    pub fn matches(&self, name: &str, namespace: &str, values: &BTreeMap<String, String>) -> bool {
        self.terms.iter().all(|term| {
            let have = match term.field.as_str() {
                "metadata.name" => name,
                "metadata.namespace" => namespace,
                other => values.get(other).map_or("", String::as_str),
            };
            (have == term.value) != term.negated
        })
    }

    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether only name and namespace decide, so that no object need be read.
    pub fn is_metadata_only(&self) -> bool {
        self.terms.iter().all(|t| t.field.starts_with("metadata."))
    }

    /// The value that a field must have, if the selector demands one.
    pub fn required(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|t| t.field == field && !t.negated).map(|t| t.value.as_str())
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let operator = if term.negated { "!=" } else { "=" };
            let value = term.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            write!(f, "{comma}{}{operator}{value}", term.field)?;
        }
        Ok(())
    }
}

/// Kinds without fields of their own share one rule with its own text; the others name what they know. Cluster-scoped
/// kinds with fields of their own do not know `metadata.namespace`.
fn check_label(kind: &Kind, label: &str) -> Result<(), String> {
    if kind.selectable.is_empty() {
        return match label {
            "metadata.name" | "metadata.namespace" => Ok(()),
            _ => Err(format!(
                "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                super::go::quote(label)
            )),
        };
    }
    let known = label == "metadata.name"
        || (label == "metadata.namespace" && kind.scope == Scope::Namespaced)
        || kind.selectable.contains(&label);
    if known { Ok(()) } else { Err(format!("field label not supported: {label}")) }
}

/// Splits at commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, &str, &str)> {
    term.char_indices().find_map(|(i, _)| {
        ["!=", "==", "="]
            .into_iter()
            .find(|op| term[i..].starts_with(op))
            .map(|op| (&term[..i], op, &term[i + op.len()..]))
    })
}

fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped @ ('\\' | ',' | '=')) => out.push(escaped),
                Some(other) => return Err(format!("invalid field selector: invalid escape sequence: \\{other}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{deployment, namespace, node, pod};

    #[test]
    fn selectors_match() {
        let values = BTreeMap::from([("status.phase".to_owned(), "Running".to_owned())]);
        let check = |text: &str, matches: bool| {
            let selector = FieldSelector::parse(text, &pod::KIND).unwrap();
            assert_eq!(selector.matches("a", "ns", &values), matches, "{text}");
        };
        check("", true);
        check("metadata.name=a,status.phase=Running", true);
        check("metadata.name==b", false);
        check("status.phase!=Running", false);
        check("spec.nodeName=", true);
        check("metadata.namespace=ns,", true);
    }

    #[test]
    fn unknown_fields_are_refused_in_upstreams_words() {
        let check = |text: &str, kind: &Kind, want: &str| {
            assert_eq!(FieldSelector::parse(text, kind).unwrap_err(), want);
        };
        check("spec.priority=0", &pod::KIND, "field label not supported: spec.priority");
        check("name=x", &namespace::KIND, "field label not supported: name");
        check("metadata.namespace=x", &node::KIND, "field label not supported: metadata.namespace");
        let only = "is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
        check("spec.replicas=1", &deployment::KIND, &format!("\"spec.replicas\" {only}"));
        check("spec", &pod::KIND, "invalid selector: 'spec'; can't understand 'spec'");
    }

    #[test]
    fn values_are_escaped() {
        let selector = FieldSelector::parse_any(r"a=x\,y\=z,b!=c").unwrap();
        assert_eq!(selector.terms()[0].value, "x,y=z");
        assert_eq!(selector.to_string(), r"a=x\,y\=z,b!=c");
        assert!(FieldSelector::parse_any(r"a=x\q").is_err());
    }
}
