//! `scale`: the replica count of a workload as an object of its own (autoscaling/v1 Scale).
use super::super::{
    Answer, Api, Context,
    apply::{self, Applied, Expected},
    codec, managed,
    patch::Patch,
    place::Place,
    strategy, tree,
    write::{Make, Race, Write, check_name, check_namespace, check_uid},
};
use serde_json::json;
use skeg_model::{
    Object, Value,
    kinds::{Subresource, Verb},
    meta::{field_error::Errors, selector::LabelSelector},
    patch::managed::Scaled,
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

/// The Scale of an object on its way through a write: its managed fields are those parts of the object's own that own the
/// count.
struct Scaling<'a> {
    place: Place<'a>,
    paths: Paths,
    api_version: String,
    versions: Vec<String>,
}

impl<'a> Scaling<'a> {
    fn new(place: Place<'a>, paths: Paths) -> Self {
        Self { place, paths, api_version: place.api_version(), versions: place.kind.api_versions() }
    }

    fn owners(&self) -> Scaled<'_> {
        let replicas = self.paths.spec.trim_start_matches('.');
        Scaled { replicas, api_version: &self.api_version, versions: &self.versions }
    }

    fn of(&self, parent: &Value) -> Value {
        let mut scale = scale_of(parent, self.paths);
        let owners = self.owners().to_scale(parent);
        if !owners.is_empty() {
            scale["metadata"]["managedFields"] = owners.into();
        }
        scale
    }

    /// Checks a Scale and puts its count into a copy of the parent. The Scale's version and uid are preconditions.
    fn put_into(&self, scale: &Value, parent: &Value) -> Result<Value, Status> {
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
        if replicas < 0 {
            let mut errors = Errors::new();
            errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
            return Err(errors.into_status("autoscaling", "Scale", tree::name(scale)));
        }
        let (wanted, uid) = (tree::text(scale, "/metadata/uid"), tree::text(parent, "/metadata/uid"));
        if !wanted.is_empty() && wanted != uid {
            let why = format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}");
            let (kind, resource) = (self.place.kind, format!("{}/scale", self.place.kind.resource));
            return Err(Status::conflict(kind.group, &resource, self.place.name, &why));
        }
        let mut new = parent.clone();
        let version = tree::text(scale, "/metadata/resourceVersion");
        tree::set_meta(&mut new, "resourceVersion", Some(version).filter(|it| !it.is_empty()).map(Value::from));
        let owners = self.owners().to_parent(parent, scale);
        tree::set_meta(&mut new, "managedFields", Some(owners).filter(|it| !it.is_empty()).map(Value::from));
        if let Some((holder, leaf)) = pointer(self.paths.spec).rsplit_once('/')
            && let Some(holder) = new.pointer_mut(holder).and_then(Value::as_object_mut)
        {
            holder.insert(leaf.to_owned(), replicas.into());
        }
        Ok(new)
    }
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
        let mut given = codec::decode_as(SCALE, &body, options.field_validation, &mut w.warnings)?;
        check_namespace(&mut given, &place)?;
        check_name(&given, &place)?;
        let scaling = Scaling::new(place, paths);
        let by = self.write(ctx, place, options);
        let mut make = |_: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            check_uid(&place, &given, old)?;
            let mut scale = given.clone();
            managed::on_scale(&by, SCALE, &scaling.of(old), &mut scale)?;
            scaling.put_into(&scale, old)
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
        let scaling = Scaling::new(place, paths);
        let by = self.write(ctx, place, options);
        let mut make = |warnings: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            let live = scaling.of(old);
            let mut scale = patch.apply(SCALE, &live, options.field_validation, warnings)?;
            check_namespace(&mut scale, &place)?;
            check_name(&scale, &place)?;
            managed::on_scale(&by, SCALE, &live, &mut scale)?;
            scaling.put_into(&scale, old)
        };
        self.write_scale(w, paths, &mut make, Race::Retried).await
    }

    /// The document is applied to the Scale, whose count the parent takes.
    async fn apply_scale(&self, w: Write<'_>, paths: Paths, body: Body) -> Result<Answer, Status> {
        let applied = Applied::read(body)?;
        let (place, options) = (w.place, w.options);
        let expected = Expected { ty: apply::schema_of(SCALE)?, api_version: "autoscaling/v1", kind: "Scale" };
        let writer = managed::writer(&w, &options.field_manager, "").of_scale();
        let scaling = Scaling::new(place, paths);
        let mut make = |warnings: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            applied.check(expected)?;
            let mut scale = apply::merge(expected, Some(&scaling.of(old)), applied.document(), writer, options.force)?;
            applied.warn(options.field_validation, warnings)?;
            check_namespace(&mut scale, &place)?;
            check_name(&scale, &place)?;
            scaling.put_into(&scale, old)
        };
        self.write_scale(w, paths, &mut make, Race::Applied).await
    }

    async fn write_scale(&self, mut w: Write<'_>, paths: Paths, make: Make<'_>, race: Race) -> Result<Answer, Status> {
        let how = strategy::of(w.place.kind, w.place.subresource);
        let done = self.replace(&mut w, how, make, race).await.map(|reply| match reply {
            Reply::Object(stored) | Reply::Created(stored) => {
                Reply::Tree { value: scale_of(&stored.tree(), paths), code: 200 }
            }
            other => other,
        });
        w.answer(done)
    }
}
