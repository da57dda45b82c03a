//! Logs of containers, and commands run in them to their end.
use super::{Answer, Asked, text};
use crate::{
    kubelet::{
        logs::{LogSource, line::Options, stream},
        shared::Shared,
    },
    pod::{
        Container, Observed, State,
        spec::{find, uid},
    },
};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodStatus};
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

fn options(asked: &Asked, now: Timestamp) -> Option<Options> {
    fn number<T: std::str::FromStr>(asked: &Asked, key: &str) -> Option<Option<T>> {
        match asked.first(key).filter(|it| !it.is_empty()) {
            None => Some(None),
            Some(text) => text.parse().ok().map(Some),
        }
    }
    let since_time: Option<Timestamp> = number(asked, "sinceTime")?;
    let since_seconds: Option<i64> = number(asked, "sinceSeconds")?;
    let ago = since_seconds.and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok());
    Some(Options {
        follow: asked.flag("follow"),
        previous: asked.flag("previous"),
        timestamps: asked.flag("timestamps"),
        tail: number(asked, "tailLines")?,
        limit_bytes: number(asked, "limitBytes")?,
        since: since_time.or(ago),
        stream: asked.first("stream").filter(|it| !it.is_empty() && *it != "All").map(str::to_lowercase),
    })
}

fn bad_request(message: String) -> Answer {
    text(StatusCode::BAD_REQUEST, message)
}

pub(super) async fn observed(shared: &Shared, pod: &Pod) -> Result<Observed, Box<Answer>> {
    let mut known = HashMap::new();
    let found = crate::kubelet::observe::observe(&*shared.runtime, &shared.runtime_name, uid(pod), &mut known).await;
    found.map_err(|error| text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into())
}

fn status_of(status: &PodStatus, container: &str) -> Option<ContainerStatus> {
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|it| it.name == container).cloned()
}

/// The run whose log is meant: the newest that started, or the one that the newest status calls the last: the API's may
/// name a run that was removed since.
fn choose<'a>(
    pod: &Pod,
    newest: Option<&PodStatus>,
    name: &str,
    observed: &'a Observed,
    previous: bool,
) -> Result<&'a Container, String> {
    let pod_name = crate::pod::spec::name(pod);
    let status = newest.or(pod.status.as_ref()).and_then(|status| status_of(status, name));
    if previous {
        // While a container waits for its next start, the run that ended last is the previous one.
        let last = status.and_then(|it| it.last_state?.terminated?.container_id);
        let run = last.as_deref().and_then(|id| observed.by_id(id.split("://").last()?));
        return run.ok_or_else(|| format!("previous terminated container \"{name}\" in pod \"{pod_name}\" not found"));
    }
    if let Some(found) = observed.containers.iter().find(|it| it.name == name && it.state != State::Created) {
        return Ok(found);
    }
    let Some(status) = status else {
        return Err(format!("container \"{name}\" in pod \"{pod_name}\" is not available"));
    };
    let waiting = status.state.and_then(|it| it.waiting);
    let why = match waiting.as_ref().map(|it| it.reason.as_deref().unwrap_or_default()) {
        Some("ErrImagePull") => ": image can't be pulled",
        Some("ImagePullBackOff") => ": trying and failing to pull image",
        Some(reason) => &format!(": {reason}"),
        None => " - no logs yet",
    };
    Err(format!("container \"{name}\" in pod \"{pod_name}\" is waiting to start{why}"))
}

/// The pod and its container, or why there is none.
pub(super) fn lookup(shared: &Shared, namespace: &str, pod: &str, container: &str) -> Result<Arc<Pod>, Box<Answer>> {
    let Some(found) = shared.registry.find(namespace, pod) else {
        return Err(text(StatusCode::NOT_FOUND, format!("pod \"{pod}\" does not exist")).into());
    };
    if !container.is_empty() && find(&found, container).is_none() {
        let message = format!("container \"{container}\" not found in pod \"{pod}\"");
        return Err(text(StatusCode::NOT_FOUND, message).into());
    }
    Ok(found)
}

pub(super) async fn logs(shared: &Arc<Shared>, namespace: &str, pod: &str, container: &str, asked: &Asked) -> Answer {
    let Some(options) = options(asked, shared.config.clock.now()) else {
        return bad_request("{\"message\": \"Unable to decode query.\"}".to_owned());
    };
    let found = match lookup(shared, namespace, pod, container) {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let observed = match observed(shared, &found).await {
        Ok(observed) => observed,
        Err(answer) => return *answer,
    };
    // After the look at the runtime: a run that is named now was there then.
    let newest = shared.registry.status(uid(&found));
    let run = match choose(&found, newest.as_deref(), container, &observed, options.previous) {
        Ok(run) => run,
        Err(message) => return bad_request(message),
    };
    let source =
        LogSource { path: run.log_path.clone().into(), container_id: run.id.clone(), runtime: shared.runtime.clone() };
    let id = observed.container_id(run);
    let pieces = match stream(source, options) {
        Ok(pieces) => pieces,
        Err(_) => return text(StatusCode::OK, format!("unable to retrieve container logs for {id}")),
    };
    let frames = futures::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(piece)), pieces))
    });
    let mut answer = Response::new(BodyExt::boxed(StreamBody::new(SyncStream::new(frames))));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}

/// A stream that is only ever polled through `&mut`, which is what makes sharing it sound; bodies must be `Sync`.
struct SyncStream<S>(parking_lot::Mutex<std::pin::Pin<Box<S>>>);

impl<S> SyncStream<S> {
    fn new(stream: S) -> Self {
        Self(parking_lot::Mutex::new(Box::pin(stream)))
    }
}

impl<S: futures::Stream> futures::Stream for SyncStream<S> {
    type Item = S::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.get_mut().as_mut().poll_next(context)
    }
}

pub(super) async fn run(shared: &Arc<Shared>, namespace: &str, pod: &str, container: &str, asked: &Asked) -> Answer {
    let found = match lookup(shared, namespace, pod, container) {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let observed = match observed(shared, &found).await {
        Ok(observed) => observed,
        Err(answer) => return *answer,
    };
    let running = observed.container(container).filter(|it| it.state == State::Running);
    let Some(running) = running else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, format!("container not found (\"{container}\")"));
    };
    let command: Vec<String> = asked.first("cmd").unwrap_or_default().split(' ').map(str::to_owned).collect();
    match shared.runtime.exec_sync(&running.id, command, Duration::ZERO).await {
        Ok(output) => {
            let all = [output.stdout, output.stderr].concat();
            text(StatusCode::OK, String::from_utf8_lossy(&all).into_owned())
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.message().to_owned()),
    }
}
