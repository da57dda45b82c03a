//! The pod's table row: readiness, the reason that says most, restarts.
use crate::{
    Value,
    kinds::{
        Column,
        columns::{
            self,
            Doc::{Field, Text},
            column, int, items, text, text_or, wide,
        },
    },
};
use jiff::Timestamp;
use serde_json::json;

pub(super) const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Ready", "string", Text("The aggregate readiness state of this pod for accepting traffic."), |pod, now| {
        let summary = Summary::of(pod, now);
        format!("{}/{}", summary.ready, summary.total).into()
    }),
    column("Status", "string", Text("The aggregate status of the containers in this pod."), |pod, now| {
        Summary::of(pod, now).reason.into()
    }),
    column(
        "Restarts",
        "string",
        Text(
            "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
        ),
        |pod, now| Summary::of(pod, now).restarts.into(),
    ),
    columns::AGE,
    wide("IP", "string", Field("io.k8s.api.core.v1.PodStatus", "podIP"), |pod, _| {
        text_or(pod, "/status/podIPs/0/ip", "<none>")
    }),
    wide("Node", "string", Field("io.k8s.api.core.v1.PodSpec", "nodeName"), |pod, _| {
        text_or(pod, "/spec/nodeName", "<none>")
    }),
    wide("Nominated Node", "string", Field("io.k8s.api.core.v1.PodStatus", "nominatedNodeName"), |pod, _| {
        text_or(pod, "/status/nominatedNodeName", "<none>")
    }),
    wide("Readiness Gates", "string", Field("io.k8s.api.core.v1.PodSpec", "readinessGates"), |pod, _| {
        readiness_gates(pod)
    }),
];

/// Finished pods are marked so that clients can hide them.
pub(super) fn conditions(pod: &Value) -> Option<Value> {
    let mark = |reason: &str, message: &str| {
        Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
    };
    match text(pod, "/status/phase").as_str() {
        "Succeeded" => mark("Succeeded", "The pod has completed successfully."),
        "Failed" => mark("Failed", "The pod failed."),
        _ => None,
    }
}

fn readiness_gates(pod: &Value) -> Value {
    let gates = items(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let met = gates.iter().filter(|gate| {
        let condition = items(pod, "/status/conditions").iter().find(|c| c["type"] == gate["conditionType"]);
        condition.is_some_and(|c| c["status"] == "True")
    });
    format!("{}/{}", met.count(), gates.len()).into()
}

struct Summary {
    ready: usize,
    total: usize,
    reason: String,
    restarts: String,
}

/// Restarts and the time of the last one.
#[derive(Default, Clone)]
struct Restarts {
    count: i64,
    last: Option<String>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += int(status, "/restartCount");
        // Times of one form compare as texts.
        let finished = status.pointer("/lastState/terminated/finishedAt").and_then(Value::as_str);
        self.last = self.last.take().max(finished.map(str::to_owned));
    }
}

impl Summary {
    fn of(pod: &Value, now: Timestamp) -> Self {
        let inits = items(pod, "/spec/initContainers");
        let sidecars = inits.iter().filter(|c| c["restartPolicy"] == "Always").count();
        let mut summary = Self {
            ready: 0,
            total: items(pod, "/spec/containers").len() + sidecars,
            reason: [text(pod, "/status/reason"), text(pod, "/status/phase")]
                .into_iter()
                .find(|t| !t.is_empty())
                .unwrap_or_default(),
            restarts: String::new(),
        };
        let gated = |c: &Value| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated";
        if items(pod, "/status/conditions").iter().any(gated) {
            summary.reason = "SchedulingGated".into();
        }
        let (initializing, mut restarts, sidecar_restarts) = summary.add_init_containers(pod);
        if !initializing || has_condition(pod, "Initialized") {
            restarts = sidecar_restarts;
            summary.add_containers(pod, &mut restarts);
        }
        if !pod["metadata"]["deletionTimestamp"].is_null() {
            if text(pod, "/status/reason") == "NodeLost" {
                summary.reason = "Unknown".into();
            } else if !matches!(text(pod, "/status/phase").as_str(), "Failed" | "Succeeded") {
                summary.reason = "Terminating".into();
            }
        }
        summary.restarts = match restarts.last {
            Some(last) if restarts.count != 0 => {
                format!("{} ({} ago)", restarts.count, columns::since(Some(&last), now))
            }
            _ => restarts.count.to_string(),
        };
        summary
    }

