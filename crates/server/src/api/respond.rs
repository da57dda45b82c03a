//! Answers as HTTP responses.
use super::{
    body::{self, Body},
    json,
    negotiate::Format,
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json as tree};
use skeg_model::{
    schema,
    status::Status,
    wire::{self, proto_encode},
};
use std::collections::BTreeSet;

pub const JSON: &str = "application/json";
pub const TEXT: &str = "text/plain; charset=utf-8";

/// What a path that nobody serves answers with.
pub fn not_found() -> Response<Body> {
    let mut response = text(404, "404 page not found\n");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub fn text(code: u16, content: impl Into<Bytes>) -> Response<Body> {
    with_type(code, TEXT, body::full(content))
}

pub fn with_type(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// JSON of a Status, without a newline.
pub fn status_line(status: &Status) -> Bytes {
    let mut line = b"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},".to_vec();
    line.extend_from_slice(&json::encode(status)[1..]);
    line.into()
}

/// A Status as the client wants it written.
pub fn status(status: &Status, format: Format) -> Response<Body> {
    let code = if status.code == 0 { 200 } else { status.code };
    let mut line = status_line(status).to_vec();
    line.push(b'\n');
    let mut response = formatted(code, line.into(), format);
    let wait = status.details.as_ref().map_or(0, |d| d.retry_after_seconds);
    if wait > 0 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// The same for who may not do what they ask: the text names what they asked for, and is to be shown as text.
pub fn refused(status: &Status, format: Format) -> Response<Body> {
    let mut response = self::status(status, format);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A tree that is not a stored object, in canonical order where its kind is known.
pub fn tree(code: u16, value: &Value, format: Format) -> Response<Body> {
    let mut line = canonical(value);
    line.push(b'\n');
    formatted(code, line.into(), format)
}

/// Canonical JSON of a tree that names its kind.
pub fn canonical(value: &Value) -> Vec<u8> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    match schema::by_kind(group, version, text("kind")) {
        Some(ty) => wire::encode(ty, value),
        None => wire::encode_untyped(value),
    }
}

/// One line of JSON in the wanted format.
pub fn formatted(code: u16, line: Bytes, format: Format) -> Response<Body> {
    match format {
        Format::Json { pretty: false } => with_type(code, JSON, body::full(line)),
        Format::Json { pretty: true } => with_type(code, JSON, body::full(json::pretty(&line))),
        Format::Protobuf => protobuf(code, line),
        Format::Yaml => {
            let value = serde_json::from_slice(&line).expect("answers are valid JSON of bounded depth");
            with_type(code, "application/yaml", body::full(wire::yaml::write(&value)))
        }
    }
}

/// An answer whose kind has no protobuf form stays JSON, as its content type says.
fn protobuf(code: u16, line: Bytes) -> Response<Body> {
    let value = serde_json::from_slice(&line).expect("answers are valid JSON of bounded depth");
    match proto_encode::encode(&value) {
        Some(encoded) => with_type(code, proto_encode::MEDIA_TYPE, body::full(encoded)),
        None => with_type(code, JSON, body::full(line)),
    }
}

/// Segments of JSON in the wanted format; compressed when large and `gzip`.
pub fn segments(
    code: u16,
    segments: impl Iterator<Item = Bytes> + Send + 'static,
    format: Format,
    gzip: bool,
) -> Response<Body> {
    if format != (Format::Json { pretty: false }) {
        let mut line = Vec::new();
        segments.for_each(|segment| line.extend_from_slice(&segment));
        return formatted(code, line.into(), format);
    }
    let (body, compressed) = body::from_segments(segments, gzip);
    let mut response = with_type(code, JSON, body);
    if compressed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    response
}

/// The server has too much to do; the client comes back after a second.
pub fn too_many_requests() -> Response<Body> {
    let mut response = text(429, "Too many requests, please try again later.\n");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Warnings of one answer together; longer ones are cut.
const WARNINGS_CHARS_MAX: usize = 4 * 1024;
/// A warning that was cut.
const WARNING_CUT_CHARS: usize = 256;

/// Adds each warning once. Where they are too long together, each is cut, and those that still do not fit are left out.
pub fn warn_all(response: &mut Response<Body>, warnings: &[String]) {
    for warning in fitting(warnings) {
        warn(response, warning);
    }
}

fn fitting(warnings: &[String]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let once: Vec<&str> = warnings.iter().map(String::as_str).filter(|w| !w.is_empty() && seen.insert(*w)).collect();
    if once.iter().map(|w| w.chars().count()).sum::<usize>() <= WARNINGS_CHARS_MAX {
        return once;
    }
    let cut = |w: &'_ str| w.char_indices().nth(WARNING_CUT_CHARS).map_or(w.len(), |(at, _)| at);
    let mut written = 0;
    let fits = |w: &&str| {
        let fits = written < WARNINGS_CHARS_MAX;
        written += w.chars().count();
        fits
    };
    once.into_iter().map(|w| &w[..cut(w)]).take_while(fits).collect()
}

/// Adds `Warning: 299 - "text"`; nothing for an empty text.
pub fn warn(response: &mut Response<Body>, warning: &str) {
    if warning.is_empty() {
        return;
    }
    let mut escaped = String::with_capacity(warning.len() + 8);
    for c in warning.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{escaped}\"").as_bytes()) {
        response.headers_mut().append(header::WARNING, value);
    }
}

/// The index of `/`.
pub fn index(paths: &[String]) -> Response<Body> {
    let document = json::encode(&tree!({ "paths": paths }));
    with_type(200, JSON, body::full(json::pretty(&document)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_once_and_cut_when_they_are_many() {
        let check = |warnings: &[&str], want: &[&str]| {
            let owned: Vec<String> = warnings.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(fitting(&owned), want);
        };
        check(&["a", "", "b", "a"], &["a", "b"]);
        let (long, cut) = ("x".repeat(4000), "x".repeat(WARNING_CUT_CHARS));
        let many: Vec<String> = (0..20).map(|i| format!("{i:03}{}", "y".repeat(300))).collect();
        check(&[&long, "b"], &[&long, "b"]);
        check(&[&long, &"z".repeat(97)], &[&cut, &"z".repeat(97)]);
        assert_eq!(fitting(&many).len(), WARNINGS_CHARS_MAX / WARNING_CUT_CHARS);
    }
}
