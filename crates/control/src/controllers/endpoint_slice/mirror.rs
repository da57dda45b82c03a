//! EndpointSlices of Endpoints that somebody else writes for a Service without a selector.
use super::{MANAGED_BY, SERVICE_NAME, endpoint::Ports, pack, service_of};
use crate::{
    controllers::{Context, common::owner, endpoints::subsets},
    runner::{Action, Note, Order, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        core::v1::{EndpointAddress, EndpointSubset, Endpoints, Service},
        discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::{Informer, Key, Object, reference_to};
use skeg_model::status::Status;
use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const INDEX: &str = "mirrored";

/// Annotations that say something about the Endpoints object only.
const NOT_COPIED: &[&str] =
    &["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];

struct Controller {
    endpoints: Informer<Endpoints>,
    services: Informer<Service>,
    slices: Informer<EndpointSlice>,
    /// `--mirroring-max-endpoints-per-subset`.
    most: usize,
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
    slices.index(INDEX, |slice| service_of(slice, MANAGER).map(|key| key.to_string()).into_iter().collect());
    wiring.enqueue_changes(&endpoints);
    wiring.enqueue_changes(&services);
    let queue = wiring.queue();
    slices.on_change(move |change| {
        for key in [change.old, change.new].into_iter().flatten().filter_map(|slice| service_of(slice, MANAGER)) {
            queue.add(&key);
        }
    });
    let most = context.config.mirroring_max_endpoints_per_subset;
    let workers = context.config.concurrency.mirroring_service_endpoint;
    wiring.run(Controller { endpoints, services, slices, most }, workers);
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let mut slices = self.slices.by_index(INDEX, key);
        slices.retain(|slice| !slice.is_deleting());
        let bare = |service: &Arc<Service>| {
            service.spec.as_ref().and_then(|spec| spec.selector.as_ref()).is_none_or(BTreeMap::is_empty)
        };
        let wanted = self.services.get(key).filter(bare).is_some();
        let endpoints = self.endpoints.get(key).filter(|it| wanted && mirrored(it));
        Ok((endpoints.is_some() || !slices.is_empty()).then_some(View { endpoints, slices }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let mut existing: BTreeMap<(&str, Ports), Vec<&EndpointSlice>> = BTreeMap::new();
        for slice in &view.slices {
            existing.entry((&slice.address_type, Ports::of_slice(slice))).or_default().push(slice);
        }
        let mut plan = Plan::default();
        let mut changes = pack::Changes::default();
        if let Some(endpoints) = &view.endpoints {
            let desired = desired(endpoints, self.most);
            plan.then(desired.notes(endpoints, self.most), Order::Sequence);
            for ((family, ports), wanted) in desired.by_ports {
                let slices = existing.remove(&(family, ports.clone())).unwrap_or_default();
                mirror(endpoints, &slices, new_slice(endpoints, family, &ports, wanted), &mut changes);
            }
        }
        changes.delete.extend(existing.into_values().flatten().cloned());
        changes.recycle(|_| true);
        if view.endpoints.as_ref().is_some_and(|endpoints| endpoints.is_deleting()) {
            changes.create.clear();
        }
        plan.then(changes.actions(), Order::Sequence);
        plan
    }
}

/// One slice per family and ports: the first one is made right, others go.
fn mirror(endpoints: &Endpoints, slices: &[&EndpointSlice], wanted: EndpointSlice, changes: &mut pack::Changes) {
    let Some((first, rest)) = slices.split_first() else {
        changes.create.push(wanted);
        return;
    };
    changes.delete.extend(rest.iter().map(|slice| (*slice).clone()));
    let annotations = |slice: &EndpointSlice| slice.metadata.annotations.clone().unwrap_or_default();
    let mut owners = first.metadata.owner_references.iter().flatten();
    let foreign =
        owners.any(|owner| owner.kind == "Endpoints" && owner.name == endpoints.name() && owner.uid != endpoints.uid());
    let same = pack::same_endpoints(first, &wanted)
        && first.metadata.labels == wanted.metadata.labels
        && annotations(first) == annotations(&wanted)
        && !foreign;
    if !same {
        let metadata = ObjectMeta {
            labels: wanted.metadata.labels,
            annotations: wanted.metadata.annotations,
            owner_references: wanted.metadata.owner_references,
            ..first.metadata.clone()
        };
        changes.update.push(EndpointSlice { metadata, ..wanted });
    }
}

fn mirrored(endpoints: &Endpoints) -> bool {
    endpoints.label(SKIP) != Some("true") && endpoints.annotation(LEADER).is_none()
}

/// What the slices should hold.
#[derive(Default)]
struct Desired {
    by_ports: BTreeMap<(&'static str, Ports), Vec<Endpoint>>,
    /// Addresses that are none.
    invalid: usize,
    /// Addresses left out for whatever reason.
    skipped: usize,
}

fn desired(endpoints: &Endpoints, most: usize) -> Desired {
    let mut desired = Desired::default();
    for subset in subsets::repack(endpoints.subsets.as_deref().unwrap_or_default()) {
        let ports = ports_of(&subset);
        let ready = subset.addresses.iter().flatten().map(|address| (address, true));
        let not_ready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
        let mut taken = 0;
        for (address, ready) in ready.chain(not_ready) {
            if taken >= most {
                desired.skipped += 1;
                continue;
            }
            let Ok(ip) = address.ip.parse::<IpAddr>() else {
                desired.invalid += 1;
                desired.skipped += 1;
                continue;
            };
            taken += 1;
            let family = if ip.is_ipv6() { "IPv6" } else { "IPv4" };
            desired.by_ports.entry((family, ports.clone())).or_default().push(endpoint(address, ip, ready));
        }
    }
    desired
}

impl Desired {
    fn notes(&self, endpoints: &Endpoints, most: usize) -> Vec<Action> {
        let note = |reason, text| Action::note(Note::warning(reference_to(endpoints), reason, text));
        let mut notes = Vec::new();
        if self.invalid > 0 {
            let text = format!("Skipped {} invalid IP addresses when mirroring to EndpointSlices", self.invalid);
            notes.push(note("InvalidIPAddress", text));
        }
        if self.skipped > self.invalid {
            let text = format!(
                "A max of {most} addresses can be mirrored to EndpointSlices per Endpoints subset. {} addresses were skipped",
                self.skipped
            );
            notes.push(note("TooManyAddressesToMirror", text));
        }
        notes
    }
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

fn new_slice(endpoints: &Endpoints, family: &str, ports: &Ports, wanted: Vec<Endpoint>) -> EndpointSlice {
    let copied = endpoints.metadata.annotations.iter().flatten();
    let copied = copied.filter(|(name, _)| !NOT_COPIED.contains(&name.as_str()));
    let annotations: BTreeMap<String, String> = copied.map(|(name, value)| (name.clone(), value.clone())).collect();
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(super::name_prefix(endpoints.name())),
            namespace: endpoints.namespace().map(Into::into),
            labels: Some(labels(endpoints)),
            annotations: (!annotations.is_empty()).then_some(annotations),
            owner_references: Some(vec![owner::controller_reference(endpoints)]),
            ..ObjectMeta::default()
        },
        address_type: family.into(),
        endpoints: Some(wanted),
        ports: ports.to_typed(),
    }
}
