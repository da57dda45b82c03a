//! Prints the table as Rust.
use crate::schema::resolve::{Field, List, Ty, Type};
use std::{collections::BTreeMap, fmt::Write as _};

pub fn emit(types: &BTreeMap<String, Type>, version: &str) -> String {
    let mut out = format!(
        "//! Written by `cargo xtask schema` from upstream's modules {version}; not edited by hand.\n\
         use super::{{Field, ListKind, Presence, Strategy, Ty, Type, Union}};\n\
         use ListKind::{{Map as Keyed, Set}};\n\
         use Presence::{{Always, AlwaysPointer, OmitEmpty, OmitZero, Pointer}};\n\
         use Strategy::{{Merge, MergeRetainKeys, Replace, RetainKeys}};\n\
         use Ty::*;\n\
         use Union::{{Discriminator, Member}};\n\n"
    );
    for ty in types.values() {
        emit_type(&mut out, ty);
    }
    out.push_str("/// All types, sorted by name.\npub static TYPES: &[&Type] = &[\n");
    for ty in types.values() {
        let _ = writeln!(out, "    &{},", ident(&ty.name));
    }
    out.push_str("];\n");
    out
}

fn emit_type(out: &mut String, ty: &Type) {
    let gvk = match &ty.gvk {
        Some((group, version, kind)) => format!("Some((\"{group}\", \"{version}\", \"{kind}\"))"),
        None => "None".into(),
    };
    let _ = writeln!(
        out,
        "pub static {}: Type = Type {{\n    name: \"{}\", go: \"{}\", atomic: {}, group_version_kind: {gvk}, fields: &[",
        ident(&ty.name),
        ty.name,
        ty.go,
        ty.atomic
    );
    for field in &ty.fields {
        let _ = writeln!(out, "        {},", emit_field(field));
    }
    out.push_str("    ],\n};\n");
}

fn emit_field(field: &Field) -> String {
    let mut text = format!(
        "Field::new(\"{}\", \"{}\", {}, {}, {})",
        field.json,
        field.go,
        emit_ty(&field.ty),
        field.proto,
        field.presence
    );
    let quoted = |list: &[String]| list.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ");
    if !field.go_type.is_empty() {
        let _ = write!(text, ".go_type({:?})", field.go_type);
    }
    if !field.proto_in.is_empty() {
        let _ = write!(text, ".proto_in(&{:?})", field.proto_in);
    }
    if !field.embedded.is_empty() && field.embedded != "TypeMeta" {
        let _ = write!(text, ".embedded({:?})", field.embedded);
    }
    match &field.list {
        List::Atomic => {}
        List::Set => text.push_str(".list(Set)"),
        List::Map(keys) => {
            let _ = write!(text, ".list(Keyed(&[{}]))", quoted(keys));
        }
    }
    if field.map_atomic {
        text.push_str(".map_atomic()");
    }
    if field.strategy != "None" {
        let _ = write!(text, ".patch({}, {:?})", field.strategy, field.merge_key);
    }
    if !field.default.is_empty() {
        let _ = write!(text, ".default({:?})", field.default);
    }
    if !field.enumeration.is_empty() {
        let _ = write!(text, ".one_of(&[{}])", quoted(&field.enumeration));
    }
    if field.required {
        text.push_str(".required()");
    }
    for (is, call) in [
        (field.list_atomic, ".list_atomic()"),
        (field.map_granular, ".map_granular()"),
        (!field.documented, ".undocumented()"),
    ] {
        if is {
            text.push_str(call);
        }
    }
    if field.union != "None" {
        let _ = write!(text, ".union({})", field.union);
    }
    text
}

fn emit_ty(ty: &Ty) -> String {
    match ty {
        Ty::Leaf(leaf) => (*leaf).into(),
        Ty::Of(variant, name) => format!("{variant}(&{})", ident(name)),
        Ty::List(of) => format!("List(&{})", emit_ty(of)),
        Ty::Map(of) => format!("Map(&{})", emit_ty(of)),
    }
}

/// `io.k8s.api.core.v1.PodSpec` becomes `CORE_V1_POD_SPEC`.
fn ident(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let [.., group, version, ty] = parts.as_slice() else { return name.to_uppercase() };
    format!("{}_{}_{}", group.to_uppercase(), version.to_uppercase(), upper_snake(ty))
}

/// `CSIDriver` becomes `CSI_DRIVER`.
fn upper_snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && !chars[i - 1].is_uppercase();
        let before_lower = i > 0 && chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}
