//! Content negotiation: which form and format an answer takes, which format a body has.
use super::{failure, url::Query};
use http::{HeaderMap, header};
use skeg_model::{request::PatchKind, status::Status};

/// Media types in which objects are served, as the error texts list them.
const SUPPORTED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAMED: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
/// What a resource route can produce, as the router's error text lists it.
pub const PRODUCES: &[&str] = &["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
/// What the route of a list can produce, since a watch is asked for there too.
pub const LIST_PRODUCES: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json { pretty: bool },
    Yaml,
    Protobuf,
}

/// A form other than the object's own that the client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Table,
    PartialObject,
    PartialObjectList,
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub format: Format,
    /// The shape and the version of `meta.k8s.io` that it is written in.
    pub shape: Option<(Shape, &'static str)>,
}

/// What an endpoint can do beyond plain objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// A resource; `table` if it has columns.
    Resource {
        table: bool,
    },
    Watch,
    /// Discovery and the like.
    Plain,
}

/// One clause of an Accept header.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause<'a> {
    pub kind: &'a str,
    pub sub: &'a str,
    pub params: Vec<(&'a str, &'a str)>,
    q: f32,
}

impl<'a> Clause<'a> {
    pub fn param(&self, key: &str) -> Option<&'a str> {
        self.params.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let range = parts.next().filter(|r| !r.is_empty())?;
        let (kind, sub) = match range.split_once('/') {
            Some(pair) => pair,
            None if range == "*" => ("*", "*"),
            None => return None,
        };
        let mut clause = Self { kind: kind.trim(), sub: sub.trim(), params: Vec::new(), q: 1.0 };
        for (key, value) in parts.filter_map(|p| p.split_once('=')) {
            if key.trim() == "q" {
                // No number that has no place in an order.
                clause.q = value.trim().parse().ok().filter(|q: &f32| !q.is_nan()).unwrap_or(1.0);
            } else {
                clause.params.push((key.trim(), value.trim().trim_matches('"')));
            }
        }
        Some(clause)
    }

    /// Whether it asks for the object itself.
    pub fn is_plain(&self) -> bool {
        ["as", "g", "v"].iter().all(|key| self.param(key).is_none())
    }

    /// Weight first, then how exact the range is.
    fn rank(&self) -> (f32, usize) {
        (self.q, usize::from(self.kind != "*") + usize::from(self.sub != "*"))
    }

    fn matches(&self, sub: &str) -> bool {
        match (self.kind, self.sub) {
            ("*", "*") | ("application", "*") => true,
            ("application", exact) => exact == sub,
            _ => false,
        }
    }
}

/// Clauses by preference.
pub fn clauses(accept: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = accept.split(',').filter_map(Clause::parse).collect();
    clauses.sort_by(|a, b| b.rank().partial_cmp(&a.rank()).unwrap_or(std::cmp::Ordering::Equal));
    clauses
}

pub fn text_of(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Whether the answer is to be indented when it is JSON.
pub fn wants_pretty(headers: &HeaderMap, query: &Query) -> bool {
    if let Some(value) = query.first("pretty").filter(|v| !v.is_empty()) {
        return matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True");
    }
    let agent = text_of(headers, header::USER_AGENT);
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|prefix| agent.starts_with(prefix))
}

/// Chooses form and format.
///
/// # Errors
/// 406 when nothing that the client takes can be produced.
pub fn negotiate(headers: &HeaderMap, query: &Query, endpoint: Endpoint) -> Result<Wanted, Status> {
    let pretty = wants_pretty(headers, query);
    let accept = text_of(headers, header::ACCEPT);
    if accept.is_empty() {
        return Ok(Wanted { format: Format::Json { pretty }, shape: None });
    }
    choose(accept, pretty, endpoint).ok_or_else(|| {
        // Upstream asks for a watch as for a list first.
        let list = Endpoint::Resource { table: true };
        let as_list = endpoint == Endpoint::Watch && choose(accept, pretty, list).is_none();
        not_acceptable(if as_list { list } else { endpoint })
    })
}

fn choose(accept: &str, pretty: bool, endpoint: Endpoint) -> Option<Wanted> {
    let yaml_served = endpoint != Endpoint::Watch;
    for clause in clauses(accept) {
        let pretty = pretty || clause.param("pretty") == Some("1");
        let json = clause.matches("json").then_some(Format::Json { pretty });
        let yaml = (yaml_served && clause.matches("yaml")).then_some(Format::Yaml);
        let protobuf = endpoint != Endpoint::Plain && clause.matches("vnd.kubernetes.protobuf");
        for format in [json, yaml, protobuf.then_some(Format::Protobuf)].into_iter().flatten() {
            if let Some(shape) = allowed_shape(&clause, endpoint)
                && !(format == Format::Protobuf && matches!(shape, Some((Shape::Table, _))))
            {
                return Some(Wanted { format, shape });
            }
        }
    }
    None
}

