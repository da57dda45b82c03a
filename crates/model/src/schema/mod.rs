//! One table of facts per API type and field. Codecs, patching, managed fields, OpenAPI and strict checking read it.
//!
//! The table in `table.rs` is written by `cargo xtask schema` and committed; this module names its shape and finds types.
mod lookup;
#[rustfmt::skip]
pub mod table;
mod text;

pub use lookup::{by_kind, by_name};
use std::borrow::Cow;
pub use table::TYPES;
pub use text::{Described, Descriptions};

/// A named API type, e.g. `io.k8s.api.core.v1.Pod`.
#[derive(Debug)]
pub struct Type {
    /// OpenAPI definition name, e.g. `io.k8s.api.core.v1.PodSpec`.
    pub name: &'static str,
    /// The Go type as upstream's error texts print it, e.g. `v1.PodSpec` (short name `PodSpec` after the dot).
    pub go: &'static str,
    /// Fields in the order of the Go struct, inlined structs already flattened.
    pub fields: &'static [Field],
    /// `x-kubernetes-map-type: atomic` on the type itself (e.g. `LabelSelector`, `ObjectReference`).
    pub atomic: bool,
    pub group_version_kind: Option<(&'static str, &'static str, &'static str)>,
}

/// One field of a [`Type`].
#[derive(Debug)]
pub struct Field {
    pub json: &'static str,
    /// Go field name as upstream prints it in decoding errors.
    pub go: &'static str,
    pub ty: Ty,
    /// Go's text of the type where [`Ty::go`] does not say it (`v1.PodPhase`); "" otherwise. Read through [`Field::go_ty`].
    pub go_type: &'static str,
    /// Number of the field in upstream's `generated.proto`; 0 where it has none.
    pub proto: u16,
    /// Numbers of the embedded messages that hold the field in protobuf, outermost first; JSON flattens them.
    pub proto_in: &'static [u16],
    /// Go names of the embedded structs that hold the field, joined by dots; decoding errors name them.
    pub embedded: &'static str,
    /// How Go's encoder treats the zero value.
    pub presence: Presence,
    pub list: ListKind,
    pub map_atomic: bool,
    /// `patchStrategy` of the struct tag.
    pub strategy: Strategy,
    /// `patchMergeKey` of the struct tag, "" where none.
    pub merge_key: &'static str,
    /// The declared default as JSON text, "" where none (`+default=`).
    pub default: &'static str,
    /// Allowed values where the Go type is a string enum that OpenAPI lists.
    pub enumeration: &'static [&'static str],
    /// In OpenAPI's `required`.
    pub required: bool,
    /// The list type is declared to be atomic, rather than left out.
    pub list_atomic: bool,
    /// The map type is declared to be granular, rather than left out.
    pub map_granular: bool,
    /// Upstream documents the field; OpenAPI writes references differently where not.
    pub documented: bool,
    pub union: Union,
}

