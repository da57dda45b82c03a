//! From answers to values: objects become `Stored` as they came, less their resourceVersion; lists are cut, not parsed.
use super::{ERROR_TEXT_BYTES_MAX, slice};
use bytes::Bytes;
use http::StatusCode;
use skeg_model::{
    Value,
    request::{List, Reply, WatchEvent},
    status::Status,
    stored::Stored,
};
use std::{ops::Range, sync::Arc};

/// Ends the initial events of a watch-list (KEP-3157).
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

pub(super) fn not_understood(error: &serde_json::Error) -> Status {
    Status::internal(format!("the server's answer is not understood: {error}"))
}

/// What a successful call answered.
pub(super) fn reply(code: StatusCode, body: Bytes) -> Result<Reply, Status> {
    let body = slice::compact(body).map_err(|e| not_understood(&e))?;
    let top = Top::of(&body);
    if top.kind == "Status" && top.api_version == "v1" {
        return status(&body);
    }
    if let Some(items) = top.items.clone().filter(|_| top.kind.ends_with("List")) {
        return Ok(Reply::List(list(&body, &top, items)));
    }
    match object(&body, 0..body.len(), "", "") {
        (_, 0) => {
            let value = serde_json::from_slice(&body).map_err(|e| not_understood(&e))?;
            Ok(Reply::Tree { value, code: code.as_u16() })
        }
        (bytes, revision) => {
            let stored = Arc::new(Stored::new(bytes, revision));
            Ok(if code == StatusCode::CREATED { Reply::Created(stored) } else { Reply::Object(stored) })
        }
    }
}

fn status(body: &[u8]) -> Result<Reply, Status> {
    // A Success answer may leave out its code.
    let mut value: Value = serde_json::from_slice(body).map_err(|e| not_understood(&e))?;
    if value.get("code").is_none() {
        value["code"] = 200.into();
    }
    let status: Status = serde_json::from_value(value).map_err(|e| not_understood(&e))?;
    if status.status == "Failure" { Err(status) } else { Ok(Reply::Status(status)) }
}

/// The Status of an answer that is an error, made up as client-go does where a proxy or the TLS layer answered.
pub(super) fn failure(code: StatusCode, body: &[u8]) -> Status {
    if let Ok(status) = serde_json::from_slice::<Status>(body)
        && status.status == "Failure"
    {
        return status;
    }
    let (reason, text) = match code.as_u16() {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "the server has asked for the client to provide credentials"),
        403 => ("Forbidden", "the server does not allow this method on the requested resource"),
        404 => ("NotFound", "the server could not find the requested resource"),
        405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
        406 => ("NotAcceptable", "the server was unable to respond with a content type that the client supports"),
        409 => ("Conflict", "the server reported a conflict"),
        410 => ("Gone", "the resource is gone"),
        415 => ("UnsupportedMediaType", "the server was unable to accept the body's content type"),
        429 => ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "the server was unable to return a response in the time allotted"),
        500.. => ("InternalError", "an error on the server has prevented the request from succeeding"),
        _ => ("Unknown", "the server responded with an unknown status code"),
    };
    let said = String::from_utf8_lossy(&body[..body.len().min(ERROR_TEXT_BYTES_MAX)]);
    let said = said.trim();
    let code = code.as_u16();
    let message = if said.is_empty() { format!("{text} ({code})") } else { format!("{text} ({code}): {said}") };
    Status::failure(code, reason, message)
}

/// The parts of a document that say what it is.
struct Top {
    kind: String,
    api_version: String,
    metadata: Option<Range<usize>>,
    items: Option<Range<usize>>,
}

impl Top {
    fn of(text: &[u8]) -> Self {
        let mut top = Self { kind: String::new(), api_version: String::new(), metadata: None, items: None };
        for entry in slice::entries(text, 0..text.len()) {
            match &text[entry.key] {
                b"kind" => top.kind = slice::string(text, entry.value).unwrap_or_default(),
                b"apiVersion" => top.api_version = slice::string(text, entry.value).unwrap_or_default(),
                b"metadata" => top.metadata = Some(entry.value),
                b"items" => top.items = Some(entry.value),
                _ => {}
            }
        }
        top
    }
}

