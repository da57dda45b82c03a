//! Tables over the machine: specs as JSON, what the runtime shows in one line each, what is expected.
use super::{
    Container, Observed, Plan, Sandbox, State, backoff,
    hash::container_hash,
    plan::{self, Verdicts},
    spec::find,
    status::{Input, Reasons, status},
    status_merge,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use serde_json::{Value, json};

fn pod(spec: Value) -> Pod {
    let mut spec = spec;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            container["image"] = "app:1".into();
        }
    }
    let metadata = json!({"name": "p", "namespace": "ns", "uid": "u", "generation": 1});
    serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
}

/// `c=running`, `c=exited:3`, `c=created`; later ones are newer. Ids are the name and the position.
fn observed(pod: &Pod, sandbox: Option<bool>, lines: &[&str]) -> Observed {
    let mut made = Observed { runtime: "containerd".into(), ..Observed::default() };
    if let Some(ready) = sandbox {
        let ips = vec!["10.0.0.1".to_owned()];
        let id = "s".to_owned();
        made.sandboxes.push(Sandbox { id, attempt: 0, ready, host_network: false, ips, created_at: 1 });
    }
    for (at, line) in lines.iter().enumerate() {
        let (name, state) = line.split_once('=').unwrap();
        let (state, code) = state.split_once(':').unwrap_or((state, "0"));
        let earlier = lines[..at].iter().filter(|it| it.starts_with(&format!("{name}="))).count();
        made.containers.push(Container {
            id: format!("{name}{at}"),
            sandbox_id: "s".into(),
            name: name.into(),
            state: match state {
                "running" => State::Running,
                "created" => State::Created,
                "exited" => State::Exited,
                _ => State::Unknown,
            },
            created_at: i64::try_from(at).unwrap() + 10,
            started_at: 1_000_000_000,
            finished_at: 2_000_000_000,
            exit_code: code.parse().unwrap(),
            reason: if code == "0" { "Completed" } else { "Error" }.into(),
            message: String::new(),
            image: "app:1".into(),
            image_id: "sha256:1".into(),
            restart_count: i32::try_from(earlier).unwrap(),
            hash: find(pod, name).map(|(_, it)| container_hash(&it)).unwrap_or_default(),
            user: None,
            resources: None,
            stop_signal: None,
            log_path: String::new(),
            labels: Default::default(),
            annotations: Default::default(),
        });
    }
    made.sort();
    made
}

fn shown(plan: &Plan) -> String {
    let mut parts = Vec::new();
    if plan.kill_pod {
        parts.push("kill pod".to_owned());
    }
    parts.extend(plan.create_sandbox.map(|attempt| format!("sandbox {attempt}")));
    parts.extend(plan.kill.iter().map(|kill| format!("kill {} ({})", kill.id, kill.message)));
    parts.extend(plan.reset.iter().map(|(id, kill)| format!("reset {id} {kill}")));
    parts.extend(plan.start_init.iter().map(|index| format!("init {index}")));
    parts.extend(plan.start.iter().map(|index| format!("start {index}")));
    parts.join(", ")
}

fn check_plan(spec: Value, sandbox: Option<bool>, lines: &[&str], verdicts: &Verdicts, want: &str) {
    let pod = pod(spec);
    let observed = observed(&pod, sandbox, lines);
    let plan = plan::plan(&pod, &observed, verdicts, &PodStatus::default(), &std::collections::BTreeSet::new());
    assert_eq!(shown(&plan), want, "{lines:?}");
}

#[test]
fn plans() {
    let check = |spec: Value, sandbox, lines: &[&str], want| {
        check_plan(spec, sandbox, lines, &Verdicts::default(), want);
    };
    let one = || json!({"containers": [{"name": "a"}]});
    check(one(), None, &[], "kill pod, sandbox 0, start 0");
    check(one(), Some(true), &[], "start 0");
    check(one(), Some(true), &["a=running"], "");
    check(one(), Some(true), &["a=exited:1"], "start 0");
    check(one(), Some(false), &["a=exited:1"], "kill pod, sandbox 1, start 0");
    let never = |policy: &str| json!({"restartPolicy": policy, "containers": [{"name": "a"}, {"name": "b"}]});
    check(never("Never"), Some(true), &["a=exited:1", "b=running"], "");
    check(never("Never"), Some(true), &["a=exited:1", "b=exited"], "kill pod");
    check(never("Never"), Some(false), &["a=exited:1", "b=exited"], "kill pod");
    check(never("OnFailure"), Some(true), &["a=exited:1", "b=exited"], "start 0");
    check(never("OnFailure"), Some(false), &["a=exited", "b=exited"], "kill pod");
}

