//! PodTemplate: a template of pods kept by itself.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, Doc::Text, column},
    pod, prepare,
};
use crate::{
    Value,
    meta::{
        at::At,
        object_meta::{self, semantic_eq},
    },
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.PodTemplate")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |template, errors| {
        let root = At::root(template);
        pod::validate::template(&root.child("template"), errors);
    },
    validate_update: |new, old, errors| {
        object_meta::validate_update(new, old, errors);
        let root = At::root(new);
        pod::validate::template(&root.child("template"), errors);
    },
    prepare_create: prepare::first_generation,
    prepare_update: |new: &mut Value, old: &Value| {
        let changed = !semantic_eq(&new["template"], &old["template"]);
        prepare::next_generation(new, old, changed);
    },
    shows_deleted: true,
    ..Kind::new(
        "",
        "PodTemplate",
        "podtemplates",
        "podtemplate",
        Scope::Namespaced,
        "/registry/podtemplates/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Containers", "string", columns::CONTAINERS.doc, |template, _| {
        columns::container_texts(&template["template"]["spec"], "name")
    }),
    column("Images", "string", columns::IMAGES.doc, |template, _| {
        columns::container_texts(&template["template"]["spec"], "image")
    }),
    column("Pod Labels", "string", Text("The labels for the pod template."), |template, _| {
        columns::labels(&template["template"]["metadata"]["labels"])
    }),
];
