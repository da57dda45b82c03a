//! The versions in which managers own parts of one object: what changed is told to each in its own form.
use super::{Comparison, Set, Writer, compare};
use crate::{Value, schema::Type};
use std::{collections::BTreeMap, fmt};

/// The forms of one kind of object.
pub trait Versions: fmt::Debug + Sync {
    /// `object`, given in the form of version `from`, in that of `to`; None where the kind is not served in one of them.
    fn convert(&self, object: &Value, from: &str, to: &str) -> Option<(&'static Type, Value)>;
}

/// A kind with the writer's version only.
#[derive(Debug, Clone, Copy)]
pub struct Single;

impl Versions for Single {
    fn convert(&self, _: &Value, _: &str, _: &str) -> Option<(&'static Type, Value)> {
        None
    }
}

/// What changed, as each version shows it.
pub(super) struct Comparisons<'a> {
    old: &'a Value,
    new: &'a Value,
    writer: Writer<'a>,
    /// None: the kind is not served there.
    known: BTreeMap<String, Option<Comparison>>,
}

impl<'a> Comparisons<'a> {
    /// `own` is the comparison in the writer's version.
    pub fn new(old: &'a Value, new: &'a Value, writer: Writer<'a>, own: Comparison) -> Self {
        Self { old, new, writer, known: BTreeMap::from([(writer.api_version.to_owned(), Some(own))]) }
    }

    /// What changed in the form of `version`; None where the kind is not served in it.
    pub fn in_version(&mut self, version: &str) -> Option<&Comparison> {
        if !self.known.contains_key(version) {
            let made = self.make(version);
            self.known.insert(version.to_owned(), made);
        }
        self.known.get(version).and_then(Option::as_ref)
    }

    fn make(&self, version: &str) -> Option<Comparison> {
        let convert = |tree| self.writer.versions.convert(tree, self.writer.api_version, version);
        let (ty, old) = convert(self.old)?;
        let (_, new) = convert(self.new)?;
        Some(compare(ty, &old, &new).without(&Set::of_paths(self.writer.reset)))
    }
}
