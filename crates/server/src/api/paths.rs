//! Everything that is not about resources: discovery, health, version, metrics, issuer documents, the index.
use super::{
    body::{self, Body},
    failure,
    handler::{Exchange, Server, bare},
    health::Endpoint as HealthEndpoint,
    json, metrics,
    negotiate::{self, Endpoint, Format, PRODUCES},
    openapi, respond,
};
use http::{HeaderValue, Method, Response, header};
use skeg_model::status::Status;
use std::{fmt::Write, sync::Arc};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers a path; 404 as plain text where there is nothing.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange) -> Response<Body> {
    let path = match exchange.info.path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    };
    let reads = matches!(exchange.method, Method::GET | Method::HEAD);
    let answered = match path {
        "/" | "/index.html" if reads => Ok(respond::index(&index(server))),
        "/version" => version(server, exchange),
        "/metrics" if reads => Ok(metrics_page(server).await),
        "/metrics/slis" if reads => Ok(slis(server)),
        "/.well-known/openid-configuration" => issuer(server, true),
        "/openid/v1/jwks" => issuer(server, false),
        "/openapi/v2" if reads => openapi::answer_v2(server, exchange).await,
        "/openapi/v3" if reads => openapi::answer(server, exchange, "").await,
        _ if reads && path.starts_with("/openapi/v3/") => {
            openapi::answer(server, exchange, &path["/openapi/v3/".len()..]).await
        }
        _ if path.starts_with("/openapi/v3/") => Ok(bare(404)),
        "/api" | "/apis" => groups(server, exchange, path),
        _ if path.starts_with("/api/") || path.starts_with("/apis/") => discovery(server, exchange, path),
        _ => return health(server, exchange, path).unwrap_or_else(respond::not_found),
    };
    answered.unwrap_or_else(|status| respond::status(&status, exchange.failure_format()))
}

fn version(server: &Server, exchange: &Exchange) -> Result<Response<Body>, Status> {
    negotiate::route_accepts(&exchange.headers, &["application/json"])?;
    let document = json::encode(&server.config.version);
    Ok(respond::with_type(200, respond::JSON, body::full(json::pretty(&document))))
}

fn issuer(server: &Server, configuration: bool) -> Result<Response<Body>, Status> {
    let Some(documents) = &server.config.openid else { return Ok(respond::not_found()) };
    let (content, kind) = if configuration {
        (documents.configuration.clone(), respond::JSON)
    } else {
        (documents.jwks.clone(), "application/jwk-set+json")
    };
    let mut response = respond::with_type(200, kind, body::full(content));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}

/// `/api` and `/apis`: the aggregated form for those who ask for it.
fn groups(server: &Server, exchange: &Exchange, path: &str) -> Result<Response<Body>, Status> {
    let clauses = negotiate::clauses(negotiate::text_of(&exchange.headers, header::ACCEPT));
    let aggregated =
        clauses.iter().find(|clause| clause.kind == "application" && clause.sub == "json").is_some_and(|clause| {
            let wants = |key, value| clause.param(key) == Some(value);
            wants("g", "apidiscovery.k8s.io") && wants("v", "v2") && wants("as", "APIGroupDiscoveryList")
        });
    if !aggregated {
        return document(server, exchange, path);
    }
    let tagged = if path == "/api" { &server.discovery.core_aggregated } else { &server.discovery.groups_aggregated };
    let unchanged = negotiate::text_of(&exchange.headers, header::IF_NONE_MATCH) == tagged.etag;
    let mut response =
        if unchanged { bare(304) } else { respond::with_type(200, AGGREGATED, body::full(tagged.body.clone())) };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tagged.etag).expect("an etag is hexadecimal"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    Ok(response)
}

fn discovery(server: &Server, exchange: &Exchange, path: &str) -> Result<Response<Body>, Status> {
    let group = path.strip_prefix("/apis/").map(|rest| rest.split('/').next().unwrap_or_default());
    if group.is_some_and(|group| group.is_empty() || !super::discovery::serves_group(group)) {
        return Ok(respond::not_found());
    }
    if server.discovery.document(path).is_none() {
        return Err(failure::no_such_resource());
    }
    negotiate::route_accepts(&exchange.headers, PRODUCES)?;
    document(server, exchange, path)
}

