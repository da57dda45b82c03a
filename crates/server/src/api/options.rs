//! Query parameters and DeleteOptions bodies as the options of a call, with upstream's errors.
use super::{failure, negotiate::BodyFormat, url::Query};
use bytes::Bytes;
use skeg_model::{
    Value,
    meta::field_error::{Errors, FieldError},
    request::{Body, DeleteOptions, FieldValidation, ListOptions, PatchKind, Propagation, VersionMatch, WriteOptions},
    schema,
    status::Status,
    wire::{
        self,
        proto_decode::{self, ProtoError},
    },
};

/// Longest manager name, in bytes (`FieldManagerMaxLength`).
const MANAGER_MAX_BYTES: usize = 128;

/// Options of get, list, watch and deletecollection.
///
/// # Errors
/// 400 for numbers that are none, 422 for combinations that contradict each other.
pub fn list_options(query: &Query, watch: bool) -> Result<ListOptions, Status> {
    let timeout = number(query, "timeoutSeconds")?;
    let limit = number(query, "limit")?.unwrap_or(0);
    let options = ListOptions {
        label_selector: query.text("labelSelector"),
        field_selector: query.text("fieldSelector"),
        resource_version: query.text("resourceVersion"),
        version_match: match query.first("resourceVersionMatch") {
            Some("Exact") => Some(VersionMatch::Exact),
            Some("NotOlderThan") => Some(VersionMatch::NotOlderThan),
            _ => None,
        },
        limit: u64::try_from(limit).unwrap_or(0),
        continue_token: query.text("continue"),
        allow_bookmarks: query.flag("allowWatchBookmarks"),
        send_initial_events: query.has("sendInitialEvents").then(|| query.flag("sendInitialEvents")),
        timeout_seconds: timeout.and_then(|t| u64::try_from(t).ok()),
        // The representation is chosen by the Accept header.
        metadata_only: false,
    };
    let mut errors = Errors::default();
    let version_match = query.first("resourceVersionMatch").unwrap_or_default();
    if watch {
        check_watch(&options, version_match, &mut errors);
    } else {
        check_list(&options, version_match, &mut errors);
    }
    if errors.0.is_empty() { Ok(options) } else { Err(failure::invalid_options("ListOptions", &errors)) }
}

