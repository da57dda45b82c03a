//! `pods/log`: the kubelet's stream as plain text.
use super::{
    super::{
        body::{self, Body, BrokenStream},
        failure,
        handler::{Exchange, Server, bare},
        respond,
        url::Query,
    },
    forward, kubelet, place, pod,
};
use futures::{StreamExt, TryStreamExt};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, BodyStream, Limited};
use hyper::body::Incoming;
use skeg_model::{
    meta::field_error::{Errors, FieldError},
    status::{Details, Status},
};
use std::sync::Arc;

/// As much of a kubelet's error text as is shown.
const ERROR_MAX_BYTES: usize = 2000;

/// # Errors
/// The Status to answer with.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange) -> Result<Response<Body>, Status> {
    check(&exchange.query, &exchange.info.name)?;
    let pod = pod(server, exchange).await?;
    let path = place::log_path(&pod, &exchange.query)?;
    let Some(node) = place::node_of(&pod) else { return Ok(bare(204)) };
    let backend = kubelet(server, node).await?;
    let request = forward::request(Method::GET, &path, &HeaderMap::new(), body::empty())?;
    let answer = backend.send(server, request).await?;
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer, &exchange.info.name).await);
    }
    let chunks = BodyStream::new(answer.into_body()).try_filter_map(|frame| async move { Ok(frame.into_data().ok()) });
    let token = server.token.clone();
    let chunks = chunks.map_err(BrokenStream::from).take_until(token.cancelled_owned());
    Ok(respond::with_type(200, "text/plain", body::streamed(chunks.boxed())))
}

/// What upstream makes of a kubelet's refusal.
async fn refusal(answer: Response<Incoming>, name: &str) -> Status {
    let code = answer.status().as_u16();
    let text =
        Limited::new(answer.into_body(), ERROR_MAX_BYTES).collect().await.map(http_body_util::Collected::to_bytes);
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned()).unwrap_or_default();
    match code {
        500 => Status::internal(text),
        400 => Status::bad_request(text),
        404 => Status::failure(
            404,
            "NotFound",
            format!("the server could not find the requested resource ( pods/log {name})"),
        )
        .about("", "pods/log", name),
        401 => Status::failure(401, "Unauthorized", "the server has asked for the client to provide credentials")
            .about("", "pods/log", name),
        403 => Status::failure(403, "Forbidden", text).about("", "pods/log", name),
        other => Status::failure(
            other,
            "InternalError",
            format!("an error on the server ({}) has prevented the request from succeeding", failure::quoted(&text)),
        )
        .about("", "pods/log", name),
    }
}

/// # Errors
/// 400 for numbers that are none, 422 for values out of range.
fn check(query: &Query, name: &str) -> Result<(), Status> {
    let mut errors = Errors::default();
    let mut push = |field: &str, reason: &'static str, message: String| {
        errors.0.push(FieldError { field: field.into(), reason, message });
    };
    let number = |key: &str| {
        let Some(text) = query.first(key) else { return Ok(None) };
        let parsed = text.parse::<i64>().map(Some);
        parsed.map_err(|_| {
            Status::bad_request(format!("strconv.ParseInt: parsing {}: invalid syntax", failure::quoted(text)))
        })
    };
    let both = query.has("sinceSeconds") && query.has("sinceTime");
    for (field, least, why) in [
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ] {
        if let Some(value) = number(field)?.filter(|value| *value < least && !(both && field == "sinceSeconds")) {
            push(field, "FieldValueInvalid", format!("Invalid value: {value}: {why}"));
        }
    }
    if both {
        push(
            "",
            "FieldValueForbidden",
            "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified".into(),
        );
    }
    // Upstream's gate PodLogsQuerySplitStreams is off.
    if query.has("stream") {
        push("stream", "FieldValueForbidden", "Forbidden: may not be specified".into());
    }
    if errors.0.is_empty() { Ok(()) } else { Err(invalid(name, &errors)) }
}

fn invalid(name: &str, errors: &Errors) -> Status {
    let texts: Vec<String> = errors.0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
    let text = if let [one] = &texts[..] { one.clone() } else { format!("[{}]", texts.join(", ")) };
    let message = format!("PodLogOptions {} is invalid: {text}", failure::quoted(name));
    let mut status = Status::failure(422, "Invalid", message);
    let causes = errors.0.iter().map(FieldError::cause).collect();
    status.details =
        Some(Box::new(Details { name: name.into(), kind: "PodLogOptions".into(), causes, ..Details::default() }));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let message = |raw: &str| check(&Query::parse(Some(raw)), "p").map_err(|s| s.message);
        assert_eq!(message("follow=true&tailLines=0"), Ok(()));
        assert_eq!(
            message("tailLines=-1"),
            Err("PodLogOptions \"p\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"
                .into())
        );
        assert_eq!(message("tailLines=x"), Err("strconv.ParseInt: parsing \"x\": invalid syntax".into()));
        assert!(message("sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z").is_err());
        assert_eq!(
            message("stream=Stdout"),
            Err("PodLogOptions \"p\" is invalid: stream: Forbidden: may not be specified".into())
        );
    }
}
