//! The content of an informer: objects by key in order, and indexes over them.
use crate::key::Key;
use rustc_hash::FxHashMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

struct Index<T> {
    name: &'static str,
    values: fn(&T) -> Vec<String>,
    keys: FxHashMap<String, BTreeSet<Key>>,
}

pub(super) struct View<T> {
    objects: BTreeMap<Key, Arc<T>>,
    indexes: Vec<Index<T>>,
}

impl<T> Default for View<T> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), indexes: Vec::new() }
    }
}

impl<T> View<T> {
    pub(super) fn get(&self, key: &str) -> Option<&Arc<T>> {
        self.objects.get(key)
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Arc<T>)> {
        self.objects.iter()
    }

    pub(super) fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a Arc<T>> + use<'a, T> {
        let prefix = format!("{namespace}/");
        let range = (Bound::Included(prefix.as_str()), Bound::Unbounded);
        let range = self.objects.range::<str, _>(range);
        range.take_while(move |(key, _)| key.starts_with(&prefix)).map(|(_, object)| object)
    }

    pub(super) fn add_index(&mut self, name: &'static str, values: fn(&T) -> Vec<String>) {
        if self.indexes.iter().any(|index| index.name == name) {
            return;
        }
        let mut index = Index { name, values, keys: FxHashMap::default() };
        for (key, object) in &self.objects {
            index.add(key, object);
        }
        self.indexes.push(index);
    }

    pub(super) fn count_index(&self, name: &str, value: &str) -> usize {
        let index = self.indexes.iter().find(|index| index.name == name);
        index.and_then(|index| index.keys.get(value)).map_or(0, BTreeSet::len)
    }

    pub(super) fn by_index(&self, name: &str, value: &str) -> Vec<Arc<T>> {
        let index =
            self.indexes.iter().find(|index| index.name == name).expect("indexes are made before they are asked");
        let keys = index.keys.get(value).into_iter().flatten();
        keys.filter_map(|key| self.objects.get(key).cloned()).collect()
    }

    /// Puts (or with None removes) an object; answers what was there.
    pub(super) fn set(&mut self, key: &Key, object: Option<Arc<T>>) -> Option<Arc<T>> {
        let old = match &object {
            Some(new) => self.objects.insert(key.clone(), new.clone()),
            None => self.objects.remove(key),
        };
        for index in &mut self.indexes {
            if let Some(old) = &old {
                index.remove(key, old);
            }
            if let Some(new) = &object {
                index.add(key, new);
            }
        }
        old
    }
}

impl<T> Index<T> {
    fn add(&mut self, key: &Key, object: &T) {
        for value in (self.values)(object) {
            self.keys.entry(value).or_default().insert(key.clone());
        }
    }

    fn remove(&mut self, key: &Key, object: &T) {
        for value in (self.values)(object) {
            if let Some(keys) = self.keys.get_mut(&value) {
                keys.remove(key);
                if keys.is_empty() {
                    self.keys.remove(&value);
                }
            }
        }
    }
}
