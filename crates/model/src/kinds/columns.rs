//! What printers of all kinds share. Names, types and descriptions of columns are part of the API's answers, so they are
//! upstream's. Cells are made of the stored form.
use super::Column;
pub use super::column_doc::Doc;
use super::column_doc::Doc::{Field, Text};
use crate::{Value, meta::selector::LabelSelector};
use jiff::Timestamp;

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const NAME_DOC: Doc = Field(META, "name");
const CREATION_DOC: Doc = Field(META, "creationTimestamp");

/// `metadata.name`.
pub const NAME: Column = Column {
    name: "Name",
    ty: "string",
    format: "name",
    doc: NAME_DOC,
    priority: 0,
    cell: |object, _| text(object, "/metadata/name").into(),
};

/// How long ago the object was created.
pub const AGE: Column = column("Age", "string", CREATION_DOC, |object, now| {
    since(object["metadata"]["creationTimestamp"].as_str(), now).into()
});

/// Go's zero time where there is none, as in the rows of bookmarks.
const CREATED_AT: Column = column("Created At", "date", CREATION_DOC, |object, _| {
    object["metadata"]["creationTimestamp"].as_str().unwrap_or("0001-01-01T00:00:00Z").into()
});

/// Columns of kinds without a printer of their own.
pub const DEFAULT: &[Column] = &[NAME, CREATED_AT];

/// Columns of the scale subresource of any kind.
pub const SCALE: &[Column] = &[
    Column { format: "", ..NAME },
    column("Desired", "integer", Field("io.k8s.api.autoscaling.v1.ScaleSpec", "replicas"), |scale, _| {
        int(scale, "/spec/replicas").into()
    }),
    column("Available", "integer", Field("io.k8s.api.autoscaling.v1.ScaleStatus", "replicas"), |scale, _| {
        int(scale, "/status/replicas").into()
    }),
    AGE,
];

/// Columns that describe the pod template in `spec.template`.
pub const CONTAINERS: Column =
    wide("Containers", "string", Text("Names of each container in the template."), |object, _| {
        container_texts(&object["spec"]["template"]["spec"], "name")
    });
pub const IMAGES: Column =
    wide("Images", "string", Text("Images referenced by each container in the template."), |object, _| {
        container_texts(&object["spec"]["template"]["spec"], "image")
    });

/// A column that is always shown.
pub const fn column(name: &'static str, ty: &'static str, doc: Doc, cell: fn(&Value, Timestamp) -> Value) -> Column {
    Column { name, ty, format: "", doc, priority: 0, cell }
}

/// A column of wide output.
pub const fn wide(name: &'static str, ty: &'static str, doc: Doc, cell: fn(&Value, Timestamp) -> Value) -> Column {
    Column { name, ty, format: "", doc, priority: 1, cell }
}

/// Columns of a set of like pods, whose spec and status are the types of these names.
pub const fn of_replicas(
    spec: &'static str,
    status: &'static str,
    selector: fn(&Value, Timestamp) -> Value,
) -> [Column; 8] {
    [
        NAME,
        column("Desired", "integer", Field(spec, "replicas"), |set, _| int(set, "/spec/replicas").into()),
        column("Current", "integer", Field(status, "replicas"), |set, _| int(set, "/status/replicas").into()),
        column("Ready", "integer", Field(status, "readyReplicas"), |set, _| int(set, "/status/readyReplicas").into()),
        AGE,
        CONTAINERS,
        IMAGES,
        wide("Selector", "string", Field(spec, "selector"), selector),
    ]
}

/// The text at a pointer, "" where there is none.
pub fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The text at a pointer, or what stands for none.
pub fn text_or(object: &Value, pointer: &str, none: &str) -> Value {
    let found = text(object, pointer);
    if found.is_empty() { none.into() } else { found.into() }
}

/// The number at a pointer, 0 where there is none.
pub fn int(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// Elements of the list at a pointer.
pub fn items<'v>(object: &'v Value, pointer: &str) -> &'v [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text of every container of a pod spec, joined with commas.
pub fn container_texts(spec: &Value, field: &str) -> Value {
    let texts: Vec<&str> = items(spec, "/containers").iter().map(|c| c[field].as_str().unwrap_or_default()).collect();
    texts.join(",").into()
}

/// `labels.FormatLabels`: `a=b,c=d`, or `<none>`.
pub fn labels(map: &Value) -> Value {
    let pairs: Vec<String> =
        map.as_object().into_iter().flatten().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",").into() }
}

/// `metav1.FormatLabelSelector`.
pub fn selector(object: &Value) -> Value {
    match LabelSelector::from_object(object) {
        Err(_) => "<error>".into(),
        Ok(selector) => match selector.to_string() {
            text if text.is_empty() => "<none>".into(),
            text => text.into(),
        },
    }
}

