//! What a target stands for: the registry row, its version and the key in the store; errors about it.
use skeg_model::{
    kinds::{self, Kind, Verb, Version},
    meta::field_error::Errors,
    request::Target,
    status::Status,
};
use skeg_storage::Key;

/// A resolved target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'t> {
    pub kind: &'static Kind,
    pub version: &'static Version,
    /// "" where there is none.
    pub namespace: &'t str,
    pub name: &'t str,
    pub subresource: &'t str,
}

impl<'t> Place<'t> {
    /// Finds the row; 404 in upstream's words if nothing is served under these names.
    pub fn of(target: &'t Target) -> Result<Self, Status> {
        let kind = kinds::by_resource(&target.gvr.group, &target.gvr.resource).ok_or_else(no_such_resource)?;
        let version = kind.version(&target.gvr.version).ok_or_else(no_such_resource)?;
        let subresource = target.subresource.as_deref().unwrap_or_default();
        if !subresource.is_empty() && kind.subresource(subresource).is_none() {
            return Err(no_such_resource());
        }
        Ok(Self {
            kind,
            version,
            namespace: target.namespace.as_deref().unwrap_or_default(),
            name: target.name.as_deref().unwrap_or_default(),
            subresource,
        })
    }

    /// The verb must be among those of the row or of the subresource.
    pub fn allow(&self, verb: Verb) -> Result<(), Status> {
        let verbs = match self.kind.subresource(self.subresource) {
            Some(sub) => sub.verbs(),
            None => self.kind.verbs,
        };
        if verbs.contains(&verb) {
            return Ok(());
        }
        Err(method_not_allowed())
    }

    /// The row in whose form objects are stored.
    pub fn hub(&self) -> &'static Kind {
        self.kind.hub()
    }

    /// Whether the served form is another than the stored one.
    pub fn converts(&self) -> bool {
        self.kind.hub.is_some() || !std::ptr::eq(self.version, &raw const self.kind.versions[0])
    }

    pub fn api_version(&self) -> String {
        self.version.api_version(self.kind.group)
    }

    /// Prefix, inside the ring, of all keys that a list of this place covers.
    pub fn list_prefix(&self) -> String {
        if self.kind.namespaced() && !self.namespace.is_empty() {
            format!("{}/", self.namespace)
        } else {
            String::new()
        }
    }

    pub fn key(&self) -> Key {
        key_of(self.kind, self.namespace, self.name)
    }

    pub fn named(&self, name: &'t str) -> Self {
        Self { name, ..*self }
    }

    pub fn not_found(&self) -> Status {
        Status::not_found(self.kind.group, self.kind.resource, self.name)
    }

    pub fn conflict(&self, why: &str) -> Status {
        Status::conflict(self.kind.group, self.kind.resource, self.name, why)
    }

    /// The conflict that optimistic concurrency ends in.
    pub fn modified(&self) -> Status {
        self.conflict("the object has been modified; please apply your changes to the latest version and try again")
    }

    /// 422 with the errors, or nothing if there are none.
    pub fn check(&self, name: &str, errors: Errors) -> Result<(), Status> {
        if errors.is_empty() { Ok(()) } else { Err(errors.into_status(self.kind.hub().group, self.kind.kind, name)) }
    }
}

/// Key of an object of `kind`.
pub(crate) fn key_of(kind: &'static Kind, namespace: &str, name: &str) -> Key {
    let rest = if kind.namespaced() { format!("{namespace}/{name}") } else { name.to_owned() };
    Key { ring: kind.prefix.into(), rest: rest.into() }
}

pub(crate) fn no_such_resource() -> Status {
    let mut status = Status::failure(404, "NotFound", "the server could not find the requested resource");
    status.details = Some(Box::default());
    status
}

pub(crate) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    let mut status = Status::failure(405, "MethodNotAllowed", message);
    status.details = Some(Box::default());
    status
}
