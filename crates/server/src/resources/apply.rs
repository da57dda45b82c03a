//! Server-side apply: what the client wants of an object, merged into it with an owner for every field.
use super::{
    Answer, Api, codec, managed, strategy, tree,
    write::{Race, Write, check_name, check_namespace},
};
use skeg_model::{
    Value,
    patch::managed::{self as owners, Conflict, Writer},
    request::{Body, FieldValidation},
    schema::{self, Type},
    status::{Cause, Details, Status},
    wire::{Raw, yaml},
};

/// An applied document, read once.
#[derive(Debug)]
pub(super) struct Applied {
    document: Value,
    /// Upstream's message about duplicate keys.
    duplicates: Option<String>,
}

/// What a document must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub ty: &'static Type,
    pub api_version: &'a str,
    pub kind: &'a str,
}

impl Api {
    /// Carries out a patch of kind Apply that has begun.
    pub(super) async fn apply(&self, mut w: Write<'_>, body: Body) -> Result<Answer, Status> {
        let applied = Applied::read(body)?;
        let (place, options) = (w.place, w.options);
        let api_version = place.api_version();
        let expected =
            Expected { ty: schema_of(place.version.type_name)?, api_version: &api_version, kind: place.kind.kind };
        let writer = managed::writer(&w, &options.field_manager, &api_version);
        let mut make = |warnings: &mut Vec<String>, live: Option<&Value>| {
            applied.check(expected)?;
            let mut new = merge(expected, live, &applied.document, writer, options.force)?;
            applied.warn(options.field_validation, warnings)?;
            place.version.set_defaults(&mut new);
            let uid = tree::text(&new, "/metadata/uid");
            if live.is_none() && !uid.is_empty() {
                let why =
                    format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
                return Err(place.conflict(&why));
            }
            check_namespace(&mut new, &place)?;
            check_name(&new, &place)?;
            Ok(new)
        };
        let how = strategy::of(place.kind, place.subresource);
        let done = self.replace(&mut w, how, &mut make, Race::Applied).await;
        w.answer(done)
    }
}

pub(super) fn schema_of(type_name: &str) -> Result<&'static Type, Status> {
    schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))
}

/// The merged object, decoded.
pub(super) fn merge(
    expected: Expected<'_>,
    live: Option<&Value>,
    config: &Value,
    writer: Writer<'_>,
    force: bool,
) -> Result<Value, Status> {
    let mut new = owners::apply(expected.ty, live, config, writer, force).map_err(|them| conflict(&them))?;
    tree::set_type(&mut new, expected.api_version.to_owned(), expected.kind);
    codec::decode_merged(expected.ty, &new, FieldValidation::Ignore, &mut Vec::new()).map_err(|why| {
        let what = named(config, expected.api_version, expected.kind);
        let kind = what.split_once("; ").map_or("", |(_, kind)| kind);
        let text = format!("to proper version: unable to convert unstructured object to {kind}: {why}");
        Status::failure(500, "", format!("failed to convert new object ({what}) {text}"))
    })
}

impl Applied {
    pub fn read(body: Body) -> Result<Self, Status> {
        let bad = |why: String| Status::bad_request(format!("error decoding YAML: {why}"));
        let (document, duplicates) = match body {
            Body::Tree(tree) => (tree, None),
            Body::Json(bytes) | Body::Yaml(bytes) => {
                let read = yaml::parse(&bytes).map_err(|e| bad(format!("error converting YAML to JSON: {e}")))?;
                (read.raw.into_value(), read.duplicates)
            }
        };
        if !document.is_object() && !document.is_null() {
            let got = Raw::of(&document).go_kind();
            let into = "map[string]interface {}";
            return Err(bad(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {got} into Go value of type {into}"
            )));
        }
        Ok(Self { document, duplicates })
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The document must be of the kind that is applied to, and of its type throughout.
    pub fn check(&self, expected: Expected<'_>) -> Result<(), Status> {
        let text = |key: &str| self.document.get(key).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        if (api_version, kind) != (expected.api_version, expected.kind) {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            return Err(Status::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")));
        }
        if self.document.pointer("/metadata/managedFields").is_some_and(|it| !it.is_null()) {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        owners::check_typed(expected.ty, &self.document).map_err(|why| {
            let what = named(&self.document, api_version, kind);
            Status::failure(500, "", format!("failed to create typed patch object ({what}): {why}"))
        })
    }

    /// Duplicate keys are refused or warned of.
    pub fn warn(&self, validation: FieldValidation, warnings: &mut Vec<String>) -> Result<(), Status> {
        let Some(text) = &self.duplicates else { return Ok(()) };
        match validation {
            FieldValidation::Strict => {
                Err(Status::bad_request(format!("error strict decoding YAML: error converting YAML to JSON: {text}")))
            }
            FieldValidation::Warn => {
                warnings.extend(text.lines().skip(1).map(|line| line.trim_start().to_owned()));
                Ok(())
            }
            FieldValidation::Ignore => Ok(()),
        }
    }
}

/// Namespace, name and kind as upstream prints them here.
fn named(document: &Value, api_version: &str, kind: &str) -> String {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let text = |field| tree::text(document, field);
    format!("{}/{}; {group}/{version}, Kind={kind}", text("/metadata/namespace"), text("/metadata/name"))
}

fn conflict(conflicts: &[Conflict]) -> Status {
    let message = match conflicts {
        [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", one.manager, one.path),
        many => {
            let mut lines: Vec<String> = Vec::new();
            let mut last = "";
            for conflict in many {
                if conflict.manager != last {
                    lines.push(format!("conflicts with {}:", conflict.manager));
                    last = &conflict.manager;
                }
                lines.push(format!("- {}", conflict.path));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    let mut status = Status::failure(409, "Conflict", message);
    let cause = |it: &Conflict| Cause {
        reason: "FieldManagerConflict".into(),
        message: format!("conflict with {}", it.manager),
        field: it.path.clone(),
    };
    status.details = Some(Box::new(Details { causes: conflicts.iter().map(cause).collect(), ..Details::default() }));
    status
}
