//! Objects, lists and watch events in the form that was asked for: as they are, as metadata only, as a Table.
//! Ready bytes are shared; only tables build trees.
use super::{
    failure, json,
    negotiate::{Shape, Wanted},
    respond,
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json as tree;
use skeg_model::{
    Value,
    kinds::{Column, Kind, columns},
    request::List,
    status::Status,
    stored::Stored,
};
use std::sync::Arc;

/// What the rows of a table carry of their objects (`includeObject`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    None,
    Metadata,
    Object,
}

impl Include {
    /// # Errors
    /// 400 for an unknown value.
    pub fn parse(text: &str) -> Result<Self, Status> {
        match text {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => Err(Status::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', 'Object', 'None', or empty",
                failure::quoted(other)
            ))),
        }
    }
}

/// Pieces of one object as it is written; some may be empty.
type Pieces = [Bytes; 4];

/// Pieces of one item of a list.
type Each = Box<dyn Fn(&Stored) -> Pieces + Send>;

/// How the objects of one request are written.
#[derive(Debug, Clone, Copy)]
pub struct Renderer {
    pub kind: &'static Kind,
    /// `apiVersion` of a list: that of the served version.
    pub version: &'static str,
    pub wanted: Wanted,
    pub include: Include,
    pub now: Timestamp,
    /// Objects are scales of the kind.
    pub scale: bool,
}

impl Renderer {
    fn api_version(&self) -> String {
        if self.kind.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.kind.group, self.version)
        }
    }

    fn columns(&self) -> &'static [Column] {
        match self.kind.columns {
            _ if self.scale => columns::SCALE,
            [] => columns::DEFAULT,
            own => own,
        }
    }

    /// Segments of one object's answer, newline included.
    ///
    /// # Errors
    /// 406 when a list's shape was asked for.
    pub fn object(&self, object: &Stored) -> Result<Vec<Bytes>, Status> {
        let mut segments = match self.wanted.shape {
            None => object.wire_parts().to_vec(),
            Some((Shape::PartialObject, version)) => partial(object, version).to_vec(),
            Some((Shape::Table, version)) => vec![self.table_of(object, version, true)],
            Some((Shape::PartialObjectList, _)) => {
                return Err(self.shape_mismatch("PartialObjectMetadataList", "not a list", ""));
            }
        };
        segments.push(Bytes::from_static(b"\n"));
        Ok(segments)
    }

    /// Segments of a list's answer, newline included; items are rendered as the connection takes them.
    ///
    /// # Errors
    /// 406 when an object's shape was asked for.
    pub fn list(self, list: List) -> Result<Box<dyn Iterator<Item = Bytes> + Send>, Status> {
        let meta = list_meta(&list);
        let (head, tail, each): (Bytes, &'static [u8], Each) = match self.wanted.shape {
            None => {
                let head = format!(
                    "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{meta},\"items\":[",
                    self.kind.kind,
                    self.api_version()
                );
                (head.into(), b"]}\n", Box::new(list_item))
            }
            Some((Shape::PartialObjectList, version)) => {
                let head = format!(
                    "{{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/{version}\",\"metadata\":{meta},\"items\":["
                );
                (head.into(), b"]}\n", Box::new(move |object| partial(object, version)))
            }
            Some((Shape::Table, version)) => {
                let head = self.table_head(&meta, version, true);
                (head, b"]}\n", Box::new(move |object| whole(self.row(object, version))))
            }
            Some((Shape::PartialObject, _)) => {
                return Err(self.shape_mismatch("PartialObjectMetadata", "a list", "List"));
            }
        };
        let items = list.items.into_iter().enumerate().flat_map(move |(i, item)| {
            let separator = (i > 0).then_some(Bytes::from_static(b","));
            separator.into_iter().chain(each(&item))
        });
        Ok(Box::new(std::iter::once(head).chain(items).chain([Bytes::from_static(tail)])))
    }

    /// One event's object.
    pub fn event(&self, object: &Stored, first: bool) -> Vec<Bytes> {
        match self.wanted.shape {
            None => object.wire_parts().to_vec(),
            Some((Shape::Table, version)) => vec![self.table_of(object, version, first)],
            Some((_, version)) => partial(object, version).to_vec(),
        }
    }

    fn shape_mismatch(&self, asked: &str, is: &str, suffix: &str) -> Status {
        let group = self.kind.hub().group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
        failure::not_acceptable(format!(
            "you requested {asked}, but the requested object is {is} (*{group}.{}{suffix})",
            self.kind.kind
        ))
    }

    fn table_of(&self, object: &Stored, version: &str, columns: bool) -> Bytes {
        let meta = format!("{{\"resourceVersion\":\"{}\"}}", object.revision());
        let mut out = self.table_head(&meta, version, columns).to_vec();
        out.extend_from_slice(&self.row(object, version));
        out.extend_from_slice(b"]}");
        out.into()
    }

    fn table_head(&self, meta: &str, version: &str, with_columns: bool) -> Bytes {
        let columns = if with_columns { json::encode(&definitions(self.columns())) } else { b"null".to_vec() };
        let mut head = format!(
            "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{version}\",\"metadata\":{meta},\"columnDefinitions\":"
        )
        .into_bytes();
        head.extend_from_slice(&columns);
        head.extend_from_slice(b",\"rows\":[");
        head.into()
    }

    fn row(&self, object: &Stored, version: &str) -> Bytes {
        let mut tree = object.tree();
        // Columns read the stored form.
        if let Some(version) = self.kind.version(self.version).filter(|_| self.kind.hub.is_some()) {
            (version.to_hub)(&mut tree);
        }
        let conditions = if self.scale { None } else { (self.kind.row_conditions)(&tree) };
        let cells: Vec<Value> = self.columns().iter().map(|column| (column.cell)(&tree, self.now)).collect();
        let mut out = b"{\"cells\":".to_vec();
        out.extend_from_slice(&json::encode(&cells));
        if let Some(conditions) = conditions {
            out.extend_from_slice(b",\"conditions\":");
            out.extend_from_slice(&json::encode(&conditions));
        }
        out.extend_from_slice(b",\"object\":");
        match self.include {
            Include::None => out.extend_from_slice(b"null"),
            Include::Metadata => partial(object, version).iter().for_each(|part| out.extend_from_slice(part)),
            Include::Object => object.wire_parts().iter().for_each(|part| out.extend_from_slice(part)),
        }
        out.push(b'}');
        out.into()
    }
}

