//! `/openapi/v3`: the index and the documents of the model, kept compressed; made when first asked for.
use super::{
    body,
    body::Body,
    failure,
    handler::{Exchange, Server, bare},
    json,
    negotiate::{clauses, text_of},
    respond,
};
use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{HeaderValue, Response, header};
use serde_json::{Map, Value, json as tree};
use sha2::{Digest, Sha512};
use skeg_model::{openapi, status::Status};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

/// A document by its hash, gzip.
#[derive(Debug)]
struct Document {
    hash: String,
    packed: Bytes,
}

/// All documents by name, e.g. `apis/apps/v1`.
#[derive(Debug)]
pub struct OpenApi(BTreeMap<String, Document>);

impl OpenApi {
    fn make() -> Self {
        let document = |name: String| {
            let content = json::encode(&openapi::document(&name)?);
            let hash = Sha512::digest(&content).iter().map(|b| format!("{b:02X}")).collect();
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&content).expect("writing to memory succeeds");
            let packed = encoder.finish().expect("writing to memory succeeds").into();
            Some((name, Document { hash, packed }))
        };
        Self(openapi::names().into_iter().filter_map(document).collect())
    }

    fn index(&self) -> Value {
        let entry = |(name, document): (&String, &Document)| {
            let url = relative_url(name, &document.hash);
            (name.clone(), tree!({"serverRelativeURL": url}))
        };
        tree!({"paths": self.0.iter().map(entry).collect::<Map<_, _>>()})
    }
}

fn relative_url(name: &str, hash: &str) -> String {
    format!("/openapi/v3/{name}?hash={hash}")
}

/// Answers `/openapi/v3` (`name` is empty) or the document of a name.
///
/// # Errors
/// 406 for formats other than JSON; 500 when the documents cannot be made.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange, name: &str) -> Result<Response<Body>, Status> {
    let make = || async { tokio::task::spawn_blocking(OpenApi::make).await.map_err(Status::internal) };
    let documents = server.openapi.get_or_try_init(make).await?;
    if name.is_empty() {
        let mut line = json::encode(&documents.index());
        line.push(b'\n');
        return Ok(respond::text(200, line));
    }
    let Some(document) = documents.0.get(name) else { return Ok(bare(404)) };
    let accept = text_of(&exchange.headers, header::ACCEPT);
    let json_wanted =
        |c: &super::negotiate::Clause<'_>| matches!((c.kind, c.sub), ("*", "*") | ("application", "*" | "json"));
    if !accept.is_empty() && !clauses(accept).iter().any(json_wanted) {
        return Err(failure::not_acceptable("only the following media types are accepted: application/json"));
    }
    match exchange.query.first("hash") {
        Some(hash) if hash != document.hash => {
            let mut response = bare(301);
            let location = HeaderValue::try_from(relative_url(name, &document.hash)).expect("hashes are hexadecimal");
            response.headers_mut().insert(header::LOCATION, location);
            Ok(response)
        }
        hash => Ok(send(exchange, document, hash.is_some())),
    }
}

fn send(exchange: &Exchange, document: &Document, immutable: bool) -> Response<Body> {
    let etag = HeaderValue::try_from(format!("\"{}\"", document.hash)).expect("hashes are hexadecimal");
    let unchanged = exchange.headers.get(header::IF_NONE_MATCH) == Some(&etag);
    let gzip = body::takes_gzip(&exchange.headers);
    let mut response = if unchanged {
        bare(304)
    } else if gzip {
        respond::with_type(200, respond::JSON, body::full(document.packed.clone()))
    } else {
        respond::with_type(200, respond::JSON, body::full(unpacked(&document.packed)))
    };
    let headers = response.headers_mut();
    if gzip && !unchanged {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::ETAG, etag);
    if immutable {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
    }
    response
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut content).expect("this process packed it");
    content
}
