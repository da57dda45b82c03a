//! Time of parse, decode and encode per object: `cargo bench -p skeg-model --bench codec`.
use skeg_model::{
    Value, schema,
    wire::{self, json},
};
use std::{fmt::Write as _, hint::black_box, time::Instant};

const ROUNDS: u32 = 20_000;

fn main() {
    let config_map = config_map();
    report("ConfigMap", "ConfigMap", &config_map);
    report("Pod", "Pod", POD);
}

fn report(name: &str, kind: &str, text: &str) {
    let ty = schema::by_kind("", "v1", kind).expect("a kind of the table");
    let tree = wire::decode(ty, json::parse(text.as_bytes()).expect("JSON")).expect("valid").value;
    let bytes = wire::encode(ty, &tree);
    let mut line = format!("{name:<12} {:>5} B ", bytes.len());
    let parse = time(|| black_box(json::parse(black_box(text.as_bytes()))).is_ok());
    let decode = time(|| {
        let raw = json::parse(black_box(text.as_bytes())).expect("JSON");
        black_box(wire::decode(ty, raw)).is_ok()
    });
    let encode = time(|| !black_box(wire::encode(ty, black_box(&tree))).is_empty());
    let meta = time(|| !black_box(wire::read_meta(black_box(&bytes))).name.is_empty());
    let splice = time(|| !black_box(wire::splice_resource_version(black_box(&bytes), 123_456)).is_empty());
    let untyped = time(|| black_box(serde_json::from_slice::<Value>(black_box(&bytes))).is_ok());
    for (what, nanos) in [
        ("parse", parse),
        ("parse+decode", decode),
        ("encode", encode),
        ("read_meta", meta),
        ("splice", splice),
        ("tree", untyped),
    ] {
        let _ = write!(line, "  {what} {:.2} us", f64::from(nanos) / 1000.0);
    }
    println!("{line}");
}

/// Nanoseconds of one call: the best of ten runs.
fn time(mut call: impl FnMut() -> bool) -> u32 {
    let mut best = u32::MAX;
    for _ in 0..10 {
        let started = Instant::now();
        for _ in 0..ROUNDS / 10 {
            assert!(call());
        }
        let nanos = started.elapsed().as_nanos() / u128::from(ROUNDS / 10);
        best = best.min(u32::try_from(nanos).unwrap_or(u32::MAX));
    }
    best
}

/// About 1 KB.
fn config_map() -> String {
    let mut data = String::new();
    for i in 0..8 {
        let _ = write!(data, r#"{}"key-{i}":"{}""#, if i == 0 { "" } else { "," }, "configuration text ".repeat(4));
    }
    format!(
        r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"config","namespace":"default","uid":"8b6f6a0e-5f0e-4f0e-9b1e-0a4d5c6b7a89","creationTimestamp":"2026-11-21T12:00:00Z","labels":{{"app":"web"}}}},"data":{{{data}}}}}"#
    )
}

const POD: &str = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-5d4f8c7b9-abcde","generateName":"web-5d4f8c7b9-","namespace":"default","uid":"8b6f6a0e-5f0e-4f0e-9b1e-0a4d5c6b7a89","generation":1,"creationTimestamp":"2026-11-21T12:00:00Z","labels":{"app":"web","pod-template-hash":"5d4f8c7b9"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f8c7b9","uid":"0a4d5c6b-5f0e-4f0e-9b1e-8b6f6a0e7a89","controller":true,"blockOwnerDeletion":true}]},"spec":{"volumes":[{"name":"token","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}],"defaultMode":420}}],"containers":[{"name":"web","image":"registry.example/web:1","ports":[{"containerPort":8080,"protocol":"TCP"}],"env":[{"name":"MODE","value":"production"}],"resources":{"limits":{"cpu":"500m","memory":"128Mi"},"requests":{"cpu":"100m","memory":"64Mi"}},"volumeMounts":[{"name":"token","readOnly":true,"mountPath":"/var/run/secrets/token"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","nodeName":"node-1","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-21T12:00:00Z"}],"qosClass":"Burstable"}}"#;