#[test]
fn init_plans() {
    let check = |policy: &str, lines: &[&str], want| {
        let spec = json!({"restartPolicy": policy, "initContainers": [{"name": "i"}, {"name": "j"}],
            "containers": [{"name": "a"}]});
        check_plan(spec, Some(true), lines, &Verdicts::default(), want);
    };
    check("Always", &[], "init 0");
    check("Always", &["i=running"], "");
    check("Always", &["i=exited"], "init 1");
    check("Always", &["i=exited:1"], "init 0");
    check("Never", &["i=exited:1"], "kill pod");
    check("Always", &["i=exited", "j=exited"], "start 0");
    check("Always", &["j=exited"], "start 0");
    check("Always", &["i=exited", "j=exited", "a=running"], "");
}

#[test]
fn sidecar_plans() {
    let check = |lines: &[&str], started: &[&str], want| {
        let probe = json!({"exec": {"command": ["true"]}});
        let spec = json!({"initContainers": [
            {"name": "s", "restartPolicy": "Always", "startupProbe": probe}, {"name": "i"}],
            "containers": [{"name": "a"}]});
        let startup = started.iter().map(|id| ((*id).to_owned(), true)).collect();
        check_plan(spec, Some(true), lines, &Verdicts { startup, ..Verdicts::default() }, want);
    };
    check(&["s=running"], &[], "");
    check(&["s=running"], &["s0"], "init 1");
    check(&["s=running", "i=exited"], &["s0"], "start 0");
    check(&["s=exited:1", "i=exited", "a=running"], &[], "init 0");
}

#[test]
fn probe_plans() {
    let check = |policy: &str, want| {
        let spec = json!({"restartPolicy": policy, "containers": [{"name": "a"}, {"name": "b"}]});
        let verdicts = Verdicts { liveness: [("a0".to_owned(), false)].into(), ..Verdicts::default() };
        check_plan(spec, Some(true), &["a=running", "b=running"], &verdicts, want);
    };
    check("Always", "kill a0 (Container a failed liveness probe, will be restarted), start 0");
    check("Never", "kill a0 (Container a failed liveness probe)");
}

fn compute(pod: &Pod, observed: &Observed, old: &PodStatus, reasons: &Reasons, terminal: bool) -> PodStatus {
    status(&Input {
        pod,
        old,
        observed,
        reasons,
        verdicts: &Verdicts::default(),
        terminal,
        host_ips: &["192.0.2.1".to_owned()],
        recursive_read_only: true,
        resize: &super::resize::Conditions::default(),
        evicted: None,
        disruption: None,
        now: Timestamp::from_second(100).unwrap(),
    })
}

fn check_phase(spec: Value, lines: &[&str], want: &str) {
    let pod = pod(spec);
    let observed = observed(&pod, Some(true), lines);
    let made = compute(&pod, &observed, &PodStatus::default(), &Reasons::new(), false);
    assert_eq!(made.phase.as_deref(), Some(want), "{lines:?}");
}

#[test]
fn phases() {
    let spec = |policy: &str| json!({"restartPolicy": policy, "containers": [{"name": "a"}, {"name": "b"}]});
    check_phase(spec("Always"), &[], "Pending");
    check_phase(spec("Always"), &["a=running"], "Pending");
    check_phase(spec("Always"), &["a=running", "b=running"], "Running");
    check_phase(spec("Always"), &["a=exited:1", "b=exited"], "Running");
    check_phase(spec("Never"), &["a=exited", "b=running"], "Running");
    check_phase(spec("Never"), &["a=exited", "b=exited"], "Succeeded");
    check_phase(spec("Never"), &["a=exited:2", "b=exited"], "Failed");
    check_phase(spec("OnFailure"), &["a=exited:2", "b=exited"], "Running");
    let init = json!({"restartPolicy": "Never", "initContainers": [{"name": "i"}], "containers": [{"name": "a"}]});
    check_phase(init.clone(), &["i=running"], "Pending");
    check_phase(init, &["i=exited:1"], "Failed");
}