fn check_list(options: &ListOptions, version_match: &str, errors: &mut Errors) {
    const FIELD: &str = "resourceVersionMatch";
    if !version_match.is_empty() {
        if options.resource_version.is_empty() {
            forbid(errors, FIELD, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if !options.continue_token.is_empty() {
            forbid(errors, FIELD, "resourceVersionMatch is forbidden when continue is provided");
        }
        if options.version_match.is_none() {
            unsupported(errors, FIELD, &failure::quoted(version_match), &["Exact", "NotOlderThan", ""]);
        }
        if options.version_match == Some(VersionMatch::Exact) && options.resource_version == "0" {
            forbid(errors, FIELD, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }
    if options.send_initial_events.is_some() {
        forbid(errors, "sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
}

fn check_watch(options: &ListOptions, version_match: &str, errors: &mut Errors) {
    const FIELD: &str = "resourceVersionMatch";
    let not_older = options.version_match == Some(VersionMatch::NotOlderThan);
    if options.send_initial_events.is_some() && !not_older {
        forbid(errors, FIELD, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if version_match.is_empty() {
        return;
    }
    if options.send_initial_events.is_none() {
        forbid(errors, FIELD, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if !not_older {
        unsupported(errors, FIELD, &failure::quoted(version_match), &["NotOlderThan"]);
    }
    if !options.continue_token.is_empty() {
        forbid(errors, FIELD, "resourceVersionMatch is forbidden when continue is provided");
    }
}

/// Options of a create (`CreateOptions`), update or patch.
///
/// # Errors
/// 422 for values that are not supported.
pub fn write_options(
    kind: &str,
    query: &Query,
    user_agent: &str,
    patch: Option<PatchKind>,
) -> Result<WriteOptions, Status> {
    let mut errors = Errors::default();
    let manager = query.first("fieldManager").unwrap_or_default();
    let apply = patch == Some(PatchKind::Apply);
    if apply && manager.is_empty() {
        push(&mut errors, "fieldManager", "FieldValueRequired", "Required value: is required for apply patch".into());
    }
    if patch.is_some() && !apply && query.has("force") {
        forbid(&mut errors, "force", "may not be specified for non-apply patch");
    }
    check_manager(manager, &mut errors);
    let dry_run = dry_run(query.all("dryRun"), &mut errors);
    let validation = query.first("fieldValidation").unwrap_or_default();
    let field_validation = match validation {
        "" | "Warn" => FieldValidation::Warn,
        "Ignore" => FieldValidation::Ignore,
        "Strict" => FieldValidation::Strict,
        other => {
            unsupported(&mut errors, "fieldValidation", &failure::quoted(other), &["", "Ignore", "Strict", "Warn"]);
            FieldValidation::Warn
        }
    };
    if !errors.0.is_empty() {
        return Err(failure::invalid_options(kind, &errors));
    }
    let field_manager = if manager.is_empty() { manager_of(user_agent) } else { manager.to_owned() };
    Ok(WriteOptions { dry_run, field_manager, field_validation, force: query.flag("force") })
}

/// The manager's name when the request gives none: the user agent up to its first `/`, printable characters only.
fn manager_of(user_agent: &str) -> String {
    let mut name = String::new();
    for c in user_agent.split('/').next().unwrap_or_default().chars().filter(|c| is_print(*c)) {
        if name.len() + c.len_utf8() > MANAGER_MAX_BYTES {
            break;
        }
        name.push(c);
    }
    name
}

/// Close to Go's `unicode.IsPrint`: everything but controls and spaces other than U+0020.
fn is_print(c: char) -> bool {
    c == ' ' || !(c.is_control() || c.is_whitespace())
}

fn check_manager(manager: &str, errors: &mut Errors) {
    if manager.len() > MANAGER_MAX_BYTES {
        let text = format!("Too long: may not be more than {MANAGER_MAX_BYTES} bytes");
        push(errors, "fieldManager", "FieldValueTooLong", text);
    }
    for (i, c) in manager.char_indices().filter(|(_, c)| !is_print(*c)) {
        let text = format!(
            "Invalid value: {}: invalid character U+{:04X} (at position {i})",
            failure::quoted(manager),
            u32::from(c)
        );
        push(errors, "fieldManager", "FieldValueInvalid", text);
    }
}

fn dry_run<'a>(values: impl Iterator<Item = &'a str>, errors: &mut Errors) -> bool {
    let values: Vec<&str> = values.collect();
    if values.iter().any(|v| *v != "All") {
        let list: Vec<String> = values.iter().map(|v| failure::quoted(v)).collect();
        unsupported(errors, "dryRun", &format!("[{}]", list.join(",")), &["All"]);
    }
    !values.is_empty()
}

/// Options of a deletion: from the body if there is one, from the query otherwise.
///
/// # Errors
/// 400 for what does not decode, 422 for values that are not supported.
pub fn delete_options(query: &Query, body: &Bytes, format: BodyFormat) -> Result<DeleteOptions, Status> {
    let raw = if body.is_empty() { raw_from_query(query)? } else { raw_from_body(body, format)? };
    let mut errors = Errors::default();
    if raw.orphan_dependents.is_some()
        && let Some(policy) = &raw.propagation
    {
        let text = format!(
            "Invalid value: {}: orphanDependents and deletionPropagation cannot be both set",
            failure::quoted(policy)
        );
        push(&mut errors, "propagationPolicy", "FieldValueInvalid", text);
    }
    let propagation = match raw.propagation.as_deref() {
        None => raw.orphan_dependents.map(|orphan| if orphan { Propagation::Orphan } else { Propagation::Background }),
        Some("Orphan") => Some(Propagation::Orphan),
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some(other) => {
            unsupported(
                &mut errors,
                "propagationPolicy",
                &failure::quoted(other),
                &["Foreground", "Background", "Orphan", "nil"],
            );
            None
        }
    };
    let dry_run = dry_run(raw.dry_run.iter().map(String::as_str), &mut errors);
    if !errors.0.is_empty() {
        return Err(failure::invalid_options("DeleteOptions", &errors));
    }
    Ok(DeleteOptions {
        dry_run,
        grace_period_seconds: raw.grace,
        propagation,
        precondition_uid: raw.uid,
        precondition_resource_version: raw.resource_version,
    })
}

/// `meta/v1.DeleteOptions` before it is checked.
#[derive(Debug, Default)]
struct RawDelete {
    grace: Option<i64>,
    propagation: Option<String>,
    orphan_dependents: Option<bool>,
    dry_run: Vec<String>,
    uid: Option<String>,
    resource_version: Option<String>,
}

fn raw_from_query(query: &Query) -> Result<RawDelete, Status> {
    Ok(RawDelete {
        grace: number(query, "gracePeriodSeconds")?,
        propagation: query.first("propagationPolicy").map(str::to_owned),
        orphan_dependents: query.has("orphanDependents").then(|| query.flag("orphanDependents")),
        dry_run: query.all("dryRun").map(str::to_owned).collect(),
        ..RawDelete::default()
    })
}

fn raw_from_body(body: &Bytes, format: BodyFormat) -> Result<RawDelete, Status> {
    let tree = options_tree(body, format)?;
    let text = |pointer: &str| tree.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let dry_run = tree.get("dryRun").and_then(Value::as_array).into_iter().flatten();
    Ok(RawDelete {
        grace: tree.get("gracePeriodSeconds").and_then(Value::as_i64),
        propagation: text("/propagationPolicy"),
        orphan_dependents: tree.get("orphanDependents").and_then(Value::as_bool),
        dry_run: dry_run.filter_map(Value::as_str).map(str::to_owned).collect(),
        uid: text("/preconditions/uid"),
        resource_version: text("/preconditions/resourceVersion"),
    })
}

fn options_tree(body: &Bytes, format: BodyFormat) -> Result<Value, Status> {
    let body = match format {
        BodyFormat::Json => Body::Json(body.clone()),
        BodyFormat::Yaml => Body::Yaml(body.clone()),
        BodyFormat::Protobuf => {
            let malformed = |e: ProtoError| Status::bad_request(e.to_string());
            let envelope = proto_decode::open(body).map_err(malformed)?;
            let ty = schema::by_name("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions").expect("the table has it");
            let mut tree = Value::Object(proto_decode::decode_message(ty, envelope.raw).map_err(malformed)?);
            tree["kind"] = envelope.kind.into();
            Body::Tree(tree)
        }
    };
    wire::read_delete_options(&body).map_err(Status::bad_request)
}

/// A 64-bit parameter; absent and empty differ as for Go.
fn number(query: &Query, key: &str) -> Result<Option<i64>, Status> {
    let Some(text) = query.first(key) else { return Ok(None) };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let why = if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        "invalid syntax"
    } else {
        "value out of range"
    };
    text.parse()
        .map(Some)
        .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing {}: {why}", failure::quoted(text))))
}

fn push(errors: &mut Errors, field: &str, reason: &'static str, message: String) {
    errors.0.push(FieldError { field: field.into(), reason, message });
}

fn forbid(errors: &mut Errors, field: &str, why: &str) {
    push(errors, field, "FieldValueForbidden", format!("Forbidden: {why}"));
}

/// `value` as upstream prints it; the supported ones are quoted here.
fn unsupported(errors: &mut Errors, field: &str, value: &str, supported: &[&str]) {
    let supported: Vec<String> = supported.iter().map(|s| failure::quoted(s)).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
    push(errors, field, "FieldValueNotSupported", message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(raw: &str, watch: bool) -> Result<ListOptions, String> {
        list_options(&Query::parse(Some(raw)), watch).map_err(|s| s.message)
    }

    #[test]
    fn list_numbers() {
        assert_eq!(list("limit=5", false).unwrap().limit, 5);
        assert_eq!(list("limit=-1", false).unwrap().limit, 0);
        assert_eq!(list("limit=abc", false).unwrap_err(), "strconv.ParseInt: parsing \"abc\": invalid syntax");
        assert_eq!(list("timeoutSeconds=x", false).unwrap_err(), "strconv.ParseInt: parsing \"x\": invalid syntax");
    }

    #[test]
    fn version_match_needs_a_version() {
        let error = list("resourceVersionMatch=Exact", false).unwrap_err();
        assert_eq!(
            error,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        );
        let error = list("sendInitialEvents=true", true).unwrap_err();
        assert_eq!(
            error,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        );
    }

    #[test]
    fn write_options_follow_upstream() {
        let write =
            |raw, patch| write_options("CreateOptions", &Query::parse(Some(raw)), "kubectl/v1.36 (linux)", patch);
        assert_eq!(write("", None).unwrap().field_manager, "kubectl");
        assert!(write("dryRun=All&dryRun=All", None).unwrap().dry_run);
        let message = |raw, patch| write(raw, patch).unwrap_err().message;
        assert_eq!(
            message("dryRun=Some", None),
            "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""
        );
        assert_eq!(
            message("fieldValidation=Loose", None),
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Loose\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
        );
        assert_eq!(
            message("", Some(PatchKind::Apply)),
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
        );
    }

    #[test]
    fn delete_options_come_from_body_or_query() {
        let read = |body: &'static str| {
            delete_options(&Query::default(), &Bytes::from_static(body.as_bytes()), BodyFormat::Json)
        };
        let body = r#"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground","preconditions":{"uid":"u"}}"#;
        let options = read(body).unwrap();
        assert_eq!(
            (options.grace_period_seconds, options.propagation, options.precondition_uid.as_deref()),
            (Some(0), Some(Propagation::Foreground), Some("u"))
        );
        let options =
            delete_options(&Query::parse(Some("orphanDependents=true")), &Bytes::new(), BodyFormat::Json).unwrap();
        assert_eq!(options.propagation, Some(Propagation::Orphan));
        assert!(delete_options(&Query::parse(Some("propagationPolicy=x")), &Bytes::new(), BodyFormat::Json).is_err());
        let refused = |body: &'static str, why: &str| assert_eq!(read(body).unwrap_err().message, why);
        let field = "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64";
        refused(r#"{"gracePeriodSeconds":"x"}"#, field);
        refused(
            "x",
            "couldn't get version/kind; json parse error: invalid character 'x' looking for beginning of value",
        );
        let kind = "no kind \"Pod\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"";
        refused(r#"{"apiVersion":"v1","kind":"Pod"}"#, kind);
        assert!(read(r#"{"apiVersion":"foo/v9","kind":"DeleteOptions"}"#).is_ok());
    }
}
