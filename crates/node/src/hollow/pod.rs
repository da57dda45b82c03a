//! A pod on a simulated node: what is due to it, and the status of one that runs in name only. Pure.
use crate::pod::{
    Container, Observed, Sandbox, State,
    plan::Verdicts,
    resize::Conditions,
    spec::{containers, host_network, init_containers, is_sidecar, uid},
    status::{Input, Reasons, status},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{self, Pod, PodStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use skeg_model::stored::Stored;
use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

/// Runtime that the containers' ids name.
const RUNTIME: &str = "simulated";

/// What is due to a pod.
#[derive(Debug)]
pub(super) enum Step {
    /// It runs, or has ended.
    Rest,
    Start(Arc<Pod>),
    End,
}

/// What the view keeps of a pod: the whole of it only until it runs.
#[derive(Debug)]
pub(super) struct Seen {
    pub uid: Arc<str>,
    pub node: Box<str>,
    pub ip: Option<Ipv4Addr>,
    pub step: Step,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline<'a> {
    #[serde(borrow)]
    spec: SpecOutline<'a>,
    #[serde(default, borrow)]
    status: StatusOutline<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecOutline<'a> {
    #[serde(default, borrow)]
    node_name: std::borrow::Cow<'a, str>,
    #[serde(default)]
    host_network: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct StatusOutline<'a> {
    #[serde(default, borrow)]
    phase: std::borrow::Cow<'a, str>,
    #[serde(default, rename = "podIP", borrow)]
    pod_ip: std::borrow::Cow<'a, str>,
}

/// Reads what the view keeps.
pub(super) fn read(stored: &Stored) -> Result<Arc<Seen>, serde_json::Error> {
    let outline: Outline<'_> = serde_json::from_slice(stored.bytes())?;
    let meta = stored.meta();
    let step = match &*outline.status.phase {
        _ if meta.deletion_timestamp.is_some() => Step::End,
        "" | "Pending" => Step::Start(stored.typed::<Pod>()?),
        _ => Step::Rest,
    };
    let ip = outline.status.pod_ip.parse().ok().filter(|_| !outline.spec.host_network);
    Ok(Arc::new(Seen { uid: meta.uid.as_str().into(), node: outline.spec.node_name.as_ref().into(), ip, step }))
}

/// What a runtime would show once all containers run: init containers have ended well.
fn observed(pod: &Pod, ip: Ipv4Addr, now: Timestamp) -> Observed {
    let at = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
    let container = |it: &v1::Container, state: State| Container {
        id: format!("{}-{}", uid(pod), it.name),
        sandbox_id: uid(pod).to_owned(),
        name: it.name.clone(),
        state,
        created_at: at,
        started_at: at,
        finished_at: if state == State::Exited { at } else { 0 },
        exit_code: 0,
        reason: if state == State::Exited { "Completed".into() } else { String::new() },
        message: String::new(),
        image: it.image.clone().unwrap_or_default(),
        image_id: it.image.clone().unwrap_or_default(),
        restart_count: 0,
        hash: String::new(),
        user: None,
        resources: None,
        stop_signal: None,
        log_path: String::new(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    };
    let ended = |it: &v1::Container| if is_sidecar(it) { State::Running } else { State::Exited };
    let starting = init_containers(pod).iter().map(|it| container(it, ended(it)));
    let running = containers(pod).iter().map(|it| container(it, State::Running));
    let sandbox = Sandbox {
        id: uid(pod).to_owned(),
        attempt: 0,
        ready: true,
        host_network: host_network(pod),
        ips: if host_network(pod) { Vec::new() } else { vec![ip.to_string()] },
        created_at: at,
    };
    Observed { runtime: RUNTIME.into(), sandboxes: vec![sandbox], containers: running.chain(starting).collect() }
}

/// The patch of the pod's status that says that it runs and is ready: probes have no one to ask, and pass.
pub(super) fn running(pod: &Pod, host: Ipv4Addr, ip: Ipv4Addr, now: Timestamp) -> Result<Value, serde_json::Error> {
    let observed = observed(pod, ip, now);
    let passed: BTreeMap<String, bool> = observed.containers.iter().map(|it| (it.id.clone(), true)).collect();
    let verdicts = Verdicts { startup: passed.clone(), liveness: passed.clone(), readiness: passed };
    let status = status(&Input {
        pod,
        old: pod.status.as_ref().unwrap_or(&PodStatus::default()),
        observed: &observed,
        reasons: &Reasons::default(),
        verdicts: &verdicts,
        terminal: false,
        host_ips: &[host.to_string()],
        recursive_read_only: false,
        resize: &Conditions::default(),
        evicted: None,
        disruption: None,
        now,
    });
    Ok(json!({"metadata": {"uid": uid(pod)}, "status": serde_json::to_value(status)?}))
}