fn list(body: &Bytes, top: &Top, items: Range<usize>) -> List {
    let kind = top.kind.strip_suffix("List").unwrap_or_default();
    let stored = |range| {
        let (bytes, revision) = object(body, range, kind, &top.api_version);
        Arc::new(Stored::new(bytes, revision))
    };
    let part = |key| slice::find(body, top.metadata.clone()?, key);
    let text = |key| part(key).and_then(|r| slice::string(body, r)).unwrap_or_default();
    List {
        items: slice::elements(body, items).map(stored).collect(),
        resource_version: text("resourceVersion").parse().unwrap_or(0),
        continue_token: text("continue"),
        remaining_item_count: part("remainingItemCount").and_then(|r| serde_json::from_slice(&body[r]).ok()),
    }
}

/// An object's bytes without resourceVersion, and that revision (0 if it has none or none of ours). `kind` and
/// `api_version` are written into items of lists, which come without.
fn object(text: &Bytes, at: Range<usize>, kind: &str, api_version: &str) -> (Bytes, u64) {
    let mut has_kind = false;
    let mut cut = None;
    for entry in slice::entries(text, at.clone()) {
        match &text[entry.key] {
            b"kind" => has_kind = true,
            b"metadata" => cut = revision_entry(text, entry.value),
            _ => {}
        }
    }
    let name = if has_kind || kind.is_empty() {
        String::new()
    } else {
        format!("\"kind\":{},\"apiVersion\":{},", Value::from(kind), Value::from(api_version))
    };
    let (hole, revision) = cut.unwrap_or((at.start + 1..at.start + 1, 0));
    let len = at.len() + name.len() - hole.len();
    let mut out = Vec::with_capacity(len);
    out.push(text[at.start]);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&text[at.start + 1..hole.start]);
    out.extend_from_slice(&text[hole.end..at.end]);
    if out.ends_with(b",}") && out.len() == name.len() + 2 {
        // The item was empty: no comma after the last entry.
        out.remove(name.len());
    }
    (out.into(), revision)
}

/// Where `resourceVersion` stands in the metadata, with one of the commas around it.
fn revision_entry(text: &[u8], metadata: Range<usize>) -> Option<(Range<usize>, u64)> {
    let entry = slice::entries(text, metadata).find(|e| &text[e.key.clone()] == b"resourceVersion")?;
    let revision = slice::string(text, entry.value.clone())?.parse().ok()?;
    let (mut start, mut end) = (entry.key.start - 1, entry.value.end);
    if text[start - 1] == b',' {
        start -= 1;
    } else if text[end] == b',' {
        end += 1;
    }
    Some((start..end, revision))
}

