//! What wakes the kubelet: CRI events where the runtime has them, else containerd's own event service.
use super::{
    Result, RuntimeError,
    api::{self, runtime_service_client::RuntimeServiceClient},
    containerd::{Envelope, SubscribeRequest, TaskDelete, TaskExit, TaskOom, events_client::EventsClient},
};
use futures::{
    StreamExt,
    stream::{BoxStream, once},
};
use prost::Message;
use tonic::transport::Channel;

/// "Look again": at one pod where the runtime says which or which of its containers, else at all that it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeSignal {
    Pod { uid: String },
    Container { id: String },
    Something,
}

/// Where the signals come from; says how much they can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSource {
    /// CRI's GetContainerEvents: every change of every container, with its pod.
    Cri,
    /// containerd's event service: tells that something happened to a container; the listing may show it a moment later.
    Containerd,
    /// Neither: only relisting tells.
    None,
}

/// Task events that nobody expects (what is started, a worker has started and looks at); containerd's namespace of CRI is
/// `k8s.io`.
const FILTER: &str = r#"namespace==k8s.io,topic~="/tasks/(exit|oom|delete)""#;

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
    Ok(stream.filter_map(|event| async move { event.ok().and_then(|event| task_signal(&event)) }).boxed())
}

/// None where a process ended that was run in a container beside its own.
fn task_signal(event: &Envelope) -> Option<RuntimeSignal> {
    let value = event.event.as_ref().map(|event| &event.value[..]).unwrap_or_default();
    let decoded = match event.topic.as_str() {
        "/tasks/exit" => TaskExit::decode(value).map(|it| (it.id == it.container_id, it.container_id)),
        "/tasks/oom" => TaskOom::decode(value).map(|it| (true, it.container_id)),
        "/tasks/delete" => TaskDelete::decode(value).map(|it| (it.id.is_empty(), it.container_id)),
        _ => return Some(RuntimeSignal::Something),
    };
    match decoded {
        Ok((_, id)) if id.is_empty() => Some(RuntimeSignal::Something),
        Ok((own, id)) => own.then_some(RuntimeSignal::Container { id }),
        Err(_) => Some(RuntimeSignal::Something),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cri::containerd::Event;

    #[test]
    fn task_events_name_their_container() {
        let check = |topic: &str, value: Vec<u8>, expected: Option<RuntimeSignal>| {
            let event = Envelope { topic: topic.into(), event: Some(Event { value }), ..Envelope::default() };
            assert_eq!(task_signal(&event), expected, "{topic}");
        };
        let container = || Some(RuntimeSignal::Container { id: "c".into() });
        let exit = |id: &str| TaskExit { container_id: "c".into(), id: id.into() }.encode_to_vec();
        let delete = |id: &str| TaskDelete { container_id: "c".into(), id: id.into() }.encode_to_vec();
        check("/tasks/exit", exit("c"), container());
        check("/tasks/exit", exit("probe"), None);
        check("/tasks/delete", delete(""), container());
        check("/tasks/delete", delete("probe"), None);
        check("/tasks/oom", TaskOom { container_id: "c".into() }.encode_to_vec(), container());
        check("/tasks/exit", vec![0xff], Some(RuntimeSignal::Something));
        check("/tasks/other", Vec::new(), Some(RuntimeSignal::Something));
    }
}
