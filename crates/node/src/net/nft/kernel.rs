//! The kernel's packet filter of the calling thread's network namespace.
use super::{Change, PacketFilter, Start, encode};
use crate::net::netlink::{Messages, Socket, attribute, flag, text_of};
use rustix::net::netlink::NETFILTER;
use std::{collections::BTreeMap, io};

/// Sources that one set remembers at most (session affinity); more are balanced anew each time.
pub const REMEMBERED_MAX: u32 = 65_536;

/// One table of family `ip`.
#[derive(Debug)]
pub struct Kernel {
    socket: Socket,
    table: &'static str,
}

impl Kernel {
    pub fn open(table: &'static str) -> io::Result<Self> {
        Ok(Self { socket: Socket::open(Some(NETFILTER))?, table })
    }

    /// Whether a base chain of somebody else's drops forwarded packets that no rule of it accepts; its table and name.
    pub fn dropping_forward_chains(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut messages = Messages::default();
        messages.push(encode::GET_CHAIN, flag::DUMP, &[0, 0, 0, 0], |_| {});
        let answers = self.socket.transact(&messages)?;
        Ok(answers.iter().filter_map(|answer| dropping_forward_chain(&answer.payload)).collect())
    }
}

fn dropping_forward_chain(payload: &[u8]) -> Option<(String, String)> {
    const DROP: u32 = 0;
    const FORWARD: u32 = 2;
    const FAMILIES: [u8; 2] = [1, 2];
    let rest = payload.get(4..)?;
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
    let hook = number(attribute(attribute(rest, 4)?, 1)?)?;
    let policy = number(attribute(rest, 5)?)?;
    let drops = FAMILIES.contains(payload.first()?) && hook == FORWARD && policy == DROP;
    drops.then(|| Some((text_of(attribute(rest, 1)?), text_of(attribute(rest, 3)?))))?
}

/// The whole transaction for a change.
fn batch(table: &str, start: Start, change: &Change) -> (Messages, u32) {
    let mut batch = encode::Batch::new(table);
    match start {
        Start::Present => batch.add_table(false),
        Start::Fresh => batch.add_table(true),
        Start::Replace => {
            batch.add_table(false);
            batch.delete_table();
            batch.add_table(false);
        }
    }
    change.add_sets.iter().for_each(|set| batch.add_set(set));
    change.add_chains.iter().for_each(|chain| batch.add_chain(chain));
    let mut gone: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (set, key) in &change.remove_elements {
        gone.entry(set).or_default().push((key, None));
    }
    gone.into_iter().for_each(|(set, keys)| batch.elements(set, keys.into_iter(), true));
    change.remove_chains.iter().for_each(|chain| batch.flush_chain(chain));
    for (chain, rules) in &change.rules {
        batch.flush_chain(chain);
        rules.iter().for_each(|rule| batch.add_rule(chain, rule));
    }
    let mut fresh: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (set, key, data) in &change.add_elements {
        fresh.entry(set).or_default().push((key, data.as_ref()));
    }
    fresh.into_iter().for_each(|(set, elements)| batch.elements(set, elements.into_iter(), false));
    change.remove_chains.iter().for_each(|chain| batch.delete_chain(chain));
    change.remove_sets.iter().for_each(|set| batch.delete_set(set));
    batch.finish()
}

impl PacketFilter for Kernel {
    fn apply(&mut self, start: Start, change: &Change) -> io::Result<()> {
        let (messages, last) = batch(self.table, start, change);
        self.socket.transact_until(&messages, last).map(drop)
    }

