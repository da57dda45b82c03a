//! Turns declarations into the facts of the model's table: field types, presence, lists, patch strategies, defaults.
use crate::schema::go::{Body, Constant, Decl, FieldDecl, Imports, Package, marker, marker_all};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

const META: &str = "k8s.io/apimachinery/pkg/apis/meta/v1";

/// Kinds of meta/v1 that every group version serves; recorded under the core group, as upstream's clients send them.
const META_CORE_KINDS: &[&str] =
    &["DeleteOptions", "Status", "WatchEvent", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList"];
/// Kinds of the group `meta.k8s.io`.
const META_GROUP_KINDS: &[&str] = &["Table", "PartialObjectMetadata", "PartialObjectMetadataList"];
/// Types that nothing refers to but that the wire carries.
const META_LOOSE: &[&str] =
    &["ObjectMeta", "ListMeta", "LabelSelector", "Condition", "OwnerReference", "ManagedFieldsEntry"];

#[derive(Debug, Clone)]
pub struct Type {
    pub name: String,
    pub go: String,
    pub fields: Vec<Field>,
    pub atomic: bool,
    pub gvk: Option<(String, String, String)>,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub json: String,
    pub go: String,
    pub ty: Ty,
    /// Go's text of the type where it cannot be told from `ty`.
    pub go_type: String,
    pub proto: u16,
    /// Numbers of the embedded messages that hold the field in protobuf, outermost first.
    pub proto_in: Vec<u16>,
    /// Go names of the embedded structs that hold the field, joined by dots.
    pub embedded: String,
    pub presence: &'static str,
    pub list: List,
    pub map_atomic: bool,
    pub strategy: &'static str,
    pub merge_key: String,
    pub default: String,
    pub enumeration: Vec<String>,
    pub required: bool,
    pub list_atomic: bool,
    pub map_granular: bool,
    pub documented: bool,
    pub union: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// A variant of the model's `Ty` without content.
    Leaf(&'static str),
    /// A variant that holds a type: `Struct`, `SchemaOrArray`, …; the OpenAPI name.
    Of(&'static str, String),
    List(Box<Ty>),
    Map(Box<Ty>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    Atomic,
    Set,
    Map(Vec<String>),
}

/// A type expression, resolved.
struct Resolved {
    ty: Ty,
    go: String,
    enumeration: Vec<String>,
}

/// The embedded structs around a field.
#[derive(Debug, Clone)]
struct Inside {
    /// Their protobuf numbers; None inside a struct that protobuf leaves out.
    proto: Option<Vec<u16>>,
    names: Vec<String>,
}

/// All types that the kinds of `packages` reach, by OpenAPI name.
pub fn resolve(packages: &[Package]) -> Result<BTreeMap<String, Type>> {
    let world = World { packages: packages.iter().map(|p| (p.path.as_str(), p)).collect() };
    let mut queue: Vec<(&Package, String)> = Vec::new();
    for package in packages {
        let loose = META_CORE_KINDS.iter().chain(META_GROUP_KINDS).chain(META_LOOSE).map(|k| (*k).to_owned());
        let roots: BTreeSet<String> = if package.path == META { loose.collect() } else { package.kinds.clone() };
        queue.extend(roots.into_iter().filter(|kind| kind != "List").map(|kind| (package, kind)));
    }
    let mut types = BTreeMap::new();
    while let Some((package, name)) = queue.pop() {
        let full = format!("{}.{name}", package.model_prefix);
        if types.contains_key(&full) {
            continue;
        }
        let ty = world.type_of(package, &name).with_context(|| full.clone())?;
        for field in &ty.fields {
            if let Some(reached) = reached(&field.ty) {
                queue.push(world.by_model_name(reached)?);
            }
        }
        types.insert(full, ty);
    }
    Ok(types)
}

fn reached(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Leaf(_) => None,
        Ty::Of(_, name) => Some(name),
        Ty::List(of) | Ty::Map(of) => reached(of),
    }
}

struct World<'a> {
    packages: BTreeMap<&'a str, &'a Package>,
}

impl<'a> World<'a> {
    fn by_model_name(&self, full: &str) -> Result<(&'a Package, String)> {
        let (prefix, name) = full.rsplit_once('.').context("a model name has dots")?;
        let package = self.packages.values().find(|p| p.model_prefix == prefix).context("unknown package")?;
        Ok((package, name.into()))
    }

    fn type_of(&self, package: &'a Package, name: &str) -> Result<Type> {
        let decl = package.types.get(name).context("no such type")?;
        let mut fields = Vec::new();
        self.flatten(package, decl, &Inside { proto: Some(Vec::new()), names: Vec::new() }, &mut fields)?;
        Ok(Type {
            name: format!("{}.{name}", package.model_prefix),
            go: format!("{}.{name}", package.version),
            fields,
            atomic: marker(&decl.markers, "structType") == Some("atomic"),
            gvk: gvk(package, name),
        })
    }

    /// Appends the fields of a struct; embedded structs in place, as `encoding/json` orders them.
    fn flatten(&self, package: &'a Package, decl: &Decl, inside: &Inside, out: &mut Vec<Field>) -> Result<()> {
        let Body::Struct(fields) = &decl.body else { bail!("{} is not a struct", decl.name) };
        for field in fields {
            let json = field.tag("json").unwrap_or_default().split(',').next().unwrap_or_default();
            if field.name.is_none() && json.is_empty() {
                let (of, name) = self.locate(package, &decl.imports, &field.expr)?;
                let embedded = of.types.get(&name).with_context(|| format!("embedded {name}"))?;
                let number = proto_number(field);
                let mut deeper = inside.clone();
                deeper.names.push(name);
                deeper.proto = deeper.proto.filter(|_| number != 0);
                if let Some(path) = &mut deeper.proto {
                    path.push(number);
                }
                self.flatten(of, embedded, &deeper, out)?;
                continue;
            }
            if json == "-" || json.is_empty() {
                continue;
            }
            let type_name = field.expr.trim_start_matches('*').rsplit('.').next().unwrap_or_default();
            let name = field.name.as_deref().unwrap_or(type_name);
            let mut made = self.field(package, decl, name, json, field)?;
            match &inside.proto {
                Some(path) => made.proto_in.clone_from(path),
                None => made.proto = 0,
            }
            made.embedded = inside.names.join(".");
            out.push(made);
        }
        Ok(())
    }

    fn field(&self, package: &'a Package, decl: &Decl, name: &str, json: &str, field: &FieldDecl) -> Result<Field> {
        let pointer = field.expr.starts_with('*');
        let resolved = self
            .expr(package, &decl.imports, field.expr.trim_start_matches('*'))
            .with_context(|| format!("field {name} {}", field.expr))?;
        let options: Vec<&str> = field.tag("json").unwrap_or_default().split(',').skip(1).collect();
        let omit = options.contains(&"omitempty");
        let presence = match (pointer, omit, options.contains(&"omitzero")) {
            (true, false, false) => "AlwaysPointer",
            (true, ..) => "Pointer",
            (false, _, true) => "OmitZero",
            (false, true, _) => "OmitEmpty",
            (false, false, _) => "Always",
        };
        let marked = |word: &str| ["", "k8s:"].iter().any(|p| field.marker(&format!("{p}{word}")).is_some());
        let optional = if marked("optional") { true } else { omit && !marked("required") };
        Ok(Field {
            json: json.into(),
            go: name.into(),
            go_type: if resolved.go == derived(&resolved.ty) { String::new() } else { resolved.go },
            proto: proto_number(field),
            proto_in: Vec::new(),
            embedded: String::new(),
            presence,
            list: list(field),
            map_atomic: field.marker("mapType") == Some("atomic") || field.marker("structType") == Some("atomic"),
            strategy: strategy(field)?,
            merge_key: field.tag("patchMergeKey").unwrap_or_default().into(),
            default: default(package, field)?,
            enumeration: resolved.enumeration,
            required: !optional,
            list_atomic: list_type(field) == Some("atomic"),
            map_granular: ["mapType", "structType"].iter().any(|key| field.marker(key) == Some("granular")),
            documented: field.documented,
            union: match (marker(&decl.markers, "union"), field.marker("unionDiscriminator"), optional) {
                (Some(_), Some(_), _) => "Discriminator",
                (Some(_), None, true) => "Member",
                _ => "None",
            },
            ty: resolved.ty,
        })
    }

    /// Package and name that a plain type name means here.
    fn locate(&self, package: &'a Package, imports: &Imports, name: &str) -> Result<(&'a Package, String)> {
        let Some((alias, name)) = name.split_once('.') else { return Ok((package, name.into())) };
        let path = imports.get(alias).with_context(|| format!("import {alias}"))?;
        Ok((self.packages.get(path.as_str()).with_context(|| format!("package {path} is not read"))?, name.into()))
    }

    fn expr(&self, package: &'a Package, imports: &Imports, expr: &str) -> Result<Resolved> {
        let plain = |leaf, go: &str| Ok(Resolved { ty: Ty::Leaf(leaf), go: go.into(), enumeration: Vec::new() });
        if expr == "[]byte" {
            return plain("Bytes", "[]uint8");
        }
        if let Some(of) = expr.strip_prefix("[]") {
            let pointer = if of.starts_with('*') { "*" } else { "" };
            let of = self.expr(package, imports, of.trim_start_matches('*'))?;
            let go = format!("[]{pointer}{}", of.go);
            return Ok(Resolved { ty: Ty::List(Box::new(of.ty)), go, enumeration: of.enumeration });
        }
        if let Some(rest) = expr.strip_prefix("map[") {
            let (key, of) = rest.split_once(']').context("map type")?;
            let key = self.expr(package, imports, key)?;
            let of = self.expr(package, imports, of.trim_start_matches('*'))?;
            let go = format!("map[{}]{}", key.go, of.go);
            return Ok(Resolved { ty: Ty::Map(Box::new(of.ty)), go, enumeration: Vec::new() });
        }
        match expr {
            "string" => plain("String", expr),
            "bool" => plain("Bool", expr),
            "int32" => plain("Int32", expr),
            "int64" | "int" => plain("Int64", expr),
            "float64" => plain("Float64", expr),
            "interface{}" | "any" => plain("Json", "interface {}"),
            _ => self.named(package, imports, expr),
        }
    }

    /// Texts of the constants of a string type.
    fn values(&self, package: &'a Package, decl: &Decl) -> Result<BTreeSet<String>> {
        let text = |constant: &Constant| -> Result<String> {
            let name = match constant {
                Constant::Text(text) => return Ok(text.clone()),
                Constant::Ref(name) => name,
            };
            let (of, name) = self.locate(package, &decl.imports, name)?;
            constant_text(of, &name)
        };
        package.constants.get(&decl.name).into_iter().flat_map(|c| c.values()).map(text).collect()
    }

    fn named(&self, package: &'a Package, imports: &Imports, expr: &str) -> Result<Resolved> {
        let path = match expr.split_once('.') {
            Some((alias, _)) => imports.get(alias).with_context(|| format!("import {alias}"))?.as_str(),
            None => package.path.as_str(),
        };
        let name = expr.rsplit('.').next().unwrap_or_default();
        let go = format!("{}.{name}", path.rsplit('/').next().unwrap_or_default());
        if let Some(ty) = special(path, name) {
            return Ok(Resolved { ty, go, enumeration: Vec::new() });
        }
        let (of, name) = self.locate(package, imports, expr)?;
        let decl = of.types.get(&name).with_context(|| format!("type {name}"))?;
        match &decl.body {
            Body::Struct(_) => {
                let full = format!("{}.{name}", of.model_prefix);
                Ok(Resolved { ty: Ty::Of("Struct", full), go, enumeration: Vec::new() })
            }
            Body::Named(inner) => {
                let inner = self.expr(of, &decl.imports, inner)?;
                let mut enumeration = inner.enumeration;
                if marker(&decl.markers, "enum").is_some() {
                    enumeration = self.values(of, decl)?.into_iter().collect();
                }
                Ok(Resolved { ty: inner.ty, go, enumeration })
            }
        }
    }
}

/// Types with a JSON form of their own.
fn special(path: &str, name: &str) -> Option<Ty> {
    let extensions = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1";
    let schema = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
    Some(match (path, name) {
        ("k8s.io/apimachinery/pkg/api/resource", "Quantity") => Ty::Leaf("Quantity"),
        ("k8s.io/apimachinery/pkg/util/intstr", "IntOrString") => Ty::Leaf("IntOrString"),
        (META, "Time") => Ty::Leaf("Time"),
        (META, "MicroTime") => Ty::Leaf("MicroTime"),
        (META, "Duration") => Ty::Leaf("Duration"),
        (META, "FieldsV1") => Ty::Leaf("FieldsV1"),
        ("k8s.io/apimachinery/pkg/runtime", "RawExtension" | "Object") => Ty::Leaf("RawExtension"),
        ("k8s.io/apimachinery/pkg/types", _) => Ty::Leaf("String"),
        _ if path == extensions => match name {
            "JSON" => Ty::Leaf("Json"),
            "JSONSchemaPropsOrArray" => Ty::Of("SchemaOrArray", schema.into()),
            "JSONSchemaPropsOrBool" => Ty::Of("SchemaOrBool", schema.into()),
            "JSONSchemaPropsOrStringArray" => Ty::Of("SchemaOrStrings", schema.into()),
            _ => return None,
        },
        _ => return None,
    })
}

/// The Go text of a type as the model derives it.
fn derived(ty: &Ty) -> String {
    match ty {
        Ty::Leaf(leaf) => match *leaf {
            "Bool" => "bool",
            "Int32" => "int32",
            "Int64" => "int64",
            "Float64" => "float64",
            "String" => "string",
            "Bytes" => "[]uint8",
            "Quantity" => "resource.Quantity",
            "IntOrString" => "intstr.IntOrString",
            "RawExtension" => "runtime.RawExtension",
            "Json" => "v1.JSON",
            other => return format!("v1.{other}"),
        }
        .into(),
        Ty::Of("SchemaOrArray", _) => "v1.JSONSchemaPropsOrArray".into(),
        Ty::Of("SchemaOrBool", _) => "v1.JSONSchemaPropsOrBool".into(),
        Ty::Of("SchemaOrStrings", _) => "v1.JSONSchemaPropsOrStringArray".into(),
        Ty::Of(_, name) => {
            let mut parts = name.rsplit('.');
            let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            format!("{version}.{name}")
        }
        Ty::List(of) => format!("[]{}", derived(of)),
        Ty::Map(of) => format!("map[string]{}", derived(of)),
    }
}

fn gvk(package: &Package, name: &str) -> Option<(String, String, String)> {
    let of = |group: &str| Some((group.to_owned(), package.version.clone(), name.to_owned()));
    if package.path == META {
        return if META_CORE_KINDS.contains(&name) {
            of("")
        } else if META_GROUP_KINDS.contains(&name) {
            of("meta.k8s.io")
        } else {
            None
        };
    }
    package.kinds.contains(name).then(|| of(&package.group)).flatten()
}

fn proto_number(field: &FieldDecl) -> u16 {
    field.tag("protobuf").and_then(|tag| tag.split(',').nth(1)?.parse().ok()).unwrap_or(0)
}

fn list_type(field: &FieldDecl) -> Option<&str> {
    field.marker("listType").or_else(|| field.marker("k8s:listType"))
}

fn list(field: &FieldDecl) -> List {
    match list_type(field) {
        Some("set") => List::Set,
        Some("map") => List::Map(marker_all(&field.markers, "listMapKey").into_iter().map(Into::into).collect()),
        _ => List::Atomic,
    }
}

fn strategy(field: &FieldDecl) -> Result<&'static str> {
    Ok(match field.tag("patchStrategy") {
        None | Some("") => "None",
        Some("merge") => "Merge",
        Some("replace") => "Replace",
        Some("retainKeys") => "RetainKeys",
        Some("merge,retainKeys") => "MergeRetainKeys",
        Some(other) => bail!("patch strategy {other}"),
    })
}

/// The declared default as JSON text; `ref(Name)` is a string constant of the package.
fn default(package: &Package, field: &FieldDecl) -> Result<String> {
    let Some(value) = field.marker("default") else { return Ok(String::new()) };
    let Some(name) = value.strip_prefix("ref(").and_then(|v| v.strip_suffix(')')) else { return Ok(value.into()) };
    Ok(format!("\"{}\"", constant_text(package, name)?))
}

fn constant_text(package: &Package, name: &str) -> Result<String> {
    match package.constants.values().find_map(|c| c.get(name)) {
        Some(Constant::Text(text)) => Ok(text.clone()),
        _ => bail!("constant {name} has no text"),
    }
}