/// One line of a watch.
pub(super) fn event(line: Bytes) -> Result<WatchEvent, Status> {
    let line = slice::compact(line).map_err(|e| not_understood(&e))?;
    let part = |key| slice::find(&line, 0..line.len(), key);
    let missing = |what| Status::internal(format!("the server's answer is not understood: an event without {what}"));
    let kind = part("type").and_then(|r| slice::string(&line, r)).ok_or_else(|| missing("type"))?;
    let at = part("object").filter(|r| line[r.start] == b'{').ok_or_else(|| missing("object"))?;
    let stored = || {
        let (bytes, revision) = object(&line, at.clone(), "", "");
        Arc::new(Stored::new(bytes, revision))
    };
    match kind.as_str() {
        "ADDED" => Ok(WatchEvent::Added(stored())),
        "MODIFIED" => Ok(WatchEvent::Modified(stored())),
        "DELETED" => Ok(WatchEvent::Deleted(stored())),
        "BOOKMARK" => {
            let tree: Value = serde_json::from_slice(&line[at.clone()]).map_err(|e| not_understood(&e))?;
            let initial_done = tree["metadata"]["annotations"][INITIAL_EVENTS_END] == "true";
            Ok(WatchEvent::Bookmark { revision: stored().revision(), initial_done })
        }
        "ERROR" => Err(serde_json::from_slice(&line[at]).unwrap_or_else(|e| not_understood(&e))),
        other => Err(Status::internal(format!("the server's answer is not understood: an event of type {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn tell(stored: &Stored) -> String {
        format!("{} @{}", String::from_utf8_lossy(stored.bytes()), stored.revision())
    }

    fn check(code: u16, body: &str, expected: Expect) {
        let told = match reply(StatusCode::from_u16(code).unwrap(), Bytes::from(body.to_owned())) {
            Ok(Reply::Object(stored)) => format!("object {}", tell(&stored)),
            Ok(Reply::Created(stored)) => format!("created {}", tell(&stored)),
            Ok(Reply::List(list)) => {
                let items: Vec<_> = list.items.iter().map(|s| tell(s)).collect();
                let (revision, token) = (list.resource_version, &list.continue_token);
                format!("list @{revision} {token:?} {:?} {}", list.remaining_item_count, items.join(" | "))
            }
            Ok(Reply::Tree { value, code }) => format!("tree {code} {value}"),
            Ok(Reply::Status(status)) => format!("status {}", status.status),
            Err(status) => format!("error {} {}", status.code, status.message),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn answers_become_values() {
        let pod = r#"{ "kind":"Pod","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7","generation":1}}"#;
        check(
            200,
            pod,
            expect![[r#"object {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","generation":1}} @7"#]],
        );
        check(201, r#"{"metadata":{"resourceVersion":"7"}}"#, expect![[r#"created {"metadata":{}} @7"#]]);
        check(200, r#"{"metadata":{"resourceVersion":"7","x":1}}"#, expect![[r#"object {"metadata":{"x":1}} @7"#]]);
        check(
            200,
            r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"c","remainingItemCount":3},
                "items":[{"metadata":{"name":"a","resourceVersion":"7"}},{"kind":"X","metadata":{}},{}]}"#,
            expect![[
                r#"list @9 "c" Some(3) {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}} @7 | {"kind":"X","metadata":{}} @0 | {"kind":"Pod","apiVersion":"v1"} @0"#
            ]],
        );
        let review = r#"{"kind":"TokenReview","apiVersion":"x/v1","metadata":{}}"#;
        check(201, review, expect![[r#"tree 201 {"apiVersion":"x/v1","kind":"TokenReview","metadata":{}}"#]]);
        check(200, r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#, expect!["status Success"]);
        check(
            200,
            "nonsense",
            expect![
                "error 500 Internal error occurred: the server's answer is not understood: expected ident at line 1 column 2"
            ],
        );
    }

    fn check_event(line: &'static str, expected: Expect) {
        let told = match event(Bytes::from_static(line.as_bytes())) {
            Ok(WatchEvent::Added(s)) => format!("added {}", tell(&s)),
            Ok(WatchEvent::Modified(s)) => format!("modified {}", tell(&s)),
            Ok(WatchEvent::Deleted(s)) => format!("deleted {}", tell(&s)),
            Ok(WatchEvent::Bookmark { revision, initial_done }) => format!("bookmark {revision} {initial_done}"),
            Err(status) => format!("error {} {}", status.code, status.message),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn lines_become_events() {
        check_event(
            r#"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}"#,
            expect![[r#"added {"metadata":{"name":"a"}} @5"#]],
        );
        check_event(
            r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"8","annotations":{"k8s.io/initial-events-end":"true"}}}}"#,
            expect!["bookmark 8 true"],
        );
        check_event(
            r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old","reason":"Expired","code":410}}"#,
            expect!["error 410 too old"],
        );
        check_event(
            r#"{"type":"ADDED"}"#,
            expect![
                "error 500 Internal error occurred: the server's answer is not understood: an event without object"
            ],
        );
    }

    #[test]
    fn errors_are_told_as_client_go_does() {
        let denied = failure(StatusCode::UNAUTHORIZED, b"");
        assert_eq!(denied.message, "the server has asked for the client to provide credentials (401)");
        let said = failure(StatusCode::BAD_GATEWAY, b"upstream is down\n");
        assert!(said.message.ends_with("(502): upstream is down"), "{said}");
        let real = failure(
            StatusCode::CONFLICT,
            br#"{"kind":"Status","status":"Failure","message":"m","reason":"Conflict","code":409}"#,
        );
        assert!(real.is_conflict() && real.message == "m");
    }
}
