//! Values printed as Go prints them in error texts.
use crate::{
    Value,
    schema::{self, Field, Presence, Ty, Type},
    wire,
};
use std::fmt::Write;

/// A value as `field.Error` shows it.
pub trait GoValue {
    fn go(&self) -> String;
}

impl GoValue for &str {
    fn go(&self) -> String {
        quote(self)
    }
}

impl GoValue for String {
    fn go(&self) -> String {
        quote(self)
    }
}

impl GoValue for &String {
    fn go(&self) -> String {
        quote(self)
    }
}

impl GoValue for i64 {
    fn go(&self) -> String {
        self.to_string()
    }
}

impl GoValue for usize {
    fn go(&self) -> String {
        self.to_string()
    }
}

impl GoValue for bool {
    fn go(&self) -> String {
        self.to_string()
    }
}

impl GoValue for &Value {
    fn go(&self) -> String {
        match self {
            Value::String(text) => quote(text),
            other => json(other),
        }
    }
}

/// Text that is already in its printed form.
#[derive(Debug)]
pub struct Printed(pub String);

impl GoValue for Printed {
    fn go(&self) -> String {
        self.0.clone()
    }
}

/// `%q`: a Go string literal.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_unprintable(c) => {
                let code = u32::from(c);
                let _ = if code < 0x1_0000 { write!(out, "\\u{code:04x}") } else { write!(out, "\\U{code:08x}") };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Control, format and space characters (other than the plain space) that `strconv.Quote` escapes.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}')
}

/// `json.Marshal`: compact, HTML characters escaped.
pub fn json(value: &Value) -> String {
    let plain = value.to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return plain;
    }
    let mut out = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// `json.Marshal` of upstream's internal form of a type: Go's field names in the order of the struct, nothing left out.
/// Types of apimachinery keep their JSON names there.
pub fn internal(type_name: &str, value: &Value) -> String {
    let mut out = String::new();
    match schema::by_name(type_name) {
        Some(ty) => write_struct(ty, value, &mut out),
        None => out.push_str(&json(value)),
    }
    out
}

/// [`internal`] as `json.MarshalIndent` with one space writes it.
pub fn internal_pretty(type_name: &str, value: &Value) -> String {
    let hosted = pod_spec_with_host_fields(type_name, value);
    indent(&internal(type_name, hosted.as_ref().unwrap_or(value)))
}

const POD_SPEC: &str = "io.k8s.api.core.v1.PodSpec";
/// Fields of the pod's spec that the internal form keeps in its security context.
const HOST_FIELDS: [&str; 5] = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/// Types whose internal form has another order than the served one, by Go names.
const INTERNAL_ORDER: &[(&str, &str)] = &[
    (
        POD_SPEC,
        "Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds \
         ActiveDeadlineSeconds DNSPolicy NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName \
         SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations \
         HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead \
         EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride \
         SchedulingGroup",
    ),
    (
        "io.k8s.api.core.v1.PodSecurityContext",
        "HostNetwork HostPID HostIPC ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup \
         RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile \
         AppArmorProfile SELinuxChangePolicy",
    ),
    (
        "io.k8s.api.core.v1.Volume",
        "Name HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs \
         PersistentVolumeClaim RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap \
         VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image",
    ),
];

/// A pod's spec with its host fields in the security context; None for other types.
fn pod_spec_with_host_fields(type_name: &str, value: &Value) -> Option<Value> {
    if type_name != POD_SPEC {
        return None;
    }
    let mut spec = value.clone();
    let context = &mut spec["securityContext"];
    if !context.is_object() {
        *context = Value::Object(crate::Object::new());
    }
    for field in HOST_FIELDS {
        if let Some(moved) = value.get(field) {
            context[field] = moved.clone();
        }
    }
    Some(spec)
}

