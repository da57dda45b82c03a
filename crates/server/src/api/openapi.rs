//! `/openapi/v2` and `/openapi/v3`: the index and the documents of the model, made when they are asked for.
use super::{
    body,
    body::Body,
    failure,
    handler::{Exchange, Server, bare},
    json,
    negotiate::{Clause, clauses, text_of},
    respond,
};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderValue, Response, header};
use serde_json::{Map, Value, json as tree};
use sha2::{Digest, Sha512};
use skeg_model::{openapi, schema::Descriptions, status::Status};
use std::{collections::BTreeMap, io::Write, sync::Arc};
use tokio::sync::Mutex;

/// What the index says of the documents. The documents themselves are made again for each request: clients keep them by
/// their hash, and so nothing stays in memory.
#[derive(Debug)]
pub struct OpenApi {
    /// By name, e.g. `apis/apps/v1`.
    hashes: BTreeMap<String, String>,
    /// Of the document in v2, whose tag all its formats share.
    v2_hash: String,
    /// Held while a document is made: a large one takes some megabytes on the way.
    making: Mutex<()>,
}

impl OpenApi {
    fn make() -> Self {
        let texts = Descriptions::load();
        let hash = |name: String| {
            let hash = hash_of(&json::encode(&openapi::document(&name, &texts)?));
            Some((name, hash))
        };
        Self {
            hashes: openapi::names().into_iter().filter_map(hash).collect(),
            v2_hash: hash_of(&json::encode(&openapi::v2::document(&texts))),
            making: Mutex::new(()),
        }
    }

    fn index(&self) -> Value {
        let entry =
            |(name, hash): (&String, &String)| (name.clone(), tree!({"serverRelativeURL": relative_url(name, hash)}));
        tree!({"paths": self.hashes.iter().map(entry).collect::<Map<_, _>>()})
    }

    /// What `make` makes, compressed if wanted.
    async fn content(
        &self,
        packed: bool,
        make: impl FnOnce(&Descriptions) -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Vec<u8>, Status> {
        let _one_at_a_time = self.making.lock().await;
        let make = move || {
            let content = make(&Descriptions::load());
            if packed { content.map(|content| gzip(&content)) } else { content }
        };
        let made = tokio::task::spawn_blocking(make).await.map_err(Status::internal)?;
        made.ok_or_else(|| Status::internal("a document of the index cannot be made"))
    }
}

fn hash_of(content: &[u8]) -> String {
    Sha512::digest(content).iter().map(|b| format!("{b:02X}")).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("writing to memory succeeds");
    encoder.finish().expect("writing to memory succeeds")
}

fn relative_url(name: &str, hash: &str) -> String {
    format!("/openapi/v3/{name}?hash={hash}")
}

/// Answers `/openapi/v3` (`name` is empty) or the document of a name.
///
/// # Errors
/// 406 for formats other than JSON; 500 when the documents cannot be made.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange, name: &str) -> Result<Response<Body>, Status> {
    let documents = documents(server).await?;
    if name.is_empty() {
        let mut line = json::encode(&documents.index());
        line.push(b'\n');
        return Ok(respond::text(200, line));
    }
    let Some(hash) = documents.hashes.get(name) else { return Ok(bare(404)) };
    let accept = text_of(&exchange.headers, header::ACCEPT);
    let json_wanted =
        |c: &super::negotiate::Clause<'_>| matches!((c.kind, c.sub), ("*", "*") | ("application", "*" | "json"));
    if !accept.is_empty() && !clauses(accept).iter().any(json_wanted) {
        return Err(failure::not_acceptable("only the following media types are accepted: application/json"));
    }
    let asked = exchange.query.first("hash");
    if asked.is_some_and(|asked| asked != hash) {
        let mut response = bare(301);
        let location = HeaderValue::try_from(relative_url(name, hash)).expect("hashes are hexadecimal");
        response.headers_mut().insert(header::LOCATION, location);
        return Ok(response);
    }
    let made = name.to_owned();
    let make = move |texts: &Descriptions| openapi::document(&made, texts).map(|document| json::encode(&document));
    let mut response = tagged(documents, exchange, hash, respond::JSON, make).await?;
    if asked.is_some() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
    }
    Ok(response)
}

/// Answers `/openapi/v2` as JSON or protobuf; 406 without text for other formats.
///
/// # Errors
/// 500 when the document cannot be made.
pub async fn answer_v2(server: &Arc<Server>, exchange: &Exchange) -> Result<Response<Body>, Status> {
    let accept = match text_of(&exchange.headers, header::ACCEPT) {
        "" => "*/*",
        accept => accept,
    };
    let Some(kind) = clauses(accept).iter().find_map(v2_format) else {
        let mut response = bare(406);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
        return Ok(response);
    };
    let documents = documents(server).await?;
    let make = move |texts: &Descriptions| {
        let document = openapi::v2::document(texts);
        Some(if kind == respond::JSON { json::encode(&document) } else { openapi::gnostic::encode(&document) })
    };
    tagged(documents, exchange, &documents.v2_hash, kind, make).await
}

/// The media type that answers a clause.
fn v2_format(clause: &Clause<'_>) -> Option<&'static str> {
    let asked = format!("{}/{}", clause.kind, clause.sub);
    let protobuf = [openapi::gnostic::MEDIA_TYPE, openapi::gnostic::OLD_MEDIA_TYPE];
    match clause.sub {
        _ if !matches!(clause.kind, "*" | "application") => None,
        "*" | "json" => Some(respond::JSON),
        _ => protobuf.contains(&asked.as_str()).then_some(openapi::gnostic::MEDIA_TYPE),
    }
}

async fn documents(server: &Arc<Server>) -> Result<&OpenApi, Status> {
    let make = || async { tokio::task::spawn_blocking(OpenApi::make).await.map_err(Status::internal) };
    server.openapi.get_or_try_init(make).await
}

/// A document under its tag; 304 for those who have it.
async fn tagged(
    documents: &OpenApi,
    exchange: &Exchange,
    hash: &str,
    kind: &'static str,
    make: impl FnOnce(&Descriptions) -> Option<Vec<u8>> + Send + 'static,
) -> Result<Response<Body>, Status> {
    let etag = HeaderValue::try_from(format!("\"{hash}\"")).expect("hashes are hexadecimal");
    let mut response = if exchange.headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        bare(304)
    } else {
        let packed = body::takes_gzip(&exchange.headers);
        let mut response = respond::with_type(200, kind, body::full(documents.content(packed, make).await?));
        if packed {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}
