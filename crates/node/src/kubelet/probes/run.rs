//! The life of one probe: delay, period, thresholds, and the attempts themselves.
use super::{
    Kind, Task,
    http::{self, port_number},
};
use crate::{
    cri::health::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient},
    kubelet::{
        make::expand::expand,
        metrics::{PROBE_DURATION, PROBES_DONE},
        shared::container_reference,
    },
    pod::spec::{Role, find, name, namespace, uid},
};
use jiff::{SignedDuration, Timestamp};
use skeg_client::EventType;
use std::time::Duration;
use tokio::{
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

/// Longest output of a probe that an event shows, in bytes.
const OUTPUT_BYTES_MAX: usize = 10 << 10;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Success,
    /// It passed, with a remark.
    Warning(String),
    Failure(String),
    /// It could not be carried out.
    Error(String),
}

fn seconds(it: Option<i32>, default: u64) -> Duration {
    Duration::from_secs(it.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0).unwrap_or(default))
}

/// Runs until it is cancelled; a startup probe ends with its first verdict, a failed one of the others stays so.
pub(super) async fn run(task: Task) {
    let delay = SignedDuration::from_secs(i64::from(task.probe.initial_delay_seconds.unwrap_or(0)));
    let started = Timestamp::from_nanosecond(i128::from(task.started_at)).unwrap_or(Timestamp::UNIX_EPOCH);
    let due = started.checked_add(delay).unwrap_or(Timestamp::MAX);
    let wait = due.duration_since(task.shared.config.clock.now());
    let first = Instant::now() + Duration::try_from(wait).unwrap_or(Duration::ZERO);
    let mut ticks = interval_at(first, seconds(task.probe.period_seconds, 10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let threshold = |it: Option<i32>, default: u32| it.and_then(|it| u32::try_from(it).ok()).unwrap_or(default).max(1);
    let good = threshold(task.probe.success_threshold, 1);
    let bad = threshold(task.probe.failure_threshold, 3);
    let (mut last, mut run_length) = (None, 0);
    loop {
        if task.kind != Kind::Startup {
            task.started_up().await;
        }
        ticks.tick().await;
        let passed = attempt(&task).await;
        if last == Some(passed) {
            run_length += 1;
        } else {
            (last, run_length) = (Some(passed), 1);
        }
        if run_length < if passed { good } else { bad } {
            continue;
        }
        task.set(passed);
        let decided = match task.kind {
            Kind::Startup => true,
            Kind::Liveness => !passed,
            Kind::Readiness => false,
        };
        if decided {
            return;
        }
    }
}

fn note(task: &Task, outcome: &Outcome, start: std::time::Instant) {
    let (container, namespace, pod) = (task.container.name.as_str(), namespace(&task.pod), name(&task.pod));
    let kind = task.kind.name();
    let result = match outcome {
        Outcome::Success | Outcome::Warning(_) => "successful",
        Outcome::Failure(_) => "failed",
        Outcome::Error(_) => "unknown",
    };
    let metrics = &task.shared.metrics;
    metrics.count(&PROBES_DONE, &[container, namespace, pod, uid(&task.pod), kind, result]);
    if result == "successful" {
        metrics.took(&PROBE_DURATION, &[container, namespace, pod, kind], start);
    }
}

async fn attempt(task: &Task) -> bool {
    let limit = seconds(task.probe.timeout_seconds, 1);
    let start = std::time::Instant::now();
    let outcome = once(task, limit).await;
    note(task, &outcome, start);
    let role = find(&task.pod, &task.container.name).map_or(Role::Regular, |(role, _)| role);
    let about = container_reference(&task.pod, role, &task.container.name);
    let kind = task.kind.name();
    let warn = |reason: &str, text: String| task.shared.recorder.event(&about, EventType::Warning, reason, text);
    match outcome {
        Outcome::Success => true,
        Outcome::Warning(text) => {
            warn("ProbeWarning", format!("{kind} probe warning: {text}"));
            true
        }
        Outcome::Failure(text) => {
            warn("Unhealthy", format!("{kind} probe failed: {text}"));
            false
        }
        Outcome::Error(text) => {
            warn("Unhealthy", format!("{kind} probe errored and resulted in unknown state: {text}"));
            false
        }
    }
}

async fn once(task: &Task, limit: Duration) -> Outcome {
    if let Some(it) = &task.probe.exec {
        return exec(task, it.command.clone().unwrap_or_default(), limit).await;
    }
    if let Some(it) = &task.probe.http_get {
        let port = match port_number(&it.port, &task.container) {
            Ok(port) => port,
            Err(text) => return Outcome::Error(text),
        };
        let host = it.host.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| task.pod_ip.clone());
        let scheme = it.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let url = http::url(&scheme, &host, port, it.path.as_deref().unwrap_or_default());
        let headers = it.http_headers.clone().unwrap_or_default();
        return http_get(&url, &headers, limit).await;
    }
    if let Some(it) = &task.probe.tcp_socket {
        let port = match port_number(&it.port, &task.container) {
            Ok(port) => port,
            Err(text) => return Outcome::Error(text),
        };
        let host = it.host.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| task.pod_ip.clone());
        return tcp(&host, port, limit).await;
    }
    if let Some(it) = &task.probe.grpc {
        let service = it.service.clone().unwrap_or_default();
        return grpc(&task.pod_ip, it.port, &service, limit).await;
    }
    Outcome::Error("a probe has no action".to_owned())
}