/// A field's part in `x-kubernetes-unions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Union {
    None,
    /// Its value names the member that is set.
    Discriminator,
    Member,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Ty {
    Bool,
    Int32,
    Int64,
    Float64,
    String,
    /// Base64 text in JSON.
    Bytes,
    Quantity,
    IntOrString,
    /// RFC 3339, whole seconds.
    Time,
    /// RFC 3339 with six fractional digits.
    MicroTime,
    /// Go duration text, e.g. `1h0m0s`.
    Duration,
    /// `FieldsV1`: any JSON object, kept as it is.
    FieldsV1,
    /// `runtime.RawExtension`: any JSON object, kept as it is.
    RawExtension,
    /// `apiextensions.JSON`: any JSON value.
    Json,
    Struct(&'static Type),
    /// `JSONSchemaPropsOrArray`: a schema or a list of schemas.
    SchemaOrArray(&'static Type),
    /// `JSONSchemaPropsOrBool`.
    SchemaOrBool(&'static Type),
    /// `JSONSchemaPropsOrStringArray`.
    SchemaOrStrings(&'static Type),
    List(&'static Ty),
    /// String keys to values.
    Map(&'static Ty),
}

/// How Go's `encoding/json` treats the field's zero value, from its type and tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Written always, zero value included (no `omitempty`): `0`, `""`, `false`, `{}`; nil slices and maps as `null`.
    Always,
    /// A pointer without `omitempty`: nil is written as `null`.
    AlwaysPointer,
    /// A plain value with `omitempty`: zero value is left out. Structs without pointer ignore `omitempty` and are written (`{}`).
    OmitEmpty,
    /// A pointer with `omitempty`: absent means nil; a present zero value is written.
    Pointer,
    /// `omitzero`: a struct all of whose fields are zero is left out.
    OmitZero,
}

/// `x-kubernetes-list-type` with its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Not a list, or a list without a list type (atomic).
    Atomic,
    Set,
    Map(&'static [&'static str]),
}

/// `patchStrategy` of the struct tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    None,
    Merge,
    Replace,
    RetainKeys,
    MergeRetainKeys,
}

impl Field {
    /// A field without further facts; the table adds them by the methods below.
    pub(crate) const fn new(json: &'static str, go: &'static str, ty: Ty, proto: u16, presence: Presence) -> Self {
        Self {
            json,
            go,
            ty,
            go_type: "",
            proto,
            proto_in: &[],
            embedded: "",
            presence,
            list: ListKind::Atomic,
            map_atomic: false,
            strategy: Strategy::None,
            merge_key: "",
            default: "",
            enumeration: &[],
            required: false,
            list_atomic: false,
            map_granular: false,
            documented: true,
            union: Union::None,
        }
    }
    const fn go_type(mut self, text: &'static str) -> Self {
        self.go_type = text;
        self
    }
    const fn proto_in(mut self, path: &'static [u16]) -> Self {
        self.proto_in = path;
        self
    }
    const fn embedded(mut self, names: &'static str) -> Self {
        self.embedded = names;
        self
    }
    const fn list(mut self, kind: ListKind) -> Self {
        self.list = kind;
        self
    }
    const fn map_atomic(mut self) -> Self {
        self.map_atomic = true;
        self
    }
    const fn patch(mut self, strategy: Strategy, merge_key: &'static str) -> Self {
        self.strategy = strategy;
        self.merge_key = merge_key;
        self
    }
    const fn default(mut self, json: &'static str) -> Self {
        self.default = json;
        self
    }
    const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.enumeration = values;
        self
    }
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn list_atomic(mut self) -> Self {
        self.list_atomic = true;
        self
    }
    const fn map_granular(mut self) -> Self {
        self.map_granular = true;
        self
    }
    const fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }
    const fn union(mut self, part: Union) -> Self {
        self.union = part;
        self
    }

    /// The Go type as decoding errors print it.
    pub fn go_ty(&self) -> Cow<'static, str> {
        if self.go_type.is_empty() { self.ty.go() } else { Cow::Borrowed(self.go_type) }
    }
}

impl Ty {
    /// The Go type that this stands for where the field names no other.
    pub fn go(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::Quantity => "resource.Quantity",
            Self::IntOrString => "intstr.IntOrString",
            Self::Time => "v1.Time",
            Self::MicroTime => "v1.MicroTime",
            Self::Duration => "v1.Duration",
            Self::FieldsV1 => "v1.FieldsV1",
            Self::RawExtension => "runtime.RawExtension",
            Self::Json => "v1.JSON",
            Self::Struct(ty) => ty.go,
            Self::SchemaOrArray(_) => "v1.JSONSchemaPropsOrArray",
            Self::SchemaOrBool(_) => "v1.JSONSchemaPropsOrBool",
            Self::SchemaOrStrings(_) => "v1.JSONSchemaPropsOrStringArray",
            Self::List(of) => return Cow::Owned(format!("[]{}", of.go())),
            Self::Map(of) => return Cow::Owned(format!("map[string]{}", of.go())),
        })
    }
}

impl Type {
    /// The field with this JSON name.
    pub fn field(&self, json: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.json == json)
    }
}
