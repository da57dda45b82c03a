//! One table of facts per API type and field. Codecs, patching, managed fields, OpenAPI and strict checking read it.
//!
//! The table in `table.rs` is written by `cargo xtask schema` and committed; this module only names its shape.

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
    /// Union discriminators and the like are not recorded; upstream 1.36 serves none for built-in kinds that matter here.
    pub group_version_kind: Option<(&'static str, &'static str, &'static str)>,
}

/// One field of a [`Type`].
#[derive(Debug)]
pub struct Field {
    pub json: &'static str,
    /// Go field name as upstream prints it in decoding errors.
    pub go: &'static str,
    pub ty: Ty,
    /// Number of the field in upstream's `generated.proto`; 0 where it has none.
    pub proto: u16,
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
    List(&'static Ty),
    /// String keys to values.
    Map(&'static Ty),
}

/// How Go's `encoding/json` treats the field's zero value, from its type and tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Written always, zero value included (no `omitempty`): `0`, `""`, `false`, `{}`; nil slices, maps and pointers as `null`.
    Always,
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

impl Type {
    /// The field with this JSON name.
    pub fn field(&self, json: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.json == json)
    }
}
