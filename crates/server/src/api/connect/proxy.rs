//! `nodes/proxy`, `pods/proxy` and `services/proxy`: HTTP through the API server.
use super::{
    super::{
        body::Body,
        failure,
        handler::{Exchange, Server, bare},
    },
    backend::Backend,
    forward, kubelet, lookup,
    place::{self, Named},
};
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use skeg_client::streams;
use skeg_model::status::Status;
use std::sync::Arc;

/// # Errors
/// The Status to answer with.
pub async fn answer(
    server: &Arc<Server>,
    incoming: Request<Incoming>,
    exchange: &Exchange,
    resource: &str,
) -> Result<Response<Body>, Status> {
    let named = place::named(&exchange.info.name).ok_or_else(|| {
        let what = resource.strip_suffix('s').unwrap_or(resource);
        Status::bad_request(format!("invalid {what} request {}", failure::quoted(&exchange.info.name)))
    })?;
    let backend = backend(server, exchange, resource, &named).await?;
    let (path, query) = (incoming.uri().path(), incoming.uri().query().unwrap_or_default());
    if exchange.info.rest.is_empty() && !path.ends_with('/') && !streams::wants_upgrade(incoming.headers()) {
        return Ok(with_slash(path, query));
    }
    let path = target_path(path, query);
    if streams::wants_upgrade(incoming.headers()) {
        return forward::upgrade(server, incoming, &backend, &path).await;
    }
    let (parts, content) = incoming.into_parts();
    let request = forward::request(parts.method, &path, &parts.headers, forward::streamed(content))?;
    Ok(forward::relay(backend.send(server, request).await?))
}

async fn backend(
    server: &Arc<Server>,
    exchange: &Exchange,
    resource: &str,
    named: &Named<'_>,
) -> Result<Backend, Status> {
    let namespace = Some(exchange.info.namespace.as_str());
    let address = match resource {
        "nodes" => return kubelet(server, named.name).await,
        "pods" => place::pod_address(&lookup(server, "pods", namespace, named.name).await?, named.port)?,
        _ => {
            let service = if named.port.parse::<i64>().is_ok() {
                Some(lookup(server, "services", namespace, named.name).await?)
            } else {
                None
            };
            let endpoints = lookup(server, "endpoints", namespace, named.name).await.map_err(|status| {
                if status.is_not_found() { Status::not_found("", "services", named.name) } else { status }
            })?;
            let all =
                place::service_addresses(service.as_ref(), &endpoints, &exchange.info.name, named.name, named.port)?;
            let pick = usize::try_from(server.config.entropy.u64() % all.len() as u64).expect("an index of the list");
            all[pick]
        }
    };
    if named.https {
        return Err(Status::failure(
            501,
            "NotImplemented",
            "proxying to https backends of pods and services is not served",
        ));
    }
    Ok(Backend::plain(address))
}

/// What follows `/proxy` in the path as it came, with the query.
fn target_path(path: &str, query: &str) -> String {
    let rest = path.split_once("/proxy").map_or("/", |(_, rest)| rest);
    let rest = if rest.is_empty() { "/" } else { rest };
    if query.is_empty() { rest.to_owned() } else { format!("{rest}?{query}") }
}

/// Relative links of the proxied pages need the slash.
fn with_slash(path: &str, query: &str) -> Response<Body> {
    let location = if query.is_empty() { format!("{path}/") } else { format!("{path}/?{query}") };
    let mut response = bare(301);
    if let Ok(value) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_behind_the_proxy() {
        assert_eq!(target_path("/api/v1/nodes/n/proxy/a%2Fb/", "x=1"), "/a%2Fb/?x=1");
        assert_eq!(target_path("/api/v1/nodes/n/proxy", ""), "/");
    }
}
