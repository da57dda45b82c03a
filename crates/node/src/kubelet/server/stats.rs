//! `/metrics/resource`: what the node, its pods and their containers have used, read when it is asked for.
use super::{Answer, text};
use crate::{
    cri::api,
    kubelet::{
        cgroups::pod_path,
        make::sandbox::{CONTAINER_NAME, POD_NAME, POD_NAMESPACE},
        shared::Shared,
    },
    pod::{qos::qos, spec},
};
use http::StatusCode;
use std::{fmt::Write, sync::Arc};

fn value_of(it: Option<&api::UInt64Value>) -> u64 {
    it.map_or(0, |it| it.value)
}

struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], amount: f64) {
        let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        let shown = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.0, "{name}{shown} {amount}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
fn float(it: u64) -> f64 {
    it as f64
}

pub(super) async fn resource_metrics(shared: &Arc<Shared>) -> Answer {
    let mut out = Metrics(String::new());
    let stats = shared.runtime.list_container_stats(None).await;
    let failed = stats.is_err();
    let stats = stats.unwrap_or_default();
    let labels = |it: &api::ContainerStats| {
        let map = it.attributes.as_ref().map(|it| it.labels.clone()).unwrap_or_default();
        let get = |key: &str| map.get(key).cloned().unwrap_or_default();
        [("container", get(CONTAINER_NAME)), ("namespace", get(POD_NAMESPACE)), ("pod", get(POD_NAME))]
    };
    let mut family = |name: &str, kind: &str, help: &str, of: &dyn Fn(&api::ContainerStats) -> f64| {
        out.family(name, kind, help);
        for one in &stats {
            let labels = labels(one);
            let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
            out.sample(name, &labels, of(one));
        }
    };
    let cpu = |it: &api::ContainerStats| value_of(it.cpu.as_ref().and_then(|it| it.usage_core_nano_seconds.as_ref()));
    let memory = |it: &api::ContainerStats| value_of(it.memory.as_ref().and_then(|it| it.working_set_bytes.as_ref()));
    family(
        "container_cpu_usage_seconds_total",
        "counter",
        "Cumulative cpu time consumed by the container in core-seconds",
        &|it| float(cpu(it)) / 1e9,
    );
    family("container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes", &|it| {
        float(memory(it))
    });
    started(shared, &mut out).await;
    node_and_pods(shared, &mut out);
    out.family(
        "resource_scrape_error",
        "gauge",
        "1 if there was an error while getting container metrics, 0 otherwise",
    );
    out.sample("resource_scrape_error", &[], f64::from(u8::from(failed)));
    text(StatusCode::OK, out.0)
}

async fn started(shared: &Shared, out: &mut Metrics) {
    let containers = shared.runtime.list_containers(None).await.unwrap_or_default();
    out.family("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds");
    for one in containers.iter().filter(|it| it.state() == api::ContainerState::ContainerRunning) {
        let get = |key: &str| one.labels.get(key).map_or("", String::as_str);
        let labels = [("container", get(CONTAINER_NAME)), ("namespace", get(POD_NAMESPACE)), ("pod", get(POD_NAME))];
        #[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
        out.sample("container_start_time_seconds", &labels, one.created_at as f64 / 1e9);
    }
}

fn node_and_pods(shared: &Shared, out: &mut Metrics) {
    let node = shared.cgroups.usage("/");
    out.family("node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node in core-seconds");
    out.sample("node_cpu_usage_seconds_total", &[], float(node.cpu_nanos) / 1e9);
    out.family("node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes");
    out.sample("node_memory_working_set_bytes", &[], float(node.working_set_bytes));
    let pods = shared.registry.active();
    let usage = |pod: &k8s_openapi::api::core::v1::Pod| {
        shared.cgroups.usage(&pod_path(&shared.config.settings.cgroup_root, qos(pod), spec::uid(pod)))
    };
    out.family("pod_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the pod in core-seconds");
    for pod in &pods {
        let labels = [("namespace", spec::namespace(pod)), ("pod", spec::name(pod))];
        out.sample("pod_cpu_usage_seconds_total", &labels, float(usage(pod).cpu_nanos) / 1e9);
    }
    out.family("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes");
    for pod in &pods {
        let labels = [("namespace", spec::namespace(pod)), ("pod", spec::name(pod))];
        out.sample("pod_memory_working_set_bytes", &labels, float(usage(pod).working_set_bytes));
    }
}