#[test]
fn a_wait_is_explained_and_the_end_before_it_kept() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let observed = observed(&pod, Some(true), &["a=exited:1", "a=exited:2"]);
    let reasons = Reasons::from([("a".to_owned(), ("CrashLoopBackOff".to_owned(), "back-off 10s".to_owned()))]);
    let made = compute(&pod, &observed, &PodStatus::default(), &reasons, false);
    let container = &made.container_statuses.as_ref().unwrap()[0];
    let waiting = container.state.as_ref().unwrap().waiting.as_ref().unwrap();
    assert_eq!(waiting.reason.as_deref(), Some("CrashLoopBackOff"));
    assert_eq!(container.last_state.as_ref().unwrap().terminated.as_ref().unwrap().exit_code, 2);
    assert_eq!(container.restart_count, 1);
    let kinds: Vec<&str> = made.conditions.iter().flatten().map(|it| it.type_.as_str()).collect();
    assert_eq!(kinds, ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]);
}

#[test]
fn a_pod_deleted_before_its_start_counts_as_failed() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let made = compute(&pod, &Observed::default(), &PodStatus::default(), &Reasons::new(), true);
    let made = status_merge::terminate(&pod, made, Timestamp::UNIX_EPOCH);
    assert_eq!(made.phase.as_deref(), Some("Failed"));
    let container = &made.container_statuses.as_ref().unwrap()[0];
    let how = container.state.as_ref().unwrap().terminated.as_ref().unwrap();
    assert_eq!((how.exit_code, how.reason.as_deref()), (137, Some("ContainerStatusUnknown")));
}

#[test]
fn patches_say_only_what_changed() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let before = compute(&pod, &observed(&pod, Some(true), &[]), &PodStatus::default(), &Reasons::new(), false);
    assert_eq!(status_merge::patch(&pod, &before, &before), None);
    let after = compute(&pod, &observed(&pod, Some(true), &["a=running"]), &before, &Reasons::new(), false);
    let patch = status_merge::patch(&pod, &before, &after).unwrap();
    assert_eq!(patch["status"]["phase"], "Running");
    assert!(patch["status"].get("podIP").is_none());
    let ready = patch["status"]["conditions"].as_array().unwrap().iter().find(|it| it["type"] == "Ready").unwrap();
    assert_eq!((&ready["status"], ready.get("reason")), (&json!("True"), Some(&Value::Null)));
}

#[test]
fn an_end_is_not_reported_while_something_may_run() {
    let running = PodStatus { phase: Some("Running".into()), ..PodStatus::default() };
    let failed = PodStatus { phase: Some("Failed".into()), reason: Some("Evicted".into()), ..PodStatus::default() };
    let delayed = status_merge::delay_end(&running, failed.clone(), true);
    assert_eq!((delayed.phase.as_deref(), delayed.reason), (Some("Running"), None));
    assert_eq!(status_merge::delay_end(&running, failed.clone(), false), failed);
}

#[test]
fn back_off_doubles_and_starts_over() {
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let mut backoff = backoff::Backoff::default();
    assert_eq!(backoff.owed("a", at(0), at(0)), None);
    backoff.next("a", at(0), at(0));
    let owed = |backoff: &backoff::Backoff, since, now| backoff.owed("a", since, now).map(|(delay, _)| delay.as_secs());
    assert_eq!(owed(&backoff, at(1), at(2)), Some(10));
    assert_eq!(owed(&backoff, at(1), at(11)), None);
    backoff.next("a", at(1), at(11));
    assert_eq!(owed(&backoff, at(12), at(13)), Some(20));
    for step in 0..10 {
        backoff.next("a", at(20 + step), at(20 + step));
    }
    assert_eq!(owed(&backoff, at(30), at(30)), Some(300));
    assert_eq!(owed(&backoff, at(1000), at(1000)), None);
    backoff.next("a", at(1000), at(1000));
    assert_eq!(owed(&backoff, at(1000), at(1000)), Some(10));
    assert_eq!(backoff::go_duration(SignedDuration::from_secs(160)), "2m40s");
}
