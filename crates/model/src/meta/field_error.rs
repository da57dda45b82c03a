//! Field errors as upstream's `field.ErrorList` prints them.
use crate::{
    meta::{at::Place, go::GoValue},
    status::{Cause, Details, Status},
};
use std::{collections::BTreeSet, fmt::Display};

/// Errors found by validation, in the order found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Errors(pub Vec<FieldError>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// e.g. `spec.containers[0].name`.
    pub field: String,
    /// `FieldValueRequired`, `FieldValueInvalid`, `FieldValueNotSupported`, `FieldValueForbidden`, `FieldValueDuplicate`, …
    pub reason: &'static str,
    /// e.g. `Required value: must be set`.
    pub message: String,
}

impl FieldError {
    pub fn cause(&self) -> Cause {
        Cause { reason: self.reason.into(), message: self.message.clone(), field: self.field.clone() }
    }
}

impl Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl Errors {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn push(&mut self, at: impl Place, reason: &'static str, title: &str, detail: &str) {
        let message = if detail.is_empty() { title.to_owned() } else { format!("{title}: {detail}") };
        self.0.push(FieldError { field: at.path(), reason, message });
    }

    fn push_value(&mut self, at: impl Place, reason: &'static str, title: &str, value: &impl GoValue, detail: &str) {
        let title = format!("{title}: {}", value.go());
        self.push(at, reason, &title, detail);
    }

    pub fn required(&mut self, at: impl Place, detail: impl AsRef<str>) {
        self.push(at, "FieldValueRequired", "Required value", detail.as_ref());
    }

    pub fn forbidden(&mut self, at: impl Place, detail: impl AsRef<str>) {
        self.push(at, "FieldValueForbidden", "Forbidden", detail.as_ref());
    }

    pub fn invalid(&mut self, at: impl Place, value: impl GoValue, detail: impl AsRef<str>) {
        self.push_value(at, "FieldValueInvalid", "Invalid value", &value, detail.as_ref());
    }

    /// One `Invalid` for each message: how upstream reports what a name check finds.
    pub fn invalid_each<M: AsRef<str>>(
        &mut self,
        at: impl Place + Clone,
        value: impl GoValue + Clone,
        messages: impl IntoIterator<Item = M>,
    ) {
        for message in messages {
            self.invalid(at.clone(), value.clone(), message);
        }
    }

    pub fn not_found(&mut self, at: impl Place, value: impl GoValue) {
        self.push_value(at, "FieldValueNotFound", "Not found", &value, "");
    }

    pub fn duplicate(&mut self, at: impl Place, value: impl GoValue) {
        self.push_value(at, "FieldValueDuplicate", "Duplicate value", &value, "");
    }

    /// `supported` in the order to be shown (upstream sorts nearly everywhere).
    pub fn not_supported(&mut self, at: impl Place, value: impl GoValue, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|s| format!("\"{s}\"")).collect();
        let detail = if quoted.is_empty() { String::new() } else { format!("supported values: {}", quoted.join(", ")) };
        self.push_value(at, "FieldValueNotSupported", "Unsupported value", &value, &detail);
    }

    pub fn too_long(&mut self, at: impl Place, max_bytes: usize) {
        let unit = if max_bytes == 1 { "byte" } else { "bytes" };
        self.push(at, "FieldValueTooLong", "Too long", &format!("may not be more than {max_bytes} {unit}"));
    }

    pub fn too_many(&mut self, at: impl Place, actual: usize, max_items: usize) {
        let unit = if max_items == 1 { "item" } else { "items" };
        let detail = format!("must have at most {max_items} {unit}");
        self.push_value(at, "FieldValueTooMany", "Too many", &actual, &detail);
    }

    pub fn internal(&mut self, at: impl Place, detail: impl AsRef<str>) {
        self.push(at, "InternalError", "Internal error", detail.as_ref());
    }

    /// All errors as one text: bare when there is one, else `[a, b]` with repetitions left out.
    pub fn aggregate(&self) -> String {
        let mut seen = BTreeSet::new();
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).filter(|t| seen.insert(t.clone())).collect();
        match texts.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        }
    }

    /// 422 Invalid, `kind` with its group as `Deployment.apps` in the text.
    pub fn into_status(self, group: &str, kind: &str, name: &str) -> Status {
        let qualified = crate::status::qualified(kind, group);
        let name_quoted = crate::meta::go::quote(name);
        let aggregate = self.aggregate();
        let message = if aggregate.is_empty() {
            format!("{qualified} {name_quoted} is invalid")
        } else {
            format!("{qualified} {name_quoted} is invalid: {aggregate}")
        };
        let mut status = Status::failure(422, "Invalid", message);
        status.details = Some(Box::new(Details {
            name: name.into(),
            group: group.into(),
            kind: kind.into(),
            causes: self.0.iter().map(FieldError::cause).collect(),
            ..Details::default()
        }));
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn errors_read_as_upstream_writes_them() {
        fn check(fill: impl FnOnce(&mut Errors), want: Expect) {
            let mut errors = Errors::new();
            fill(&mut errors);
            want.assert_eq(&errors.into_status("apps", "Deployment", "x").message);
        }
        check(
            |e| e.required("spec.template", ""),
            expect![[r#"Deployment.apps "x" is invalid: spec.template: Required value"#]],
        );
        check(
            |e| {
                e.invalid("a", 3_i64, "too big");
                e.not_supported("b", "q", &["x", "y"]);
                e.not_supported("b", "q", &["x", "y"]);
                e.too_long("c", 1);
                e.too_many("d", 9, 8);
                e.duplicate("e[1]", "n");
                e.forbidden("f", "no");
            },
            expect![[
                r#"Deployment.apps "x" is invalid: [a: Invalid value: 3: too big, b: Unsupported value: "q": supported values: "x", "y", c: Too long: may not be more than 1 byte, d: Too many: 9: must have at most 8 items, e[1]: Duplicate value: "n", f: Forbidden: no]"#
            ]],
        );
    }
}
