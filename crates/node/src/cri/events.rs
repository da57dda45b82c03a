//! What wakes the kubelet: CRI events where the runtime has them, else containerd's own event service.
use super::{
    Result, RuntimeError,
    api::{self, runtime_service_client::RuntimeServiceClient},
    containerd::{SubscribeRequest, events_client::EventsClient},
};
use futures::{
    StreamExt,
    stream::{BoxStream, once},
};
use tonic::transport::Channel;

/// "Look again": at one pod where the runtime says which, else at all that it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeSignal {
    Pod { uid: String },
    Something,
}

/// Where the signals come from; says how much they can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSource {
    /// CRI's GetContainerEvents: every change of every container, with its pod.
    Cri,
    /// containerd's event service: tells that something happened, a relist says what.
    Containerd,
    /// Neither: only relisting tells.
    None,
}

/// Task events that change what a listing shows; containerd's namespace of CRI is `k8s.io`.
const FILTER: &str = "namespace==k8s.io,topic~=/tasks/(start|exit|oom|delete)";

pub(super) async fn subscribe(
    runtime: RuntimeServiceClient<Channel>,
    channel: Channel,
) -> Result<(EventSource, BoxStream<'static, RuntimeSignal>)> {
    match cri_events(runtime).await {
        Ok(stream) => return Ok((EventSource::Cri, stream)),
        Err(status) if status.code() != tonic::Code::Unimplemented => {
            return Err(RuntimeError::new("GetContainerEvents", status));
        }
        Err(_) => {}
    }
    match containerd_events(channel).await {
        Ok(stream) => Ok((EventSource::Containerd, stream)),
        Err(status) if status.code() == tonic::Code::Unimplemented => {
            Ok((EventSource::None, futures::stream::pending().boxed()))
        }
        Err(status) => Err(RuntimeError::new("Subscribe", status)),
    }
}

/// A runtime without the call says so with the first message, not with the headers: so the first is awaited. A silent
/// stream is a living one, which is why the wait races a first relist worth of time.
async fn cri_events(
    mut runtime: RuntimeServiceClient<Channel>,
) -> std::result::Result<BoxStream<'static, RuntimeSignal>, tonic::Status> {
    const SILENCE: std::time::Duration = std::time::Duration::from_millis(250);
    let mut stream = match tokio::time::timeout(SILENCE, runtime.get_container_events(api::GetEventsRequest {})).await {
        Ok(reply) => reply?.into_inner(),
        Err(_) => return late_headers(runtime).await,
    };
    let first = match tokio::time::timeout(SILENCE, stream.message()).await {
        Ok(message) => message?.map(signal),
        Err(_) => None,
    };
    let rest = stream.filter_map(|event| async move { event.ok().map(signal) });
    Ok(futures::stream::iter(first).chain(rest).boxed())
}

/// Some runtimes send the headers only with the first event: the call stays open and the stream starts with it.
async fn late_headers(
    mut runtime: RuntimeServiceClient<Channel>,
) -> std::result::Result<BoxStream<'static, RuntimeSignal>, tonic::Status> {
    let opened = async move { runtime.get_container_events(api::GetEventsRequest {}).await };
    let stream = once(opened).filter_map(|reply| async move { reply.ok().map(tonic::Response::into_inner) }).flatten();
    Ok(stream.filter_map(|event| async move { event.ok().map(signal) }).boxed())
}

fn signal(event: api::ContainerEventResponse) -> RuntimeSignal {
    let uid = event.pod_sandbox_status.and_then(|sandbox| sandbox.metadata).map(|metadata| metadata.uid);
    uid.map_or(RuntimeSignal::Something, |uid| RuntimeSignal::Pod { uid })
}

async fn containerd_events(channel: Channel) -> std::result::Result<BoxStream<'static, RuntimeSignal>, tonic::Status> {
    let request = SubscribeRequest { filters: vec![FILTER.into()] };
    let opened = async move { EventsClient::new(channel).subscribe(request).await };
    let stream = once(opened).filter_map(|reply| async move { reply.ok().map(tonic::Response::into_inner) }).flatten();
    Ok(stream.filter_map(|event| async move { event.ok().map(|_| RuntimeSignal::Something) }).boxed())
}
