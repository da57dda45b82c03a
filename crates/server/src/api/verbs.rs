//! Requests about resources: route and method to a call, the call's reply to an answer.
use super::{
    body::{self, Body},
    failure,
    handler::{Exchange, Server},
    negotiate::{self, BodyFormat, Endpoint, LIST_PRODUCES, PRODUCES, Shape, Wanted},
    options,
    render::{Include, Renderer},
    respond,
    route::RequestInfo,
    watch,
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use skeg_model::{
    Value,
    kinds::{self, Kind, Subresource, Verb},
    request::{Body as CallBody, Call, Gvr, PatchKind, Reply, Target},
    status::Status,
    stored::Stored,
    wire::{self, proto_decode},
};
use std::{borrow::Cow, sync::Arc};

/// Largest body of a request; upstream's.
pub const BODY_MAX_BYTES: usize = 3 << 20;
/// So much of a body that is too large is read and dropped before the answer.
const OVERRUN_MAX_BYTES: usize = 256 << 10;
/// Subresources whose content is a stream to a node.
const STREAMS: &[&str] = &["attach", "exec", "log", "portforward", "proxy"];

/// What a request about a resource comes to.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub row: &'static Kind,
    pub version: &'static str,
    pub verb: Verb,
    pub subresource: Option<&'static Subresource>,
}

impl Plan {
    pub fn connects(&self) -> bool {
        self.subresource.is_some_and(|sub| STREAMS.contains(&sub.name()))
    }

    /// The kind that a body must be of.
    fn kind(&self) -> &'static str {
        match self.subresource {
            Some(Subresource::Named { kind, .. }) => kind,
            Some(Subresource::Scale { .. }) => "Scale",
            _ => self.row.kind,
        }
    }

    pub fn target(&self, info: &RequestInfo) -> Target {
        let gvr = Gvr {
            group: Cow::Borrowed(self.row.group),
            version: Cow::Borrowed(self.version),
            resource: Cow::Borrowed(self.row.resource),
        };
        let namespaced = self.row.namespaced() && !info.namespace.is_empty();
        Target {
            gvr,
            namespace: namespaced.then(|| info.namespace.clone()),
            name: info.names_object().then(|| info.name.clone()),
            subresource: self.subresource.map(|sub| Cow::Borrowed(sub.name())),
        }
    }
}

/// Finds row and verb.
///
/// # Errors
/// 404 for a path that no row has, 405 for a method that the path has not.
pub fn plan(method: &Method, info: &RequestInfo) -> Result<Plan, Status> {
    let missing = failure::no_such_resource;
    let row = kinds::by_resource(&info.group, &info.resource).ok_or_else(missing)?;
    let version = row.version(&info.version).ok_or_else(missing)?.name;
    let own_namespace = row.resource == "namespaces" && info.name == info.namespace;
    if !row.namespaced() && !info.namespace.is_empty() && !own_namespace {
        return Err(missing());
    }
    let subresource = match info.subresource.as_str() {
        "" => None,
        name => Some(row.subresource(name).ok_or_else(missing)?),
    };
    let homeless = row.namespaced() && info.namespace.is_empty();
    if (homeless && info.names_object())
        || (!info.rest.is_empty() && info.subresource != "proxy")
        || info.verb == "proxy"
    {
        return Err(missing());
    }
    let verb = verb(method, info).filter(|verb| {
        let served = subresource.map_or(row.verbs, |sub| sub.verbs());
        served.contains(verb) && (!homeless || matches!(verb, Verb::List | Verb::Watch))
    });
    Ok(Plan { row, version, verb: verb.ok_or_else(failure::method_not_allowed)?, subresource })
}

fn verb(method: &Method, info: &RequestInfo) -> Option<Verb> {
    if info.legacy_watch {
        return (*method == Method::GET).then_some(Verb::Watch);
    }
    let named = info.names_object();
    match (method.as_str(), named) {
        ("GET", true) => Some(Verb::Get),
        ("GET", false) if info.verb == "watch" => Some(Verb::Watch),
        ("GET", false) => Some(Verb::List),
        ("POST", _) if !named || !info.subresource.is_empty() => Some(Verb::Create),
        ("PUT", true) => Some(Verb::Update),
        ("PATCH", true) => Some(Verb::Patch),
        ("DELETE", true) => Some(Verb::Delete),
        ("DELETE", false) => Some(Verb::DeleteCollection),
        _ => None,
    }
}

