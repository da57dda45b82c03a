//! EndpointSlices of Endpoints that somebody else writes for a Service without a selector.
use super::{MANAGED_BY, SERVICE_NAME, endpoint::Ports, pack};
use crate::{
    controllers::{
        Context,
        common::{owner, service},
    },
    runner::{Order, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        core::v1::{EndpointAddress, EndpointSubset, Endpoints, Service},
        discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::{Informer, Key, Object, key};
use skeg_model::status::Status;
use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const INDEX: &str = "mirrored";
/// `--mirroring-max-endpoints-per-subset`.
const ADDRESSES_MAX: usize = 1000;
const WORKERS: usize = 5;

/// Annotations that say something about the Endpoints object only.
const NOT_COPIED: &[&str] =
    &["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];

struct Controller {
    endpoints: Informer<Endpoints>,
    services: Informer<Service>,
    slices: Informer<EndpointSlice>,
}

struct View {
    /// None: nothing is to be mirrored.
    endpoints: Option<Arc<Endpoints>>,
    slices: Vec<Arc<EndpointSlice>>,
}

/// The endpointslice-mirroring controller.
pub fn start(context: &Context) {
    let name = "endpointslicemirroring-controller";
    let mut wiring = context.controller(name, "endpoint-slice-mirroring-controller");
    let endpoints = wiring.informer::<Endpoints>();
    let services = wiring.informer::<Service>();
    let slices = wiring.informer::<EndpointSlice>();
    slices.index(INDEX, |slice| service_of(slice).map(|key| key.to_string()).into_iter().collect());
    wiring.enqueue_changes(&endpoints);
    wiring.enqueue_changes(&services);
    let queue = wiring.queue();
    slices.on_change(move |change| {
        for key in [change.old, change.new].into_iter().flatten().filter_map(|slice| service_of(slice)) {
            queue.add(&key);
        }
    });
    wiring.run(Controller { endpoints, services, slices }, WORKERS);
}

fn service_of(slice: &EndpointSlice) -> Option<Key> {
    let ours = slice.label(MANAGED_BY) == Some(MANAGER);
    slice.label(SERVICE_NAME).filter(|_| ours).map(|name| key::key(slice.namespace(), name))
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let mut slices = self.slices.by_index(INDEX, key);
        slices.retain(|slice| !slice.is_deleting());
        let bare = |service: &Arc<Service>| service::selector_of(service).is_none();
        let wanted = self.services.get(key).filter(bare).is_some();
        let endpoints = self.endpoints.get(key).filter(|it| wanted && mirrored(it));
        Ok((endpoints.is_some() || !slices.is_empty()).then_some(View { endpoints, slices }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let mut changes = pack::Changes::default();
        let mut existing: BTreeMap<(&str, Ports), Vec<&EndpointSlice>> = BTreeMap::new();
        for slice in &view.slices {
            existing.entry((&slice.address_type, Ports::of_slice(slice))).or_default().push(slice);
        }
        if let Some(endpoints) = &view.endpoints {
            for ((family, ports), wanted) in desired(endpoints) {
                let slices = existing.remove(&(family, ports.clone())).unwrap_or_default();
                let fresh = || new_slice(endpoints, family, &ports);
                pack::pack(&slices, wanted, &labels(endpoints), &fresh, &mut changes);
            }
        }
        changes.delete.extend(existing.into_values().flatten().cloned());
        changes.recycle(|_| true);
        let mut plan = Plan::default();
        plan.then(changes.actions(), Order::Sequence);
        plan
    }
}

fn mirrored(endpoints: &Endpoints) -> bool {
    endpoints.label(SKIP) != Some("true") && endpoints.annotation(LEADER).is_none() && !endpoints.is_deleting()
}

/// The endpoints by family and ports.
fn desired(endpoints: &Endpoints) -> BTreeMap<(&'static str, Ports), Vec<Endpoint>> {
    let mut desired: BTreeMap<_, Vec<Endpoint>> = BTreeMap::new();
    for subset in endpoints.subsets.iter().flatten() {
        let ports = ports_of(subset);
        let ready = subset.addresses.iter().flatten().map(|address| (address, true));
        let not_ready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
        for (address, ready) in ready.chain(not_ready).take(ADDRESSES_MAX) {
            let Ok(ip) = address.ip.parse::<IpAddr>() else { continue };
            let family = if ip.is_ipv6() { "IPv6" } else { "IPv4" };
            desired.entry((family, ports.clone())).or_default().push(endpoint(address, ip, ready));
        }
    }
    desired
}

fn ports_of(subset: &EndpointSubset) -> Ports {
    Ports::new(subset.ports.iter().flatten().map(|port| EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(port.port),
        protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".into())),
        app_protocol: port.app_protocol.clone(),
    }))
}

fn endpoint(address: &EndpointAddress, ip: IpAddr, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![ip.to_string()],
        conditions: Some(EndpointConditions { ready: Some(ready), serving: None, terminating: None }),
        hostname: address.hostname.clone().filter(|hostname| !hostname.is_empty()),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    }
}

fn labels(endpoints: &Endpoints) -> BTreeMap<String, String> {
    let mut labels = endpoints.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), endpoints.name().into());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    labels
}

fn new_slice(endpoints: &Endpoints, family: &str, ports: &Ports) -> EndpointSlice {
    let copied = endpoints.metadata.annotations.iter().flatten();
    let copied = copied.filter(|(name, _)| !NOT_COPIED.contains(&name.as_str()));
    let annotations: BTreeMap<String, String> = copied.map(|(name, value)| (name.clone(), value.clone())).collect();
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", endpoints.name())),
            namespace: endpoints.namespace().map(Into::into),
            labels: Some(labels(endpoints)),
            annotations: (!annotations.is_empty()).then_some(annotations),
            owner_references: Some(vec![owner::controller_reference(endpoints)]),
            ..ObjectMeta::default()
        },
        address_type: family.into(),
        endpoints: None,
        ports: ports.to_typed(),
    }
}