fn definitions(columns: &[Column]) -> Vec<ColumnDefinition<'_>> {
    let definition = |c: &'_ Column| ColumnDefinition {
        name: c.name,
        ty: c.ty,
        format: c.format,
        description: c.doc.text(),
        priority: c.priority,
    };
    columns.iter().map(definition).collect()
}

#[derive(Serialize)]
struct ColumnDefinition<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    ty: &'a str,
    format: &'a str,
    description: &'a str,
    priority: u8,
}

/// An item of a typed list: without kind and apiVersion.
fn list_item(object: &Stored) -> Pieces {
    let [head, revision, tail] = object.wire_parts();
    match json::without_type(&head) {
        Some(rest) => [Bytes::from_static(b"{"), rest, revision, tail],
        None => [head, revision, tail, Bytes::new()],
    }
}

fn whole(bytes: Bytes) -> Pieces {
    [bytes, Bytes::new(), Bytes::new(), Bytes::new()]
}

/// The object as PartialObjectMetadata; its metadata is shared.
fn partial(object: &Stored, version: &str) -> Pieces {
    let head = match version {
        "v1" => {
            Bytes::from_static(b"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":")
        }
        other => {
            format!("{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{other}\",\"metadata\":").into()
        }
    };
    let metadata = json::member(&object.wire_json(), "metadata").unwrap_or(Bytes::from_static(b"{}"));
    [head, metadata, Bytes::from_static(b"}"), Bytes::new()]
}

fn list_meta(list: &List) -> String {
    let mut meta = format!("{{\"resourceVersion\":\"{}\"", list.resource_version);
    if !list.continue_token.is_empty() {
        meta.push_str(&format!(",\"continue\":\"{}\"", list.continue_token));
        if let Some(count) = list.remaining_item_count {
            meta.push_str(&format!(",\"remainingItemCount\":{count}"));
        }
    }
    meta.push('}');
    meta
}

/// The object that a bookmark carries: its kind and a resourceVersion.
pub fn bookmark(kind: &Kind, version: &str, revision: u64, initial_done: bool) -> Arc<Stored> {
    let api_version = if kind.group.is_empty() { version.to_owned() } else { format!("{}/{version}", kind.group) };
    let mut object = tree!({"kind": kind.kind, "apiVersion": api_version, "metadata": {}});
    if initial_done {
        object["metadata"]["annotations"] = tree!({"k8s.io/initial-events-end": "true"});
    }
    Arc::new(Stored::new(respond::canonical(&object).into(), revision))
}