    /// Whether init containers still run or have failed; restarts of all up to there, and of the sidecars alone.
    fn add_init_containers(&mut self, pod: &Value) -> (bool, Restarts, Restarts) {
        let specs = items(pod, "/spec/initContainers");
        let (mut all, mut sidecars) = (Restarts::default(), Restarts::default());
        for (i, status) in items(pod, "/status/initContainerStatuses").iter().enumerate() {
            all.add(status);
            let is_sidecar = specs.iter().any(|c| c["name"] == status["name"] && c["restartPolicy"] == "Always");
            if is_sidecar {
                sidecars.add(status);
            }
            let terminated = &status["state"]["terminated"];
            let waiting = text(status, "/state/waiting/reason");
            if terminated.is_object() && int(terminated, "/exitCode") == 0 {
                continue;
            }
            if is_sidecar && status["started"] == true {
                self.ready += usize::from(status["ready"] == true);
                continue;
            }
            self.reason = if terminated.is_object() {
                format!("Init:{}", ended(terminated))
            } else if !waiting.is_empty() && waiting != "PodInitializing" {
                format!("Init:{waiting}")
            } else {
                format!("Init:{i}/{}", specs.len())
            };
            return (true, all, sidecars);
        }
        (false, all, sidecars)
    }

    /// The first container's reason wins, so they are looked at from the last.
    fn add_containers(&mut self, pod: &Value, restarts: &mut Restarts) {
        let mut running = false;
        let mut failure = None;
        for status in items(pod, "/status/containerStatuses").iter().rev() {
            restarts.add(status);
            let terminated = &status["state"]["terminated"];
            let waiting = text(status, "/state/waiting/reason");
            if !waiting.is_empty() {
                self.reason = waiting;
            } else if terminated.is_object() {
                self.reason = ended(terminated);
                if int(terminated, "/exitCode") != 0 {
                    failure = Some(self.reason.clone());
                }
            } else if status["ready"] == true && status["state"]["running"].is_object() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" {
            if running && has_condition(pod, "Ready") {
                self.reason = "Running".into();
            } else if let Some(failure) = failure {
                self.reason = failure;
            } else if running {
                self.reason = "NotReady".into();
            }
        }
    }
}

/// Why a container ended.
fn ended(terminated: &Value) -> String {
    let reason = text(terminated, "/reason");
    match int(terminated, "/signal") {
        _ if !reason.is_empty() => reason,
        0 => format!("ExitCode:{}", int(terminated, "/exitCode")),
        signal => format!("Signal:{signal}"),
    }
}

fn has_condition(pod: &Value, ty: &str) -> bool {
    items(pod, "/status/conditions").iter().any(|c| c["type"] == ty && c["status"] == "True")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{columns::tests::row, pod::KIND};

    #[test]
    fn rows() {
        let check = |pod: Value, want: [&str; 3]| {
            let row = row(&KIND, pod.clone());
            assert_eq!([&row[1], &row[2], &row[3]], want, "{pod}");
        };
        let spec = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        check(json!({"spec": spec, "status": {"phase": "Pending"}}), ["0/2", "Pending", "0"]);
        check(
            json!({"spec": spec, "status": {"phase": "Running", "containerStatuses": [
                {"name": "a", "ready": true, "state": {"running": {}}},
                {"name": "b", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                 "lastState": {"terminated": {"finishedAt": "2026-01-01T23:59:00Z"}}}]}}),
            ["1/2", "CrashLoopBackOff", "3 (60s ago)"],
        );
        check(
            json!({"spec": spec, "status": {"phase": "Running", "containerStatuses": [
                {"state": {"terminated": {"reason": "Completed"}}}, {"ready": true, "state": {"running": {}}}]}}),
            ["1/2", "NotReady", "0"],
        );
        check(
            json!({"spec": spec, "metadata": {"deletionTimestamp": "t"}, "status": {"phase": "Running"}}),
            ["0/2", "Terminating", "0"],
        );
        check(
            json!({"spec": {"containers": [{}], "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]},
                "status": {"phase": "Pending", "initContainerStatuses": [{"name": "i", "restartCount": 2, "state": {"terminated": {"exitCode": 3}}}]}}),
            ["0/2", "Init:ExitCode:3", "2"],
        );
        check(
            json!({"spec": spec, "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}}),
            ["0/2", "SchedulingGated", "0"],
        );
    }
}