fn document(server: &Server, exchange: &Exchange, path: &str) -> Result<Response<Body>, Status> {
    if exchange.method != Method::GET {
        return Err(failure::method_not_allowed());
    }
    let wanted = negotiate::negotiate(&exchange.headers, &exchange.query, Endpoint::Plain)?;
    let content = server.discovery.document(path).ok_or_else(failure::no_such_resource)?.clone();
    if wanted.format != (Format::Json { pretty: false }) {
        return Ok(respond::formatted(200, content, wanted.format));
    }
    let gzip = body::takes_gzip(&exchange.headers);
    Ok(respond::segments(200, std::iter::once(content), wanted.format, gzip))
}

fn health(server: &Server, exchange: &Exchange, path: &str) -> Option<Response<Body>> {
    let (endpoint, check) = HealthEndpoint::ALL.into_iter().find_map(|endpoint| {
        let rest = path.strip_prefix('/')?.strip_prefix(endpoint.name())?;
        match rest {
            "" => Some((endpoint, None)),
            _ => Some((endpoint, Some(rest.strip_prefix('/')?))),
        }
    })?;
    let verdict = match check {
        None => server.config.health.all(endpoint, &exchange.query),
        Some(name) => server.config.health.one(endpoint, name)?,
    };
    let mut response = respond::text(verdict.code, verdict.text);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Some(response)
}

/// All paths that are served, sorted.
fn index(server: &Server) -> Vec<String> {
    let mut paths: Vec<String> = server.discovery.paths().map(str::to_owned).collect();
    paths.extend(
        ["/apis/", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version"]
            .map(str::to_owned),
    );
    if server.config.openid.is_some() {
        paths.extend(["/.well-known/openid-configuration", "/openid/v1/jwks"].map(str::to_owned));
    }
    for endpoint in HealthEndpoint::ALL {
        paths.push(format!("/{}", endpoint.name()));
        paths.extend(server.config.health.names(endpoint).iter().map(|check| format!("/{}/{check}", endpoint.name())));
    }
    paths.sort_unstable();
    paths
}

async fn metrics_page(server: &Arc<Server>) -> Response<Body> {
    let mut text = server.metrics.text();
    server.config.api.admission.write(&mut text);
    metrics::storage(&mut text, &server.config.api.config().store.stats());
    let version = &server.config.version;
    metrics::head(&mut text, "kubernetes_build_info", "gauge", "Version of this build");
    let _ = writeln!(
        text,
        "kubernetes_build_info{{build_date=\"{}\",compiler=\"{}\",git_commit=\"{}\",git_tree_state=\"{}\",git_version=\"{}\",go_version=\"{}\",major=\"{}\",minor=\"{}\",platform=\"{}\"}} 1",
        version.build_date,
        version.compiler,
        version.git_commit,
        version.git_tree_state,
        version.git_version,
        version.go_version,
        version.major,
        version.minor,
        version.platform
    );
    let facts = tokio::task::spawn_blocking(|| {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let boot = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        let boot = boot.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
        (stat, files, boot.unwrap_or(0.0))
    });
    if let Ok((stat, files, boot)) = facts.await {
        metrics::process(&mut text, &stat, files, boot);
    }
    respond::with_type(200, metrics::CONTENT_TYPE, body::full(text))
}

/// Health checks as gauges.
fn slis(server: &Server) -> Response<Body> {
    let mut text = String::new();
    metrics::head(&mut text, "kubernetes_healthcheck", "gauge", "Result of a health check: 1 when it passed");
    let records = server.config.health.records();
    for it in &records {
        let (name, endpoint, passes) = (&it.name, it.endpoint, u8::from(it.passes));
        let _ = writeln!(text, "kubernetes_healthcheck{{name=\"{name}\",type=\"{endpoint}\"}} {passes}");
    }
    metrics::head(&mut text, "kubernetes_healthchecks_total", "counter", "Results of a health check");
    for it in &records {
        for (status, count) in
            [("error", it.failed), ("success", it.passed)].into_iter().filter(|(_, count)| *count > 0)
        {
            let (name, endpoint) = (&it.name, it.endpoint);
            let _ = writeln!(
                text,
                "kubernetes_healthchecks_total{{name=\"{name}\",status=\"{status}\",type=\"{endpoint}\"}} {count}"
            );
        }
    }
    respond::with_type(200, metrics::CONTENT_TYPE, body::full(text))
}