pub fn not_acceptable(endpoint: Endpoint) -> Status {
    let types = if endpoint == Endpoint::Watch { STREAMED } else { SUPPORTED };
    failure::not_acceptable(format!("only the following media types are accepted: {types}"))
}

/// The shape that the clause asks for (None: the object itself); no answer if the endpoint does not do it.
fn allowed_shape(clause: &Clause<'_>, endpoint: Endpoint) -> Option<Option<(Shape, &'static str)>> {
    if clause.param("stream").is_some_and(|s| !s.is_empty() && s != "watch")
        || clause.param("sv").is_some_and(|v| !v.is_empty())
    {
        return None;
    }
    let (kind, group, version) = (clause.param("as"), clause.param("g"), clause.param("v"));
    if kind.is_none() && group.is_none() && version.is_none() {
        return Some(None);
    }
    let version = match version {
        Some("v1") => "v1",
        Some("v1beta1") => "v1beta1",
        _ => return None,
    };
    let table = matches!(endpoint, Endpoint::Resource { table: true } | Endpoint::Watch);
    let shape = match kind? {
        "Table" if table => Shape::Table,
        "PartialObjectMetadata" if endpoint != Endpoint::Plain => Shape::PartialObject,
        "PartialObjectMetadataList" if endpoint != Endpoint::Plain => Shape::PartialObjectList,
        _ => return None,
    };
    (group == Some("meta.k8s.io")).then_some(Some((shape, version)))
}

/// The router's own look at Accept, before any handler: exact types or `*/*`, parameters ignored.
///
/// # Errors
/// 406 that lists what the route produces.
pub fn route_accepts(headers: &HeaderMap, produces: &[&str]) -> Result<(), Status> {
    let accept = text_of(headers, header::ACCEPT);
    let accept = if accept.is_empty() { "*/*" } else { accept };
    let matches = accept.split(',').any(|range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        range == "*/*" || produces.contains(&range)
    });
    if matches {
        return Ok(());
    }
    let text = format!("406: Not Acceptable\n\nAvailable representations: {}", produces.join(", "));
    Err(failure::routed(406, "NotAcceptable", text))
}

/// Format of a body of create, update, delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    Json,
    Yaml,
    Protobuf,
}

/// # Errors
/// 415 for what is not read.
pub fn body_format(headers: &HeaderMap) -> Result<BodyFormat, Status> {
    match media_type(headers) {
        "" | "application/json" => Ok(BodyFormat::Json),
        "application/yaml" => Ok(BodyFormat::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(BodyFormat::Protobuf),
        _ => Err(failure::unsupported_media(format!(
            "the body of the request was in an unknown format - accepted media types include: {SUPPORTED}"
        ))),
    }
}

/// # Errors
/// 415, in the router's words.
pub fn patch_kind(headers: &HeaderMap) -> Result<PatchKind, Status> {
    match media_type(headers) {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchKind::Strategic),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        _ => Err(failure::routed(415, "UnsupportedMediaType", "415: Unsupported Media Type")),
    }
}

fn media_type(headers: &HeaderMap) -> &str {
    text_of(headers, header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Wanted = Wanted { format: Format::Json { pretty: false }, shape: None };

    fn check(accept: &str, expected: Option<Wanted>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        let got = negotiate(&headers, &Query::default(), Endpoint::Resource { table: true });
        assert_eq!(got.ok(), expected, "{accept}");
    }

    #[test]
    fn chooses_forms() {
        let json = Format::Json { pretty: false };
        let table = Some((Shape::Table, "v1"));
        check("*/*", Some(JSON));
        check("application/*", Some(JSON));
        check("text/html, application/json;q=0.5, */*;q=0.1", Some(JSON));
        let protobuf = Wanted { format: Format::Protobuf, shape: None };
        check("application/vnd.kubernetes.protobuf,application/json", Some(protobuf));
        check("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", None);
        check("application/yaml", Some(Wanted { format: Format::Yaml, shape: None }));
        check(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
            Some(Wanted { format: json, shape: table }),
        );
        check("application/json;as=Table;v=v9;g=meta.k8s.io", None);
        check("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Some(JSON));
        check("application/json;as=Odd;v=v1;g=meta.k8s.io", None);
    }

    #[test]
    fn the_router_takes_exact_types_only() {
        let check = |accept: &str, ok: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(route_accepts(&headers, PRODUCES).is_ok(), ok, "{accept}");
        };
        check("application/*", false);
        check("application/xml", false);
        check("application/json;as=Odd", true);
        check("text/html, */*;q=0.1", true);
    }
}
