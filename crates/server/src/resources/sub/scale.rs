//! `scale`: the replica count of a workload as an object of its own (autoscaling/v1 Scale).
use super::super::{
    Answer, Api, Context,
    apply::{self, Applied, Expected},
    codec, managed,
    patch::Patch,
    place::Place,
    strategy, tree,
    write::{Make, Race, Write, check_name, check_namespace},
};
use serde_json::json;
use skeg_model::{
    Object, Value,
    kinds::{Subresource, Verb},
    meta::{field_error::Errors, selector::LabelSelector},
    request::{Body, PatchKind, Reply, WriteOptions},
    status::Status,
};

const SCALE: &str = "io.k8s.api.autoscaling.v1.Scale";

/// Where a kind keeps its counts and its selector.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Paths {
    spec: &'static str,
    status: &'static str,
    selector: &'static str,
}

/// The paths, if `place` is a scale subresource.
pub(in super::super) fn paths(place: &Place<'_>) -> Option<Paths> {
    match place.kind.subresource(place.subresource) {
        Some(Subresource::Scale { spec, status, selector }) => Some(Paths { spec, status, selector }),
        _ => None,
    }
}

/// A JSON pointer of a path such as `spec.replicas` or `.spec.replicas`.
fn pointer(path: &str) -> String {
    path.trim_start_matches('.').split('.').map(|step| format!("/{step}")).collect()
}

fn scale_of(parent: &Value, paths: Paths) -> Value {
    let mut metadata = Object::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = parent.pointer(&format!("/metadata/{field}")).filter(|v| !v.is_null()) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let count = |path: &str| parent.pointer(&pointer(path)).and_then(Value::as_i64).unwrap_or(0);
    let mut spec = Object::new();
    if count(paths.spec) != 0 {
        spec.insert("replicas".into(), count(paths.spec).into());
    }
    let mut status = json!({"replicas": count(paths.status)});
    let selector = selector_text(parent.pointer(&pointer(paths.selector)).unwrap_or(&Value::Null));
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status})
}

/// A selector object, or a plain map of labels, as text.
fn selector_text(selector: &Value) -> String {
    let Some(map) = selector.as_object() else { return String::new() };
    if map.contains_key("matchLabels") || map.contains_key("matchExpressions") {
        return LabelSelector::from_object(selector).map(|s| s.to_string()).unwrap_or_default();
    }
    LabelSelector::from_map(map.iter().filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))).to_string()
}

/// Checks a Scale and puts its count into a copy of the parent. The Scale's version and uid are preconditions.
fn into_parent(scale: &Value, parent: &Value, paths: Paths) -> Result<Value, Status> {
    let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
    if replicas < 0 {
        let mut errors = Errors::new();
        errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        return Err(errors.into_status("autoscaling", "Scale", tree::name(scale)));
    }
    let mut new = parent.clone();
    for field in ["resourceVersion", "uid"] {
        let given = scale.pointer(&format!("/metadata/{field}")).filter(|v| v.as_str().is_some_and(|s| !s.is_empty()));
        tree::set_meta(&mut new, field, given.cloned());
    }
    if let Some((holder, leaf)) = pointer(paths.spec).rsplit_once('/')
        && let Some(holder) = new.pointer_mut(holder).and_then(Value::as_object_mut)
    {
        holder.insert(leaf.to_owned(), replicas.into());
    }
    Ok(new)
}

/// What applying this Scale means for the parent.
fn parent_config(scale: &Value, paths: Paths) -> Value {
    let mut metadata = Object::new();
    for field in ["name", "uid", "resourceVersion"] {
        if let Some(value) = scale.pointer(&format!("/metadata/{field}")) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let mut config = json!({"metadata": metadata});
    if let Some(replicas) = scale.pointer("/spec/replicas") {
        let path: Vec<&str> = paths.spec.trim_start_matches('.').split('.').collect();
        let count = path.iter().rev().fold(replicas.clone(), |value, step| json!({*step: value}));
        if let (Some(config), Value::Object(count)) = (config.as_object_mut(), count) {
            config.extend(count);
        }
    }
    config
}

impl Api {
    pub(in super::super) fn get_scale(&self, ctx: &Context, place: &Place<'_>, paths: Paths) -> Result<Answer, Status> {
        place.allow(Verb::Get)?;
        self.authorise(ctx, "get", place, place.name)?;
        let stored = self.config.store.get(&place.key()).ok_or_else(|| place.not_found())?;
        Ok(Reply::Tree { value: scale_of(&stored.tree(), paths), code: 200 }.into())
    }

    pub(in super::super) async fn update_scale(
        &self,
        ctx: &Context,
        place: Place<'_>,
        paths: Paths,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Update, options)?;
        let mut scale = codec::decode_as(SCALE, &body, options.field_validation, &mut w.warnings)?;
        check_namespace(&mut scale, &place)?;
        check_name(&scale, &place)?;
        let mut make = |_: &mut Vec<String>, old: Option<&Value>| {
            into_parent(&scale, old.ok_or_else(|| place.not_found())?, paths)
        };
        self.write_scale(w, paths, &mut make, Race::Given).await
    }

    pub(in super::super) async fn patch_scale(
        &self,
        ctx: &Context,
        place: Place<'_>,
        paths: Paths,
        (kind, body): (PatchKind, Body),
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let w = self.begin(ctx, place, Verb::Patch, options)?;
        if kind == PatchKind::Apply {
            return self.apply_scale(w, paths, body).await;
        }
        let patch = Patch::read(kind, body)?;
        let mut make = |warnings: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            let scale = patch.apply(SCALE, &scale_of(old, paths), options.field_validation, warnings)?;
            check_name(&scale, &place)?;
            into_parent(&scale, old, paths)
        };
        self.write_scale(w, paths, &mut make, Race::Retried).await
    }

    /// The Scale's count is applied to the parent, in whose managed fields it is owned.
    async fn apply_scale(&self, w: Write<'_>, paths: Paths, body: Body) -> Result<Answer, Status> {
        let applied = Applied::read(body)?;
        let (place, options) = (w.place, w.options);
        let api_version = place.api_version();
        let parent = Expected {
            ty: apply::schema_of(place.version.type_name)?,
            api_version: &api_version,
            kind: place.kind.kind,
        };
        let expected = Expected { ty: apply::schema_of(SCALE)?, api_version: "autoscaling/v1", kind: "Scale" };
        let writer = apply::writer(&w, &api_version);
        let mut make = |warnings: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            applied.check(expected)?;
            check_name(applied.document(), &place)?;
            applied.warn(options.field_validation, warnings)?;
            let config = parent_config(applied.document(), paths);
            let mut new = apply::merge(parent, Some(old), &config, writer, options.force)?;
            managed::keep_scale_times(Some(old), &mut new);
            into_parent(&scale_of(&new, paths), &new, paths)
        };
        self.write_scale(w, paths, &mut make, Race::Applied).await
    }

    async fn write_scale(&self, mut w: Write<'_>, paths: Paths, make: Make<'_>, race: Race) -> Result<Answer, Status> {
        let how = strategy::of(w.place.kind, "");
        let reply = match self.replace(&mut w, how, make, race).await? {
            Reply::Object(stored) | Reply::Created(stored) => {
                Reply::Tree { value: scale_of(&stored.tree(), paths), code: 200 }
            }
            other => other,
        };
        Ok(Answer { reply, warnings: w.warnings })
    }
}
