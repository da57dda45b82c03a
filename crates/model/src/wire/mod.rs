//! JSON and YAML in, canonical JSON and YAML out.
//!
//! [`read_body`] does all of it for a write. A body is parsed to [`Raw`] (keys in order, duplicates kept), checked against its [`Type`](crate::schema::Type) by
//! [`decode`] into a tree, and written back by [`encode`]. Stored bytes are only looked into by [`read_meta`] and
//! [`splice_resource_version`].
mod body;
mod decode;
mod encode;
pub mod json;
pub mod proto_decode;
pub mod proto_encode;
mod raw;
mod scan;
mod time_text;
mod unstructured;
pub mod yaml;
mod yaml_scalar;
mod yaml_write;

pub use body::{
    Accepted, Patched, patched_type, read_body, read_delete_options, read_internal, read_patched, unrecognised,
};
pub use decode::{Decoded, TypeError, decode, decode_tree};
pub use encode::{encode, encode_untyped};
pub use raw::Raw;
pub use scan::{read_meta, resource_version_parts, splice_resource_version};
pub use unstructured::convert as convert_unstructured;
