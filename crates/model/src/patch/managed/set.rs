//! Sets of field paths as a trie whose steps are written as in `FieldsV1`: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
use crate::{Object, Value};
use std::collections::BTreeMap;

/// A set of paths below one point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    /// Whether the point itself is in the set.
    pub member: bool,
    pub children: BTreeMap<String, Set>,
}

impl Set {
    /// The set that `fieldsV1` describes; None where a step is malformed. Steps of a kind that nobody knows are left out.
    pub fn from_fields(fields: &Value) -> Option<Self> {
        let mut set = Self::default();
        let Some(map) = fields.as_object() else { return Some(set) };
        for (step, below) in map {
            if step == "." {
                set.member = true;
            } else if is_known(step)? {
                let mut child = Self::from_fields(below)?;
                // A step without anything below it is a member itself.
                child.member |= child.children.is_empty();
                set.children.insert(step.clone(), child);
            }
        }
        Some(set)
    }

    /// The set as `fieldsV1`.
    pub fn to_fields(&self) -> Value {
        let mut map = Object::new();
        for (step, child) in self.children.iter().filter(|(_, child)| !child.is_empty()) {
            let mut below = child.to_fields();
            if child.member
                && !child.children.is_empty()
                && let Value::Object(below) = &mut below
            {
                below.insert(".".into(), Value::Object(Object::new()));
            }
            map.insert(step.clone(), below);
        }
        Value::Object(map)
    }

    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Self::is_empty)
    }

    /// The set below `step`, made when missing.
    pub fn below(&mut self, step: &str) -> &mut Self {
        self.children.entry(step.to_owned()).or_default()
    }

    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.member |= other.member;
        for (step, theirs) in &other.children {
            let ours = self.children.remove(step).unwrap_or_default();
            self.children.insert(step.clone(), ours.union(theirs));
        }
        self
    }

    /// Paths of `self` that are not in `other`, each path for itself.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let below = |(step, ours): (&String, &Self)| {
            let left = match other.children.get(step) {
                Some(theirs) => ours.difference(theirs),
                None => ours.clone(),
            };
            (!left.is_empty()).then(|| (step.clone(), left))
        };
        Self { member: self.member && !other.member, children: self.children.iter().filter_map(below).collect() }
    }

    /// Like [`Self::difference`], but a path of `other` takes all below it away.
    #[must_use]
    pub fn recursive_difference(&self, other: &Self) -> Self {
        if other.member {
            return Self::default();
        }
        let below = |(step, ours): (&String, &Self)| {
            let left = match other.children.get(step) {
                Some(theirs) => ours.recursive_difference(theirs),
                None => ours.clone(),
            };
            (!left.is_empty()).then(|| (step.clone(), left))
        };
        Self { member: self.member, children: self.children.iter().filter_map(below).collect() }
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let below = |(step, ours): (&String, &Self)| {
            let both = ours.intersection(other.children.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        };
        Self { member: self.member && other.member, children: self.children.iter().filter_map(below).collect() }
    }

    /// A set of dotted paths such as `metadata.labels` or `status`.
    pub fn of_paths(paths: &[&str]) -> Self {
        let mut set = Self::default();
        for path in paths {
            path.split('.').fold(&mut set, |at, step| at.below(&format!("f:{step}"))).member = true;
        }
        set
    }

    /// Every path below as upstream prints it in conflicts, those of one level before what is below them, e.g. `.spec.containers[name="a"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect_paths("", &mut out);
        out
    }

    fn collect_paths(&self, at: &str, out: &mut Vec<String>) {
        let here = |step: &String| format!("{at}{}", shown(step));
        out.extend(self.children.iter().filter(|(_, child)| child.member).map(|(step, _)| here(step)));
        for (step, child) in &self.children {
            child.collect_paths(&here(step), out);
        }
    }
}

/// Whether a step is of a known kind; None where it is malformed.
fn is_known(step: &str) -> Option<bool> {
    let (kind, what) = step.split_at_checked(2).filter(|(kind, _)| kind.ends_with(':'))?;
    let well_formed = match kind {
        "f:" => true,
        "v:" => serde_json::from_str::<Value>(what).is_ok(),
        "i:" => what.parse::<i64>().is_ok(),
        "k:" => serde_json::from_str::<Object>(what).is_ok(),
        _ => return Some(false),
    };
    well_formed.then_some(true)
}

fn shown(step: &str) -> String {
    match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Object = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("[{}]", keys.join(","))
        }
        Some(("v", value)) => format!("[={value}]"),
        Some((_, rest)) => format!("[{rest}]"),
        None => step.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_v1_survives_the_round_trip() {
        let fields =
            json!({"f:data": {".": {}, "f:a": {}}, "f:spec": {"f:c": {"k:{\"name\":\"x\"}": {".": {}, "f:i": {}}}}});
        let set = Set::from_fields(&fields).unwrap();
        assert_eq!(set.to_fields(), fields);
        assert_eq!(set.paths(), [".data", ".data.a", ".spec.c[name=\"x\"]", ".spec.c[name=\"x\"].i"]);
    }

    #[test]
    fn differences_are_by_path_or_by_subtree() {
        let set = Set::from_fields(&json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}})).unwrap();
        let a = Set::of_paths(&["a"]);
        assert_eq!(set.difference(&a).to_fields(), json!({"f:a": {"f:b": {}}, "f:c": {}}));
        assert_eq!(set.recursive_difference(&a).to_fields(), json!({"f:c": {}}));
        assert_eq!(set.intersection(&a), a);
        assert_eq!(a.clone().union(&set), set);
        let mut with_nothing = set.clone();
        with_nothing.below("f:a").below("f:empty");
        assert_eq!(with_nothing.to_fields(), set.to_fields(), "a step that leads to no member is not written");
    }
}
