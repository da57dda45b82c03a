//! The resources that exist, for controllers that work on any kind.
use skeg_model::{
    kinds::{self, Kind, Verb},
    request::Gvr,
};

/// One stored resource under its storage version.
#[derive(Debug, Clone)]
pub struct Resource {
    pub gvr: Gvr,
    pub kind: &'static str,
    pub namespaced: bool,
    row: &'static Kind,
}

impl Resource {
    pub fn has_scale(&self) -> bool {
        self.row.subresource("scale").is_some()
    }

    pub fn has(&self, verb: Verb) -> bool {
        self.row.verbs.contains(&verb)
    }

    /// e.g. `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.gvr.group.is_empty() {
            self.gvr.version.to_string()
        } else {
            format!("{}/{}", self.gvr.group, self.gvr.version)
        }
    }

    /// Whether an owner reference with this apiVersion and kind means it; any served version does.
    pub fn is(&self, api_version: &str, kind: &str) -> bool {
        self.kind == kind && self.row.versions.iter().any(|version| version.api_version(self.row.group) == api_version)
    }
}

/// All resources that can be listed, watched and deleted, each once.
pub fn all() -> Vec<Resource> {
    let rows = kinds::ALL.iter().copied().filter(|row| row.stored && std::ptr::eq(row.hub(), *row));
    let resources = rows.map(|row| Resource {
        gvr: Gvr::new(row.group, row.versions[0].name, row.resource),
        kind: row.kind,
        namespaced: row.namespaced(),
        row,
    });
    resources.filter(|it| [Verb::Delete, Verb::List, Verb::Watch].into_iter().all(|verb| it.has(verb))).collect()
}
