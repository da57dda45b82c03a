//! Discovery over HTTP: the two aggregated documents, asked for again only as far as their tags tell that they changed.
use super::{ANSWER_BYTES_MAX, RestTransport, collect};
use crate::discovery::{Discovered, RESYNC, Served, read_aggregated};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use parking_lot::Mutex;
use skeg_model::status::Status;
use std::sync::Arc;

const AGGREGATED: HeaderValue =
    HeaderValue::from_static("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
const PATHS: [&str; 2] = ["/api", "/apis"];

/// A document and the tag that it is revalidated by.
#[derive(Debug, Clone)]
struct Tagged {
    tag: HeaderValue,
    body: Bytes,
}

/// The last documents, and what they say.
#[derive(Debug, Default)]
pub(super) struct Cache {
    documents: Mutex<[Option<Tagged>; PATHS.len()]>,
    served: Mutex<Option<([Bytes; PATHS.len()], Arc<Served>)>>,
}

impl RestTransport {
    pub(super) async fn read_discovery(&self) -> Result<Discovered, Status> {
        let mut documents = [Bytes::new(), Bytes::new()];
        for (index, path) in PATHS.into_iter().enumerate() {
            documents[index] = self.document(index, path).await?;
        }
        let served = self.discovery.read(documents)?;
        Ok(Discovered { served, changed: Box::pin(tokio::time::sleep(RESYNC)) })
    }

    async fn document(&self, index: usize, path: &str) -> Result<Bytes, Status> {
        let known = self.discovery.documents.lock()[index].clone();
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, AGGREGATED)]);
        headers.extend(known.iter().map(|known| (header::IF_NONE_MATCH, known.tag.clone())));
        let response = self.raw(Method::GET, path, headers, Bytes::new()).await?;
        if let Some(known) = known.filter(|_| response.status() == StatusCode::NOT_MODIFIED) {
            return Ok(known.body);
        }
        let tag = response.headers().get(header::ETAG).cloned();
        let body = collect(response.into_body(), ANSWER_BYTES_MAX, self.timeout).await?;
        self.discovery.documents.lock()[index] = tag.map(|tag| Tagged { tag, body: body.clone() });
        Ok(body)
    }
}

impl Cache {
    /// The same documents are read once.
    fn read(&self, documents: [Bytes; PATHS.len()]) -> Result<Arc<Served>, Status> {
        let mut last = self.served.lock();
        if let Some((_, served)) = last.as_ref().filter(|(known, _)| *known == documents) {
            return Ok(served.clone());
        }
        let served = Arc::new(read_aggregated(&[&documents[0], &documents[1]])?);
        *last = Some((documents, served.clone()));
        Ok(served)
    }
}