/// Fields of the internal form of a type, in its order.
fn internal_fields(ty: &'static Type) -> Vec<&'static Field> {
    let Some((_, order)) = INTERNAL_ORDER.iter().find(|(name, _)| *name == ty.name) else {
        return ty.fields.iter().collect();
    };
    let spec = schema::by_name(POD_SPEC).map_or(&[][..], |spec| spec.fields);
    order.split_whitespace().filter_map(|name| ty.fields.iter().chain(spec).find(|field| field.go == name)).collect()
}

fn write_struct(ty: &'static Type, value: &Value, out: &mut String) {
    if !ty.name.starts_with("io.k8s.api.") {
        out.push_str(&canonical(ty, value));
        return;
    }
    out.push('{');
    let start = out.len();
    for field in internal_fields(ty) {
        if out.len() > start {
            out.push(',');
        }
        if let ("ObjectMeta", Ty::Struct(meta)) = (field.go, &field.ty) {
            // Embedded: its own members stand here.
            let members = canonical(meta, value.get(field.json).unwrap_or(&Value::Null));
            out.push_str(&members[1..members.len() - 1]);
            continue;
        }
        let _ = write!(out, "\"{}\":", field.go);
        let pointer = matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer);
        write_value(&field.ty, value.get(field.json).unwrap_or(&Value::Null), pointer, out);
    }
    out.push('}');
}

/// Types of apimachinery are the same in both forms.
fn canonical(ty: &Type, value: &Value) -> String {
    String::from_utf8_lossy(&wire::encode(ty, value)).into_owned()
}

/// One field of [`internal`]'s form, as `field.Error` shows it: texts quoted, all else as JSON.
pub fn internal_field(type_name: &str, field: &str, value: &Value) -> String {
    let known = schema::by_name(type_name).and_then(|ty| ty.field(field));
    let Some(known) = known else { return json(value) };
    if let Some(text) = value.as_str() {
        return quote(text);
    }
    let mut out = String::new();
    let pointer = matches!(known.presence, Presence::Pointer | Presence::AlwaysPointer);
    write_value(&known.ty, value, pointer, &mut out);
    out
}

fn write_value(ty: &Ty, value: &Value, pointer: bool, out: &mut String) {
    match (ty, value) {
        (Ty::Struct(ty), Value::Object(_)) => write_struct(ty, value, out),
        (Ty::Struct(ty), Value::Null) if !pointer => write_struct(ty, value, out),
        (Ty::List(inner), Value::Array(items)) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(inner, item, false, out);
            }
            out.push(']');
        }
        (Ty::Bool, Value::Null) if !pointer => out.push_str("false"),
        (Ty::Int32 | Ty::Int64 | Ty::Float64 | Ty::IntOrString, Value::Null) if !pointer => out.push('0'),
        (Ty::Quantity, Value::Null) if !pointer => out.push_str("\"0\""),
        (Ty::String, Value::Null) if !pointer => out.push_str("\"\""),
        (_, other) => out.push_str(&json(other)),
    }
}

/// Compact JSON with line breaks and one space for each level; strings are left alone.
fn indent(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = compact.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
    };
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                out.push(c);
                in_string = true;
            }
            c => out.push(c),
        }
    }
    out
}

/// `%#v` of a `[]string`.
pub fn string_slice(items: &[&str]) -> String {
    let quoted: Vec<String> = items.iter().map(|s| quote(s)).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_go_does() {
        let check = |text: &str, want: &str| assert_eq!(quote(text), want);
        check("a\"b\\c", r#""a\"b\\c""#);
        check("\n\t\u{1}\u{7f}", r#""\n\t\x01\x7f""#);
        check("né\u{200b}", "\"né\\u200b\"");
        assert_eq!(json(&serde_json::json!({"a": "<&>"})), r#"{"a":"\u003c\u0026\u003e"}"#);
        assert_eq!(
            internal("io.k8s.api.core.v1.Taint", &serde_json::json!({"key": "a", "effect": "NoSchedule"})),
            r#"{"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}"#
        );
        assert_eq!(string_slice(&["a", "b"]), r#"[]string{"a", "b"}"#);
    }
}