/// What the route itself looks at, before any handler: the kind of a patch, and whether the client takes any answer.
///
/// # Errors
/// 406 or 415.
pub fn route(exchange: &Exchange, plan: &Plan) -> Result<Option<PatchKind>, Status> {
    let patch = (plan.verb == Verb::Patch).then(|| negotiate::patch_kind(&exchange.headers)).transpose()?;
    let lists = matches!(plan.verb, Verb::List | Verb::Watch);
    negotiate::route_accepts(&exchange.headers, if lists { LIST_PRODUCES } else { PRODUCES })?;
    Ok(patch)
}

/// Carries a planned request out; `patch` as [`route`] found it.
///
/// # Errors
/// The Status to answer with.
pub async fn answer(
    server: &Arc<Server>,
    body: &mut Incoming,
    exchange: &Exchange,
    plan: &Plan,
    patch: Option<PatchKind>,
) -> Result<Response<Body>, Status> {
    if plan.verb == Verb::Watch {
        return watch::answer(server, exchange, plan).await;
    }
    let endpoint = Endpoint::Resource { table: plan.row.stored };
    let wanted = negotiate::negotiate(&exchange.headers, &exchange.query, endpoint)?;
    let mut sent = Sent { body, bytes: 0 };
    let call = call(exchange, plan, patch, &mut sent).await?;
    if sent.bytes > 0 {
        server.metrics.body(plan.row, plan.verb, sent.bytes);
    }
    let target = plan.target(&exchange.info);
    let context = exchange.context(plan.verb);
    let mut answer = match server.config.api.call(&context, &target, call).await {
        Ok(answer) => answer,
        Err(status) => {
            let mut response = respond::status(&status, exchange.failure_format());
            respond::warn_all(&mut response, &context.refused.take());
            return Ok(response);
        }
    };
    let warnings = std::mem::take(&mut answer.warnings);
    let mut response = reply(server, exchange, plan, wanted, answer.reply)?;
    respond::warn_all(&mut response, &warnings);
    Ok(response)
}

/// What the client sends, and how much of it has been read.
struct Sent<'b> {
    body: &'b mut Incoming,
    bytes: usize,
}

async fn call(exchange: &Exchange, plan: &Plan, patch: Option<PatchKind>, sent: &mut Sent<'_>) -> Result<Call, Status> {
    let query = &exchange.query;
    Ok(match plan.verb {
        Verb::Get => Call::Get { resource_version: query.text("resourceVersion") },
        Verb::List | Verb::Watch => Call::List(options::list_options(query, false)?),
        Verb::Create => {
            let body = write_body(&exchange.headers, plan, sent).await?;
            Call::Create { body, options: options::write_options("CreateOptions", query, exchange.user_agent(), None)? }
        }
        Verb::Update => {
            let body = write_body(&exchange.headers, plan, sent).await?;
            Call::Update { body, options: options::write_options("UpdateOptions", query, exchange.user_agent(), None)? }
        }
        Verb::Patch => {
            let kind = patch.expect("a patch has its kind from the route");
            let bytes = read_body(sent).await?;
            let options = options::write_options("PatchOptions", query, exchange.user_agent(), patch)?;
            let body = if kind == PatchKind::Apply { CallBody::Yaml(bytes) } else { CallBody::Json(bytes) };
            Call::Patch { kind, body, options }
        }
        Verb::Delete => Call::Delete(delete_options(exchange, sent).await?),
        Verb::DeleteCollection => {
            let list = options::list_options(query, false)?;
            Call::DeleteCollection { list, options: delete_options(exchange, sent).await? }
        }
    })
}

async fn write_body(headers: &HeaderMap, plan: &Plan, sent: &mut Sent<'_>) -> Result<CallBody, Status> {
    let format = negotiate::body_format(headers)?;
    let bytes = read_body(sent).await?;
    Ok(match format {
        BodyFormat::Json => CallBody::Json(bytes),
        BodyFormat::Yaml => CallBody::Yaml(bytes),
        BodyFormat::Protobuf => {
            let refuse = |why: String| wire::unrecognised(plan.kind(), &bytes, &why);
            CallBody::Tree(proto_decode::decode(&bytes).map_err(|e| refuse(e.to_string()))?)
        }
    })
}

async fn delete_options(
    exchange: &Exchange,
    sent: &mut Sent<'_>,
) -> Result<skeg_model::request::DeleteOptions, Status> {
    let bytes = read_body(sent).await?;
    let format = if bytes.is_empty() { BodyFormat::Json } else { negotiate::body_format(&exchange.headers)? };
    options::delete_options(&exchange.query, &bytes, format)
}

