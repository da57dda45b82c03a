//! Failures that arise in HTTP itself, in upstream's words.
use crate::auth::Attributes;
use skeg_model::{
    meta::field_error::{Errors, FieldError},
    status::{Details, Status},
};

/// A failure that upstream's router or path mapper reports: its details are present but empty.
pub fn routed(code: u16, reason: &str, message: impl Into<String>) -> Status {
    let mut status = Status::failure(code, reason, message);
    status.details = Some(Box::new(Details::default()));
    status
}

/// 404 inside a known group: no such version, resource, subresource or form of path.
pub fn no_such_resource() -> Status {
    routed(404, "NotFound", "the server could not find the requested resource")
}

pub fn method_not_allowed() -> Status {
    routed(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
}

pub fn not_acceptable(message: impl Into<String>) -> Status {
    Status::failure(406, "NotAcceptable", message)
}

pub fn unsupported_media(message: impl Into<String>) -> Status {
    Status::failure(415, "UnsupportedMediaType", message)
}

pub fn too_large(limit: usize) -> Status {
    Status::failure(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"))
}

pub fn unauthorized() -> Status {
    Status::failure(401, "Unauthorized", "Unauthorized")
}

/// 422 about an options object such as `CreateOptions`.
pub fn invalid_options(kind: &str, errors: &Errors) -> Status {
    let texts: Vec<String> = errors.0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
    let text = match &texts[..] {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let message = format!("{kind}.meta.k8s.io \"\" is invalid: {text}");
    let mut status = Status::failure(422, "Invalid", message);
    let causes = errors.0.iter().map(FieldError::cause).collect();
    status.details =
        Some(Box::new(Details { group: "meta.k8s.io".into(), kind: kind.into(), causes, ..Details::default() }));
    status
}

/// 403 for a refused request. `reason` is the authoriser's, often empty.
pub fn forbidden(attributes: &Attributes<'_>, reason: &str) -> Status {
    let who = quoted(&attributes.user.name);
    let what = match attributes.path {
        Some(path) => format!("User {who} cannot {} path {}", attributes.verb, quoted(path)),
        None => format!("User {who} cannot {}", resource_phrase(attributes)),
    };
    let why = if reason.is_empty() { what } else { format!("{what}: {reason}") };
    if attributes.path.is_some() {
        return routed(403, "Forbidden", format!("forbidden: {why}"));
    }
    Status::forbidden(attributes.group, attributes.resource, attributes.name, &why)
}

fn resource_phrase(attributes: &Attributes<'_>) -> String {
    let resource = if attributes.subresource.is_empty() {
        attributes.resource.to_owned()
    } else {
        format!("{}/{}", attributes.resource, attributes.subresource)
    };
    let place = if attributes.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {}", quoted(attributes.namespace))
    };
    let group = quoted(attributes.group);
    format!("{} resource {} in API group {group} {place}", attributes.verb, quoted(&resource))
}

/// A name in quotes, as Go's `%q` writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