async fn exec(task: &Task, command: Vec<String>, limit: Duration) -> Outcome {
    let literals = task.container.env.iter().flatten();
    let command = command.into_iter().map(|text| {
        let value = |name: &str| literals.clone().find(|it| it.name == name).and_then(|it| it.value.clone());
        expand(&text, value)
    });
    let command: Vec<String> = command.collect();
    let shown = command.join(" ");
    match task.shared.runtime.exec_sync(&task.container_id, command, limit).await {
        Ok(output) => {
            let mut text = [output.stdout, output.stderr].concat();
            text.truncate(OUTPUT_BYTES_MAX);
            if output.exit_code == 0 {
                Outcome::Success
            } else {
                Outcome::Failure(String::from_utf8_lossy(&text).into_owned())
            }
        }
        Err(error) if error.is_timeout() => {
            Outcome::Failure(format!("command timed out: \"{shown}\" timed out after {}s", limit.as_secs()))
        }
        Err(error) => Outcome::Error(error.rpc_text()),
    }
}

async fn http_get(url: &str, headers: &[k8s_openapi::api::core::v1::HTTPHeader], limit: Duration) -> Outcome {
    match timeout(limit, http::get(url, headers, "kube-probe")).await {
        Err(_) => Outcome::Failure(format!(
            "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        )),
        Ok(Err(error)) => Outcome::Failure(format!("Get \"{url}\": {error}")),
        Ok(Ok(response)) => match response.status {
            200..=299 => Outcome::Success,
            300..=399 => Outcome::Warning(format!("Probe terminated redirects, Response body: {}", response.body)),
            code => Outcome::Failure(format!("HTTP probe failed with statuscode: {code}")),
        },
    }
}

/// `host:port`, with brackets around an IPv6 address.
pub fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

async fn tcp(host: &str, port: u16, limit: Duration) -> Outcome {
    let address = authority(host, port);
    match timeout(limit, TcpStream::connect(&address)).await {
        Ok(Ok(_)) => Outcome::Success,
        Ok(Err(error)) => Outcome::Failure(http::dial_text(&address, &error)),
        Err(_) => Outcome::Failure(format!("dial tcp {address}: i/o timeout")),
    }
}

async fn grpc(host: &str, port: i32, service: &str, limit: Duration) -> Outcome {
    let address = authority(host, u16::try_from(port).unwrap_or(0));
    let no_connection = || {
        let limit = limit.as_secs();
        let text =
            format!("timeout: failed to connect service \"{address}\" within {limit}s: context deadline exceeded");
        Outcome::Failure(text)
    };
    let check = async {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).ok()?;
        let channel = endpoint.user_agent("kube-probe/1.36").ok()?.connect().await;
        let Ok(channel) = channel else { return None };
        let request = HealthCheckRequest { service: service.to_owned() };
        Some(HealthClient::new(channel).check(request).await)
    };
    match timeout(limit, check).await {
        Err(_) | Ok(None) => no_connection(),
        Ok(Some(Ok(reply))) => match reply.into_inner().status() {
            ServingStatus::Serving => Outcome::Success,
            other => Outcome::Failure(format!("service unhealthy (responded with \"{}\")", other.as_str_name())),
        },
        Ok(Some(Err(status))) => match status.code() {
            tonic::Code::Unimplemented => Outcome::Failure(format!(
                "server doesn't implement the grpc health protocol (grpc.health.v1.Health): {}",
                crate::cri::RuntimeError::new("Check", status).rpc_text()
            )),
            _ => Outcome::Failure(format!(
                "health rpc probe failed: {}",
                crate::cri::RuntimeError::new("Check", status).rpc_text()
            )),
        },
    }
}

impl Task {
    fn set(&self, passed: bool) {
        let mut verdicts = self.verdicts.lock();
        let of_kind = match self.kind {
            Kind::Startup => &mut verdicts.startup,
            Kind::Liveness => &mut verdicts.liveness,
            Kind::Readiness => &mut verdicts.readiness,
        };
        let before = of_kind.insert(self.container_id.clone(), passed);
        drop(verdicts);
        if before != Some(passed) {
            self.changes.send_modify(|count| *count += 1);
            self.wake.notify_one();
        }
    }

    /// Until the container's startup probe, if it has one, has passed.
    async fn started_up(&self) {
        if self.container.startup_probe.is_none() {
            return;
        }
        let mut changes = self.changes.subscribe();
        let passed = |_: &u64| self.verdicts.lock().startup.get(&self.container_id) == Some(&true);
        // The sender lives as long as this task does.
        let _ = changes.wait_for(passed).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cri::health::HealthCheckResponse;
    use bytes::{BufMut, Bytes, BytesMut};
    use futures::stream;
    use http_body_util::{BodyExt, StreamBody};
    use hyper::{Request, Response, body::Frame, body::Incoming, service::service_fn};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use prost::Message;
    use std::convert::Infallible;
    use tokio::net::TcpListener;

    /// A message of gRPC: not compressed, its length, itself.
    fn framed(message: &impl Message) -> Bytes {
        let body = message.encode_to_vec();
        let mut out = BytesMut::new();
        out.put_u8(0);
        out.put_u32(u32::try_from(body.len()).unwrap());
        out.extend_from_slice(&body);
        out.freeze()
    }

    /// Services are named after what is answered of them.
    async fn answer(
        request: Request<Incoming>,
    ) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
        assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
        assert_eq!(request.headers()["user-agent"].to_str().unwrap().split(' ').next(), Some("kube-probe/1.36"));
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let service = HealthCheckRequest::decode(&body[5..]).unwrap().service;
        let (status, code) = match service.as_str() {
            "good" => (ServingStatus::Serving, "0"),
            "bad" => (ServingStatus::NotServing, "0"),
            "unknown" => (ServingStatus::Unknown, "5"),
            _ => (ServingStatus::Unknown, "12"),
        };
        let message = framed(&HealthCheckResponse { status: status.into() });
        let message = (code == "0").then(|| Ok(Frame::data(message)));
        let mut trailers = hyper::HeaderMap::new();
        trailers.insert("grpc-status", code.parse().unwrap());
        trailers.insert("grpc-message", "told".parse().unwrap());
        let frames = message.into_iter().chain([Ok(Frame::trailers(trailers))]);
        let mut response = Response::new(StreamBody::new(stream::iter(frames)));
        response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        Ok(response)
    }

    #[tokio::test]
    async fn a_grpc_probe_asks_for_a_service_s_health() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = i32::from(listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(connection);
            }
        });
        let check = async |service: &str, want: Outcome| {
            assert_eq!(grpc("127.0.0.1", port, service, Duration::from_secs(20)).await, want, "{service}");
        };
        check("good", Outcome::Success).await;
        check("bad", Outcome::Failure("service unhealthy (responded with \"NOT_SERVING\")".into())).await;
        let text = "health rpc probe failed: rpc error: code = NotFound desc = told";
        check("unknown", Outcome::Failure(text.into())).await;
        let text = "server doesn't implement the grpc health protocol (grpc.health.v1.Health): rpc error: code = \
                    Unimplemented desc = told";
        check("", Outcome::Failure(text.into())).await;
        server.abort();
        let _ = server.await;
        let text =
            format!("timeout: failed to connect service \"127.0.0.1:{port}\" within 20s: context deadline exceeded");
        check("good", Outcome::Failure(text)).await;
    }
}
