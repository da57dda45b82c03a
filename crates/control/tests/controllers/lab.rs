//! A fake API server with controllers that can be stopped and started, and nodes that run pods in name.
use crate::objects::{Objects, gvr};
use serde_json::{Value, json};
use skeg_client::{Client, SharedTransport, object::target};
use skeg_control::controllers::{ControllerManagerConfig, Costs, Running, start};
use skeg_model::{
    request::{DeleteOptions, Propagation, Target},
    time::{Clock, rfc3339_seconds},
};
use skeg_testing::{
    api::{FakeApi, FakeTransport, SilentTransport},
    clock::TokioClock,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A node with this label reports in every round.
pub const ALIVE: &str = "test/alive";
/// How long a round of [`Lab::settle`] lasts, and how many quiet ones make it end.
const ROUND: Duration = Duration::from_secs(30);
const QUIET_ROUNDS: usize = 5;
const ROUNDS_MAX: usize = 200;

pub struct Lab {
    pub api: Arc<FakeApi>,
    pub clock: Arc<TokioClock>,
    pub client: Client,
    controllers: Vec<String>,
    running: Option<(Running, CancellationToken)>,
}

/// Where an object as the tables write it belongs.
pub fn place(resource: &'static str, object: &Value) -> Target {
    target(gvr(resource), object["metadata"]["namespace"].as_str(), None, None)
}

impl Lab {
    pub fn new(controllers: &[&str], objects: &[(&'static str, Value)]) -> Self {
        let clock = Arc::new(TokioClock::default());
        let api = FakeApi::new(clock.clone());
        let client = Client::new(Arc::new(SilentTransport(api.clone())));
        let controllers = controllers.iter().map(|name| (*name).to_owned()).collect();
        let mut lab = Self { api, clock, client, controllers, running: None };
        lab.api.load(objects.iter().map(|(resource, object)| (place(resource, object), object.clone())));
        lab.start();
        lab
    }

    pub async fn create(&self, resource: &'static str, object: Value) {
        self.client.create_tree(&place(resource, &object), object).await.unwrap();
    }

    pub async fn update(&self, resource: &'static str, name: &str, change: impl Fn(&mut Value)) {
        let objects = self.api.objects(resource);
        let mut object = objects.into_iter().find(|object| object["metadata"]["name"] == name).unwrap();
        let before = object.clone();
        change(&mut object);
        let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
        let subresource = (object["status"] != before["status"]).then_some("status");
        let target = target(gvr(resource), namespace.as_deref(), Some(name), subresource);
        self.client.update_tree(&target, object).await.unwrap();
    }

    pub async fn delete(&self, resource: &'static str, namespace: Option<&str>, name: &str, how: Option<Propagation>) {
        let options = DeleteOptions { propagation: how, ..DeleteOptions::default() };
        self.client.delete_target(&target(gvr(resource), namespace, Some(name), None), options).await.unwrap();
    }

    pub fn start(&mut self) {
        let transport: SharedTransport = Arc::new(FakeTransport(self.api.clone()));
        let client = Client::new(transport.clone());
        let client_for = Arc::new(move |_: &str| Client::new(transport.clone()));
        let mut config = ControllerManagerConfig::new(client, client_for, self.clock.clone(), "PEM".into());
        config.controllers.clone_from(&self.controllers);
        config.node_eviction_rate = 5.0;
        config.legacy_token_clean_up_period = Duration::from_secs(1);
        config.service_account_tokens = Some(Arc::new(|_: &str, secret: &str, _: &str, _: &str| Ok(secret.to_owned())));
        let sign = |text: &str, id: &str, secret: &str| Ok(format!("{id} {secret} {text}"));
        config.cluster_info_signer = Some(Arc::new(sign));
        let token = CancellationToken::new();
        self.running = Some((start(config, &token).unwrap(), token));
    }

    pub async fn stop(&mut self) {
        let (running, token) = self.running.take().unwrap();
        token.cancel();
        running.stop().await;
    }

    pub fn costs(&self) -> Costs {
        self.running.as_ref().unwrap().0.costs()
    }

    /// Runs until the controllers have written nothing for a while of (paused) time; nodes do their part meanwhile.
    pub async fn settle(&self) {
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            let before = self.api.writes();
            tokio::time::sleep(ROUND).await;
            let reported = self.report().await;
            quiet = if reported || self.api.writes() != before { 0 } else { quiet + 1 };
            if quiet == QUIET_ROUNDS {
                return;
            }
        }
        panic!(
            "{:?} still write: {:?}",
            self.controllers,
            self.api.take_writes().iter().rev().take(9).collect::<Vec<_>>()
        );
    }

    /// What kubelets do: heartbeats, pods that become ready or go. Answers whether pods changed.
    pub async fn report(&self) -> bool {
        let mut silent = Vec::new();
        for node in self.api.objects("nodes") {
            let name = node["metadata"]["name"].as_str().unwrap().to_owned();
            if node["metadata"]["labels"][ALIVE].is_null() {
                silent.push(name);
                continue;
            }
            let now = rfc3339_seconds(self.clock.now());
            let beat = |node: &mut Value| {
                for condition in node["status"]["conditions"].as_array_mut().into_iter().flatten() {
                    condition["lastHeartbeatTime"] = now.clone().into();
                }
            };
            self.update("nodes", &name, beat).await;
        }
        let mut changed = false;
        for pod in self.api.objects("pods") {
            let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
            if pod["spec"]["nodeName"].as_str().is_some_and(|node| silent.iter().any(|name| name == node)) {
                continue;
            }
            if pod["metadata"]["deletionTimestamp"].is_string() && pod["spec"]["nodeName"].is_string() {
                changed = true;
                let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
                let namespace = pod["metadata"]["namespace"].as_str();
                let _ = self.client.delete_target(&target(gvr("pods"), namespace, Some(&name), None), options).await;
            } else if pod["status"].is_null() && pod["metadata"]["deletionTimestamp"].is_null() {
                changed = true;
                let now = rfc3339_seconds(self.clock.now());
                self.update("pods", &name, |pod| pod["status"] = ready_status(&now)).await;
            }
        }
        changed
    }

    /// The world without what differs from run to run.
    pub fn world(&self) -> BTreeMap<String, Vec<String>> {
        self.api.resources().into_iter().filter(|it| it != "events").map(|it| (it.clone(), self.plain(&it))).collect()
    }

    fn plain(&self, resource: &str) -> Vec<String> {
        let mut texts: Vec<String> = self.api.objects(resource).into_iter().map(plain).collect();
        texts.sort();
        texts
    }

    /// The controllers' writes since last asked, events left out.
    pub fn writes(&self) -> Vec<String> {
        self.api.take_writes().into_iter().filter(|line| !line.contains(" events")).collect()
    }
}

pub fn ready_status(now: &str) -> Value {
    json!({
        "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{ "ip": "10.0.0.1" }],
        "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": now }],
    })
}

fn plain(mut object: Value) -> String {
    let meta = object["metadata"].as_object_mut().unwrap();
    if let Some(prefix) = meta.get("generateName").cloned() {
        meta.insert("name".into(), prefix);
    }
    strip(&mut object);
    object.to_string()
}

fn strip(value: &mut Value) {
    const UNSTABLE: &[&str] = &[
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "observedGeneration",
        "timeAdded",
        "podCIDR",
        // Of conditions: they tell by which step it was reached.
        "reason",
        "message",
        "podCIDRs",
        "kubernetes.io/service-account.uid",
        "endpoints.kubernetes.io/last-change-trigger-time",
    ];
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !UNSTABLE.contains(&name.as_str()) && !name.ends_with("Time"));
            for (name, value) in fields.iter_mut() {
                match name.as_str() {
                    "deletionTimestamp" => *value = "set".into(),
                    // Dependents and targets have generated names.
                    "targetRef" => *value = value["kind"].take(),
                    _ => strip(value),
                }
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(strip);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}

/// Objects as the tables write them.
pub fn target_of_bystanders(objects: Objects) -> impl Iterator<Item = (Target, Value)> {
    objects.into_iter().map(|(resource, object)| (place(resource, &object), object))
}
