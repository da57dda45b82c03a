//! All Services' fragments, and the change from one state to the next.
use super::fragment::Fragment;
use crate::net::nft::{Chain, Change, Datum, Key};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type ElementKey = (&'static str, Key);

/// What the table holds for Services. Where two Services claim one element, the first by name has it.
#[derive(Debug, Default)]
pub struct Ruleset {
    fragments: HashMap<String, Fragment>,
    claims: HashMap<ElementKey, BTreeMap<String, Option<Datum>>>,
}

impl Ruleset {
    /// Puts new fragments in place of Services' old ones (None removes), and returns the change for the kernel.
    pub fn replace(&mut self, updates: BTreeMap<String, Option<Fragment>>) -> Change {
        let mut change = Change::default();
        let mut before: BTreeMap<ElementKey, Option<Option<Datum>>> = BTreeMap::new();
        for (service, new) in updates {
            let old = self.fragments.remove(&service).unwrap_or_default();
            let new = new.unwrap_or_default();
            for key in old.elements.keys().chain(new.elements.keys()) {
                before.entry(key.clone()).or_insert_with(|| self.holder(key));
            }
            for key in old.elements.keys() {
                self.unclaim(key, &service);
            }
            for (key, datum) in &new.elements {
                self.claims.entry(key.clone()).or_default().insert(service.clone(), datum.clone());
            }
            parts(&mut change, &old, &new);
            if new != Fragment::default() {
                self.fragments.insert(service, new);
            }
        }
        for (key, old) in before {
            let new = self.holder(&key);
            if old == new {
                continue;
            }
            if old.is_some() {
                change.remove_elements.push((key.0.into(), key.1.clone()));
            }
            if let Some(datum) = new {
                change.add_elements.push((key.0.into(), key.1, datum));
            }
        }
        change
    }

    /// Everything, for a table that holds no Service yet.
    pub fn whole(&self) -> Change {
        let mut change = Change::default();
        let ordered: BTreeMap<_, _> = self.fragments.iter().collect();
        ordered.values().for_each(|fragment| parts(&mut change, &Fragment::default(), fragment));
        let keys: BTreeSet<_> = self.claims.keys().collect();
        for key in keys {
            if let Some(datum) = self.holder(key) {
                change.add_elements.push((key.0.into(), key.1.clone(), datum));
            }
        }
        change
    }

    /// What the table holds under a key.
    fn holder(&self, key: &ElementKey) -> Option<Option<Datum>> {
        self.claims.get(key)?.values().next().cloned()
    }

    fn unclaim(&mut self, key: &ElementKey, service: &str) {
        if let Some(claims) = self.claims.get_mut(key) {
            claims.remove(service);
            if claims.is_empty() {
                self.claims.remove(key);
            }
        }
    }
}

/// Changes of a Service's own chains and sets.
fn parts(change: &mut Change, old: &Fragment, new: &Fragment) {
    change
        .add_sets
        .extend(new.sets.iter().filter(|(name, _)| !old.sets.contains_key(*name)).map(|(_, set)| set.clone()));
    for (name, rules) in &new.chains {
        match old.chains.get(name) {
            Some(same) if same == rules => {}
            Some(_) => change.rules.push((name.clone(), rules.clone())),
            None => {
                change.add_chains.push(Chain { name: name.clone(), base: None });
                change.rules.push((name.clone(), rules.clone()));
            }
        }
    }
    change.remove_chains.extend(old.chains.keys().filter(|name| !new.chains.contains_key(*name)).cloned());
    change.remove_sets.extend(old.sets.keys().filter(|name| !new.sets.contains_key(*name)).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{
        cni::config::Cidr,
        nft::{Kernel, Name, PacketFilter, Rule, Start},
        services::{Endpoint, NodeView, Port, Service, TABLE, fragment, skeleton},
        testing::{in_new_network, run},
    };
    use proptest::prelude::*;
    use std::{net::Ipv4Addr, time::Duration};

    fn node() -> NodeView {
        NodeView {
            name: "n".into(),
            address: Some(Ipv4Addr::new(192, 0, 2, 9)),
            cluster_cidr: Some(Cidr { address: Ipv4Addr::new(10, 244, 0, 0), prefix: 16 }),
            ..NodeView::default()
        }
    }

    /// A table that refuses what the kernel would refuse.
    #[derive(Debug, Default, PartialEq)]
    struct Table {
        sets: BTreeSet<Name>,
        chains: BTreeMap<Name, Vec<Rule>>,
        elements: BTreeMap<(Name, Key), Option<Datum>>,
    }

    impl Table {
        fn apply(&mut self, change: &Change) {
            for set in &change.add_sets {
                assert!(self.sets.insert(set.name.clone()), "{} is there", set.name);
            }
            for chain in &change.add_chains {
                assert!(self.chains.insert(chain.name.clone(), Vec::new()).is_none(), "{} is there", chain.name);
            }
            for (set, key) in &change.remove_elements {
                assert!(self.elements.remove(&(set.clone(), key.clone())).is_some(), "{set} {key:?} is not there");
            }
            for (chain, rules) in &change.rules {
                rules.clone_into(self.chains.get_mut(chain).expect("the chain is there"));
            }
            for (set, key, datum) in &change.add_elements {
                let old = self.elements.insert((set.clone(), key.clone()), datum.clone());
                assert_eq!(old, None, "{set} {key:?} is there");
            }
            for chain in &change.remove_chains {
                assert!(self.chains.remove(chain).is_some(), "{chain} is not there");
            }
            for set in &change.remove_sets {
                assert!(self.sets.remove(set), "{set} is not there");
            }
        }
    }

    fn services() -> impl Strategy<Value = Option<Service>> {
        let endpoint = (1..4_u8, any::<bool>()).prop_map(|(n, local)| Endpoint {
            address: Ipv4Addr::new(10, 244, 0, n),
            port: 80,
            local,
        });
        let endpoints = proptest::collection::btree_map(1..4_u8, endpoint, 0..3)
            .prop_map(|map| map.into_values().collect::<Vec<Endpoint>>());
        let port =
            (1..3_u16, proptest::option::of(1..3_u16), endpoints).prop_map(|(port, node_port, endpoints)| Port {
                name: format!("p{port}"),
                protocol: 6,
                port,
                node_port: node_port.map(|port| 30_000 + port),
                serving: BTreeSet::new(),
                local: endpoints.iter().copied().filter(|endpoint| endpoint.local).collect(),
                endpoints,
            });
        let ports = proptest::collection::btree_map(1..3_u16, port, 1..3).prop_map(|map| map.into_values().collect());
        let service = (1..4_u8, any::<(bool, bool, bool)>(), proptest::option::of(1..3_u8), ports).prop_map(
            |(ip, (internal_local, external_local, sticky), external, ports)| Service {
                key: String::new(),
                cluster_ip: Ipv4Addr::new(10, 96, 0, ip),
                external_ips: external.map(|n| Ipv4Addr::new(192, 0, 2, n)).into_iter().collect(),
                balancer_ips: Vec::new(),
                source_ranges: Vec::new(),
                health: None,
                internal_local,
                external_local,
                affinity: sticky.then(|| Duration::from_secs(60)),
                ports,
            },
        );
        proptest::option::of(service)
    }

    fn part(key: &str, service: Option<Service>) -> (String, Option<Fragment>) {
        (key.to_owned(), service.map(|service| fragment(&Service { key: key.into(), ..service }, &node())))
    }

    proptest! {
        #[test]
        fn changes_lead_where_the_whole_leads(
            steps in proptest::collection::vec(proptest::collection::vec((0..4_usize, services()), 1..4), 1..8),
        ) {
            let (mut ruleset, mut table) = (Ruleset::default(), Table::default());
            for step in steps {
                let updates = step.into_iter().map(|(n, service)| part(["a/a", "a/b", "b/a", "b/b"][n], service)).collect();
                table.apply(&ruleset.replace(updates));
                let mut whole = Table::default();
                whole.apply(&ruleset.whole());
                prop_assert_eq!(&table, &whole);
            }
            let all = ["a/a", "a/b", "b/a", "b/b"].map(|key| part(key, None));
            table.apply(&ruleset.replace(all.into()));
            prop_assert_eq!(table, Table::default());
        }
    }

    fn example(sticky: bool, endpoints: u8) -> Service {
        let endpoint = |n| Endpoint { address: Ipv4Addr::new(10, 244, 0, n), port: 8080, local: n == 1 };
        let port = Port {
            name: "http".into(),
            protocol: 6,
            port: 80,
            node_port: Some(30080),
            endpoints: (1..=endpoints).map(endpoint).collect(),
            local: (1..=endpoints.min(1)).map(endpoint).collect(),
            serving: BTreeSet::new(),
        };
        Service {
            key: "default/web".into(),
            cluster_ip: Ipv4Addr::new(10, 96, 0, 7),
            external_ips: vec![Ipv4Addr::new(192, 0, 2, 1)],
            balancer_ips: vec![Ipv4Addr::new(192, 0, 2, 2)],
            source_ranges: if sticky { vec!["192.0.2.0/24".parse().unwrap()] } else { Vec::new() },
            health: None,
            internal_local: false,
            external_local: sticky,
            affinity: sticky.then(|| Duration::from_secs(10_800)),
            ports: vec![port],
        }
    }

    #[test]
    fn the_kernel_takes_every_change_and_lists_it_as_nft_would() {
        let mut ruleset = Ruleset::default();
        let mut changes = vec![skeleton(&node())];
        for service in
            [Some(example(false, 2)), Some(example(true, 3)), Some(example(true, 1)), Some(example(false, 0))]
        {
            changes.push(ruleset.replace([part("default/web", service)].into()));
        }
        for upto in 1..=changes.len() {
            let (ours, script): (Vec<Change>, String) =
                (changes[..upto].to_vec(), changes[..upto].iter().map(|change| change.to_script(TABLE)).collect());
            let own = in_new_network(move || {
                let mut kernel = Kernel::open(TABLE).unwrap();
                ours.iter().for_each(|change| kernel.apply(Start::Present, change).unwrap());
                run("nft", &["list", "ruleset"], "")
            });
            let oracle = in_new_network(move || {
                run("nft", &["-f", "-"], &script);
                run("nft", &["list", "ruleset"], "")
            });
            assert_eq!(own, oracle);
        }
    }

    #[test]
    fn many_services_load_in_one_transaction() {
        let mut ruleset = Ruleset::default();
        let updates = (0..2000_u32).map(|n| {
            let mut service = example(false, 2);
            service.cluster_ip = Ipv4Addr::from(0x0a60_0000 + n);
            service.external_ips.clear();
            service.balancer_ips.clear();
            service.ports[0].node_port = None;
            part(&format!("default/web-{n}"), Some(service))
        });
        ruleset.replace(updates.collect());
        let whole = ruleset.whole();
        in_new_network(move || {
            let mut kernel = Kernel::open(TABLE).unwrap();
            let mut all = skeleton(&node());
            all.add_chains.extend(whole.add_chains);
            all.rules.extend(whole.rules);
            all.add_elements.extend(whole.add_elements);
            kernel.apply(Start::Replace, &all).unwrap();
        });
    }
}