    fn remove(&mut self) -> io::Result<()> {
        let mut batch = encode::Batch::new(self.table);
        batch.add_table(false);
        batch.delete_table();
        let (messages, last) = batch.finish();
        self.socket.transact_until(&messages, last).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{
        cni::hostports,
        nft::{
            Base, Chain, ChainType, Data, Datum, Field, Hook, Key, Load, Name, Rule, Set, Side, Statement, Value,
            Verdict,
        },
        testing::{in_new_network, run},
    };
    use std::{net::Ipv4Addr, time::Duration};

    const TABLE: &str = "skeg-test";

    /// A table that uses every statement once.
    fn everything() -> Change {
        let set = |name: &'static str, key, data, timeout| Set { name: name.into(), key, data, timeout };
        let chain = |name: &'static str, base| Chain { name: name.into(), base };
        let base = |kind, hook, priority| Some(Base { kind, hook, priority });
        let place = &[Load::Destination, Load::Protocol, Load::DestinationPort];
        let minute = Duration::from_secs(60);
        let mapped =
            Key::from_slice(&[Value::Address(Ipv4Addr::new(10, 96, 0, 1)), Value::Protocol(6), Value::Port(443)]);
        let translate: Vec<Rule> = vec![
            vec![
                Statement::InSet { loads: &[Load::Source], set: "seen".into(), negate: false },
                Statement::Verdict(Verdict::Goto("one".into())),
            ],
            vec![Statement::RandomVerdict(vec![Verdict::Goto("one".into()), Verdict::Goto("two".into())])],
        ];
        let one: Vec<Rule> = vec![vec![
            Statement::RememberSource { set: "seen".into(), timeout: minute },
            Statement::Is { load: Load::Protocol, value: Value::Protocol(6) },
            Statement::RandomDestination(vec![(Ipv4Addr::new(10, 0, 0, 1), 80), (Ipv4Addr::new(10, 0, 0, 2), 81)]),
        ]];
        let pre: Vec<Rule> = vec![
            vec![Statement::VerdictMap { loads: place, map: "places".into() }],
            vec![
                Statement::IsLocal { side: Side::Destination, negate: false },
                Statement::InNetwork {
                    side: Side::Destination,
                    address: Ipv4Addr::new(127, 0, 0, 0),
                    prefix: 8,
                    negate: true,
                },
                Statement::SetMark(0x4000),
            ],
        ];
        let post: Vec<Rule> = vec![
            vec![Statement::DestinationTranslated, Statement::TakeMark(0x4000), Statement::Masquerade],
            vec![Statement::NewConnection, Statement::Verdict(Verdict::Return)],
        ];
        let filter: Vec<Rule> = vec![vec![Statement::NewConnection, Statement::Reject]];
        Change {
            add_sets: vec![
                set("places", &[Field::Address, Field::Protocol, Field::Port], Data::Verdict, None),
                set("seen", &[Field::Address], Data::None, Some(minute)),
                set("pairs", &[Field::Address, Field::Address], Data::None, None),
            ],
            add_chains: vec![
                chain("pre", base(ChainType::Nat, Hook::Prerouting, -100)),
                chain("post", base(ChainType::Nat, Hook::Postrouting, 100)),
                chain("input", base(ChainType::Filter, Hook::Input, -110)),
                chain("service", None),
                chain("one", None),
                chain("two", None),
            ],
            rules: vec![
                ("pre".into(), pre),
                ("post".into(), post),
                ("input".into(), filter),
                ("service".into(), translate),
                ("one".into(), one),
                ("two".into(), vec![vec![Statement::Verdict(Verdict::Drop)]]),
            ],
            add_elements: vec![("places".into(), mapped, Some(Datum::Verdict(Verdict::Goto("service".into()))))],
            ..Change::default()
        }
    }

    /// What `nft` lists after the change went in by netlink, and after it went in as a script.
    fn both(table: &'static str, changes: Vec<Change>) -> Option<(String, String)> {
        let script: String = changes.iter().map(|change| change.to_script(table)).collect();
        let own = in_new_network(move || {
            let mut kernel = Kernel::open(table).unwrap();
            for change in &changes {
                kernel.apply(Start::Present, change).unwrap();
            }
            run("nft", &["list", "ruleset"], "")
        })?;
        let oracle = in_new_network(move || {
            run("nft", &["-f", "-"], &script);
            run("nft", &["list", "ruleset"], "")
        })?;
        Some((own, oracle))
    }

    #[test]
    fn the_kernel_holds_what_nft_would_put_there() {
        let Some((own, oracle)) = both(TABLE, vec![everything()]) else { return };
        assert_eq!(own, oracle);
        assert!(own.contains("numgen random mod 2"), "{own}");
        let Some((own, oracle)) = both(
            hostports::TABLE,
            vec![hostports::table("10.244.0.0/24".parse().unwrap(), "10.244.0.0/16".parse().ok())],
        ) else {
            return;
        };
        assert_eq!(own, oracle);
    }

    #[test]
    fn removals_leave_the_rest() {
        let full = everything();
        let removal = Change {
            remove_elements: full.add_elements.iter().map(|(set, key, _)| (set.clone(), key.clone())).collect(),
            remove_chains: ["service", "one", "two"].map(Name::from).into(),
            remove_sets: vec!["seen".into()],
            ..Change::default()
        };
        let Some((own, oracle)) = both(TABLE, vec![full, removal]) else { return };
        assert_eq!(own, oracle);
        assert!(!own.contains("numgen"), "{own}");
    }

    #[test]
    fn starting_anew_replaces_the_table_at_once() {
        in_new_network(|| {
            let mut kernel = Kernel::open(TABLE).unwrap();
            kernel.apply(Start::Fresh, &everything()).unwrap();
            let before = run("nft", &["list", "ruleset"], "");
            assert_eq!(kernel.apply(Start::Fresh, &everything()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            kernel.apply(Start::Replace, &everything()).unwrap();
            assert_eq!(run("nft", &["list", "ruleset"], ""), before);
            kernel.remove().unwrap();
            kernel.remove().unwrap();
            assert_eq!(run("nft", &["list", "ruleset"], ""), "");
        });
    }

    #[test]
    fn foreign_chains_that_drop_forwarded_packets_are_seen() {
        in_new_network(|| {
            let mut kernel = Kernel::open(TABLE).unwrap();
            assert_eq!(kernel.dropping_forward_chains().unwrap(), []);
            run(
                "nft",
                &["-f", "-"],
                "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }",
            );
            assert_eq!(kernel.dropping_forward_chains().unwrap(), [("filter".into(), "FORWARD".into())]);
        });
    }
}