/// The first three, and how many more.
pub fn first_three(texts: &[String]) -> String {
    if texts.len() > 3 { format!("{} + {} more...", texts[..3].join(","), texts.len() - 3) } else { texts.join(",") }
}

/// How long ago an RFC 3339 time was.
pub fn since(time: Option<&str>, now: Timestamp) -> String {
    match time.and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(then) => human_duration(now.duration_since(then).as_secs_f64()),
        None => "<unknown>".into(),
    }
}

/// A duration in the one or two units that matter at its size.
pub fn human_duration(duration_seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go truncates too; the range fits")]
    let seconds = duration_seconds as i64;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |big: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match () {
        () if seconds < -1 => "<invalid>".into(),
        () if seconds < 0 => "0s".into(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(hours / 24, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => two(hours / 24 / 365, 'y', (hours / 24) % 365, 'd'),
        () => format!("{}y", hours / 24 / 365),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kinds::Kind;

    /// Now in tests of printers: a day after 2026-01-01.
    pub const NOW: &str = "2026-01-02T00:00:00Z";

    /// The row of an object created a day ago.
    pub fn row(kind: &Kind, mut object: Value) -> Value {
        object["metadata"]["name"] = "x".into();
        object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        let now = NOW.parse().unwrap();
        kind.columns.iter().map(|column| (column.cell)(&object, now)).collect()
    }

    #[test]
    fn durations() {
        let check = |seconds: i32, want: &str| assert_eq!(human_duration(f64::from(seconds)), want);
        check(-5, "<invalid>");
        check(-1, "0s");
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(125, "2m5s");
        check(3600, "60m");
        check(3 * 3600 + 60, "3h1m");
        check(8 * 3600, "8h");
        check(49 * 3600, "2d1h");
        check(8 * 86400, "8d");
        check(2 * 365 * 86400, "2y");
        check(3 * 365 * 86400 + 86400, "3y1d");
        check(9 * 365 * 86400, "9y");
    }

    #[test]
    fn rows_of_kinds() {
        use crate::kinds::{deployment, endpoint_slice, endpoints, event_core, node, service};
        use serde_json::json;
        let check = |kind: &Kind, object: Value, want: Value| assert_eq!(row(kind, object), want);
        let template = json!({"spec": {"containers": [{"name": "a", "image": "i"}, {"name": "b", "image": "j"}]}});
        check(
            &deployment::KIND,
            json!({"spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template},
                "status": {"readyReplicas": 2, "updatedReplicas": 3}}),
            json!(["x", "2/3", 3, 0, "24h", "a,b", "i,j", "app=web"]),
        );
        check(
            &service::KIND,
            json!({"spec": {"type": "NodePort", "clusterIPs": ["10.0.0.1"], "selector": {"a": "b"},
                "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}, {"port": 53, "protocol": "UDP"}]}}),
            json!(["x", "NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP", "24h", "a=b"]),
        );
        check(
            &node::KIND,
            json!({"metadata": {"labels": {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "extra"}},
                "spec": {"unschedulable": true}, "status": {"conditions": [{"type": "Ready", "status": "False"}],
                "nodeInfo": {"kubeletVersion": "v1", "kernelVersion": "6.1", "architecture": "amd64"},
                "addresses": [{"type": "InternalIP", "address": "1.2.3.4"}]}}),
            json!([
                "x",
                "NotReady,SchedulingDisabled",
                "extra,worker",
                "24h",
                "v1",
                "1.2.3.4",
                "<none>",
                "<unknown>",
                "6.1 (amd64)",
                "<unknown>"
            ]),
        );
        check(
            &endpoints::KIND,
            json!({"subsets": [{"addresses": [{"ip": "1.1.1.1"}, {"ip": "::1"}], "ports": [{"port": 80}, {"port": 81}]}]}),
            json!(["x", "1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...", "24h"]),
        );
        check(
            &endpoint_slice::KIND,
            json!({"addressType": "IPv4", "endpoints": [{"addresses": ["1.1.1.1"]}]}),
            json!(["x", "IPv4", "<unset>", "1.1.1.1", "24h"]),
        );
        check(
            &event_core::KIND,
            json!({"type": "Normal", "reason": "R", "message": " m ", "involvedObject": {"kind": "Pod", "name": "p"},
                "lastTimestamp": "2026-01-01T23:59:00Z", "source": {"component": "c", "host": "h"}}),
            json!(["60s", "Normal", "R", "pod/p", "", "c, h", "m", "<unknown>", 1, "x"]),
        );
    }

    #[test]
    fn lists_are_cut_after_three() {
        let texts: Vec<String> = "abcd".chars().map(String::from).collect();
        assert_eq!(first_three(&texts), "a,b,c + 1 more...");
        assert_eq!(first_three(&texts[..2]), "a,b");
    }
}