/// The whole body, at most [`BODY_MAX_BYTES`]. Of a longer one a little more is taken, so that its sender reads the refusal.
async fn read_body(sent: &mut Sent<'_>) -> Result<Bytes, Status> {
    let mut whole = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = sent.body.frame().await {
        let frame = frame.map_err(|e| Status::bad_request(format!("unable to read the body of the request: {e}")))?;
        let Some(data) = frame.data_ref() else { continue };
        size += data.len();
        if size <= BODY_MAX_BYTES {
            whole.extend_from_slice(data);
        } else if size > BODY_MAX_BYTES + OVERRUN_MAX_BYTES {
            break;
        } else {
            whole.clear();
        }
    }
    sent.bytes = size;
    if size > BODY_MAX_BYTES { Err(failure::too_large(BODY_MAX_BYTES)) } else { Ok(whole.freeze()) }
}

fn reply(
    server: &Server,
    exchange: &Exchange,
    plan: &Plan,
    wanted: Wanted,
    reply: Reply,
) -> Result<Response<Body>, Status> {
    let include = match wanted.shape {
        Some((Shape::Table, _)) => Include::parse(exchange.query.first("includeObject").unwrap_or_default())?,
        _ => Include::Metadata,
    };
    let now = server.config.clock.now();
    let renderer = Renderer { kind: plan.row, version: plan.version, wanted, include, now, scale: false };
    let gzip = body::takes_gzip(&exchange.headers);
    Ok(match reply {
        Reply::Object(object) => respond::segments(200, renderer.object(&object)?.into_iter(), wanted.format, gzip),
        Reply::Created(object) => respond::segments(201, renderer.object(&object)?.into_iter(), wanted.format, gzip),
        Reply::List(list) => respond::segments(200, renderer.list(list)?, wanted.format, gzip),
        Reply::Tree { value, code } => tree(renderer, &value, code, gzip)?,
        Reply::Status(status) => respond::status(&status, wanted.format),
    })
}

/// Trees of the row's own kind and scales take every shape that stored objects take.
fn tree(renderer: Renderer, value: &Value, code: u16, gzip: bool) -> Result<Response<Body>, Status> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let scale = kind == "Scale";
    if renderer.wanted.shape.is_none() || (kind != renderer.kind.kind && !scale) {
        return Ok(respond::tree(code, value, renderer.wanted.format));
    }
    let renderer = Renderer { scale, ..renderer };
    let revision = revision(value);
    let mut value = value.clone();
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    let object = Stored::new(respond::canonical(&value).into(), revision);
    Ok(respond::segments(code, renderer.object(&object)?.into_iter(), renderer.wanted.format, gzip))
}

/// The revision that a tree names; 0 for one that was not stored.
fn revision(value: &Value) -> u64 {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str).and_then(|v| v.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::url::Query;

    fn check(line: &str, expected: &str) {
        let (method, url) = line.split_once(' ').unwrap();
        let (path, query) = url.split_once('?').map_or((url, None), |(p, q)| (p, Some(q)));
        let method: Method = method.parse().unwrap();
        let info = RequestInfo::parse(&method, path, &Query::parse(query)).unwrap();
        let got = match plan(&method, &info) {
            Ok(plan) => {
                let target = plan.target(&info);
                let sub = target.subresource.unwrap_or_default();
                let (ns, name) = (target.namespace.unwrap_or_default(), target.name.unwrap_or_default());
                format!("{} {ns}/{name}/{sub}", plan.verb.as_str())
            }
            Err(status) => status.code.to_string(),
        };
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn plans() {
        check("GET /api/v1/pods", "list //");
        check("GET /api/v1/pods?watch=true&fieldSelector=metadata.name%3Dx", "watch //");
        check("GET /api/v1/watch/namespaces/a/pods/x", "watch a/x/");
        check("GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx", "list a//");
        check("GET /api/v1/namespaces/a", "get /a/");
        check("PUT /api/v1/namespaces/a/finalize", "update /a/finalize");
        check("DELETE /api/v1/namespaces", "405");
        check("POST /api/v1/namespaces/a/pods/x/binding", "create a/x/binding");
        check("POST /api/v1/namespaces/a/pods/x", "405");
        check("POST /api/v1/pods", "405");
        check("HEAD /api/v1/namespaces/a/pods/x", "405");
        check("OPTIONS /api/v1/namespaces/a/pods", "405");
        check("GET /api/v1/pods/x", "404");
        check("GET /api/v1/namespaces/a/nodes", "404");
        check("GET /api/v1/namespaces/a/pods/x/scale", "404");
        check("GET /api/v1/namespaces/a/pods/x/status/y", "404");
        check("GET /apis/apps/v9/deployments", "404");
        check("GET /apis/apps/v1/namespaces/a/deployments/d/scale", "get a/d/scale");
        check("DELETE /api/v1/namespaces/a/pods", "deletecollection a//");
        check("GET /api/v1/nodes/n/proxy/a/b", "get /n/proxy");
    }
}
