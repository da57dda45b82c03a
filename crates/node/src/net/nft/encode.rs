//! nf_tables messages. Numbers are those of `linux/netfilter/nf_tables.h`; expressions are the ones that `nft` itself
//! makes of the same rules, so that its listing reads as written.
use super::{Base, Chain, ChainType, Data, Datum, Field, Hook, Key, Load, Rule, Set, Side, Statement, Value, Verdict};
use crate::net::netlink::{Attributes, Messages, flag};
use std::{net::Ipv4Addr, time::Duration};

const SUBSYSTEM: u16 = 10 << 8;
pub const NEW_TABLE: u16 = SUBSYSTEM;
pub const DELETE_TABLE: u16 = SUBSYSTEM | 2;
const NEW_CHAIN: u16 = SUBSYSTEM | 3;
pub const GET_CHAIN: u16 = SUBSYSTEM | 4;
const DELETE_CHAIN: u16 = SUBSYSTEM | 5;
const NEW_RULE: u16 = SUBSYSTEM | 6;
const DELETE_RULE: u16 = SUBSYSTEM | 8;
const NEW_SET: u16 = SUBSYSTEM | 9;
const DELETE_SET: u16 = SUBSYSTEM | 11;
const NEW_ELEMENTS: u16 = SUBSYSTEM | 12;
const DELETE_ELEMENTS: u16 = SUBSYSTEM | 14;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

const FAMILY_IP: u8 = 2;
/// `struct nfgenmsg` of every message but the batch's own.
pub const HEADER: [u8; 4] = [FAMILY_IP, 0, 0, 0];
const BATCH_HEADER: [u8; 4] = [0, 0, 0, 10];

/// Elements in one message; their list is one attribute, which ends at 64 KiB.
const ELEMENTS_PER_MESSAGE: usize = 512;

const REGISTER_VERDICT: u32 = 0;
/// The first 16-byte register; as 4-byte registers the same memory starts at 8.
const REGISTER: u32 = 1;
const REGISTER_SMALL: u32 = 8;

const SET_ANONYMOUS: u32 = 1;
const SET_CONSTANT: u32 = 2;
const SET_MAP: u32 = 8;
const SET_TIMEOUT: u32 = 0x10;
const SET_DYNAMIC: u32 = 0x20;
const SET_CONCAT: u32 = 0x80;
const TYPE_VERDICT: u32 = 0xffff_ff00;
const ANONYMOUS_MAP: &str = "__map%d";

/// Messages of one transaction.
#[derive(Debug)]
pub struct Batch<'a> {
    messages: Messages,
    table: &'a str,
    anonymous: u32,
}

impl Field {
    fn type_id(self) -> u32 {
        match self {
            Self::Number => 4,
            Self::Address => 7,
            Self::Protocol => 12,
            Self::Port => 13,
        }
    }

    fn length(self) -> u32 {
        match self {
            Self::Address | Self::Number => 4,
            Self::Port => 2,
            Self::Protocol => 1,
        }
    }
}

/// Type and length of a key or datum; parts of a concatenation are padded to registers.
fn shape(fields: &[Field]) -> (u32, u32) {
    match fields {
        [one] => (one.type_id(), one.length()),
        many => {
            (many.iter().fold(0, |id, field| id << 6 | field.type_id()), 4 * u32::try_from(many.len()).unwrap_or(0))
        }
    }
}

fn value_bytes(value: Value) -> Vec<u8> {
    match value {
        Value::Address(address) => address.octets().to_vec(),
        Value::Protocol(protocol) => vec![protocol],
        Value::Port(port) => port.to_be_bytes().to_vec(),
        Value::Number(number) => number.to_ne_bytes().to_vec(),
    }
}

fn key_bytes(key: &[Value]) -> Vec<u8> {
    match key {
        [one] => value_bytes(*one),
        many => many.iter().fold(Vec::new(), |mut bytes, value| {
            bytes.extend(value_bytes(*value));
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        }),
    }
}

fn datum(a: &mut Attributes<'_>, kind: u16, datum: &Datum) {
    a.nest(kind, |a| match datum {
        Datum::Values(values) => a.bytes(1, &key_bytes(values)),
        Datum::Verdict(it) => verdict(a, it),
    });
}

fn verdict(a: &mut Attributes<'_>, verdict: &Verdict) {
    let (code, chain) = match verdict {
        Verdict::Drop => (0, None),
        Verdict::Accept => (1, None),
        Verdict::Jump(chain) => (-3_i32, Some(chain)),
        Verdict::Goto(chain) => (-4, Some(chain)),
        Verdict::Return => (-5, None),
    };
    a.nest(2, |a| {
        a.number(1, code.cast_unsigned());
        if let Some(chain) = chain {
            a.text(2, chain);
        }
    });
}

impl<'a> Batch<'a> {
    pub fn new(table: &'a str) -> Self {
        let mut messages = Messages::default();
        messages.push(BATCH_BEGIN, 0, &BATCH_HEADER, |_| {});
        Self { messages, table, anonymous: 0 }
    }

    /// The whole transaction; the kernel confirms its last step once all of it is in force.
    pub fn finish(mut self) -> (Messages, u32) {
        self.messages.acknowledge_last();
        let last = self.messages.count();
        self.messages.push(BATCH_END, 0, &BATCH_HEADER, |_| {});
        (self.messages, last)
    }

    pub fn add_table(&mut self, exclusive: bool) {
        let flags = if exclusive { flag::CREATE | flag::EXCL } else { flag::CREATE };
        let table = self.table;
        self.messages.push(NEW_TABLE, flags, &HEADER, |a| a.text(1, table));
    }

    pub fn delete_table(&mut self) {
        let table = self.table;
        self.messages.push(DELETE_TABLE, 0, &HEADER, |a| a.text(1, table));
    }

    pub fn add_chain(&mut self, chain: &Chain) {
        let table = self.table;
        self.messages.push(NEW_CHAIN, flag::CREATE, &HEADER, |a| {
            a.text(1, table);
            a.text(3, &chain.name);
            if let Some(base) = chain.base {
                base_chain(a, base);
            }
        });
    }

    pub fn delete_chain(&mut self, name: &str) {
        let table = self.table;
        self.messages.push(DELETE_CHAIN, 0, &HEADER, |a| {
            a.text(1, table);
            a.text(3, name);
        });
    }

    pub fn flush_chain(&mut self, name: &str) {
        let table = self.table;
        self.messages.push(DELETE_RULE, 0, &HEADER, |a| {
            a.text(1, table);
            a.text(2, name);
        });
    }

    pub fn add_set(&mut self, set: &Set) {
        self.set(&set.name, set.key, &set.data, 0, set.timeout, 0);
    }

    pub fn delete_set(&mut self, name: &str) {
        let table = self.table;
        self.messages.push(DELETE_SET, 0, &HEADER, |a| {
            a.text(1, table);
            a.text(2, name);
        });
    }

    fn set(&mut self, name: &str, key: &[Field], data: &Data, flags: u32, timeout: Option<Duration>, size: u32) {
        let table = self.table;
        self.anonymous += 1;
        let id = self.anonymous;
        let (key_type, key_length) = shape(key);
        let flags = flags
            | if *data == Data::None { 0 } else { SET_MAP }
            | if timeout.is_some() { SET_TIMEOUT | SET_DYNAMIC } else { 0 }
            | if key.len() > 1 { SET_CONCAT } else { 0 };
        let size = if timeout.is_some() { super::kernel::REMEMBERED_MAX } else { size };
        self.messages.push(NEW_SET, flag::CREATE, &HEADER, |a| {
            a.text(1, table);
            a.text(2, name);
            a.number(3, flags);
            a.number(4, key_type);
            a.number(5, key_length);
            match data {
                Data::None => {}
                Data::Verdict => {
                    a.number(6, TYPE_VERDICT);
                    a.number(7, 0);
                }
                Data::Fields(fields) => {
                    let (data_type, length) = shape(fields);
                    a.number(6, data_type);
                    a.number(7, length);
                }
            }
            a.nest(9, |a| {
                if size > 0 {
                    a.number(1, size);
                }
                if key.len() > 1 {
                    a.nest(2, |a| {
                        for field in key {
                            a.nest(1, |a| a.number(1, field.length()));
                        }
                    });
                }
            });
            a.number(10, id);
            if let Some(timeout) = timeout {
                a.long(11, millis(timeout));
            }
            a.bytes(13, &byte_orders(key));
        });
    }

    /// Adds or, with `remove`, takes out elements of a named set.
    pub fn elements<'e>(
        &mut self,
        set: &str,
        elements: impl Iterator<Item = (&'e Key, Option<&'e Datum>)>,
        remove: bool,
    ) {
        let elements: Vec<_> = elements.collect();
        for chunk in elements.chunks(ELEMENTS_PER_MESSAGE) {
            self.element_message(set, None, chunk, remove);
        }
    }

    fn element_message(&mut self, set: &str, id: Option<u32>, chunk: &[(&Key, Option<&Datum>)], remove: bool) {
        let table = self.table;
        let (kind, flags) = if remove { (DELETE_ELEMENTS, 0) } else { (NEW_ELEMENTS, flag::CREATE) };
        self.messages.push(kind, flags, &HEADER, |a| {
            a.text(1, table);
            a.text(2, set);
            if let Some(id) = id {
                a.number(4, id);
            }
            a.nest(3, |a| {
                for (key, data) in chunk {
                    a.nest(1, |a| {
                        a.nest(1, |a| a.bytes(1, &key_bytes(key)));
                        if let Some(data) = data {
                            datum(a, 2, data);
                        }
                    });
                }
            });
        });
    }

    /// An unnamed map from 0, 1, 2, … that belongs to the next rule; returns its id.
    fn numbered_map(&mut self, data: &Data, values: &[Datum]) -> u32 {
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        self.set(ANONYMOUS_MAP, &[Field::Number], data, SET_ANONYMOUS | SET_CONSTANT, None, count);
        let id = self.anonymous;
        let keys: Vec<Key> = (0..count).map(|n| Key::from_slice(&[Value::Number(n)])).collect();
        let elements: Vec<_> = keys.iter().zip(values.iter().map(Some)).collect();
        for chunk in elements.chunks(ELEMENTS_PER_MESSAGE) {
            self.element_message(ANONYMOUS_MAP, Some(id), chunk, false);
        }
        id
    }

    pub fn add_rule(&mut self, chain: &str, rule: &Rule) {
        let maps: Vec<u32> = rule.iter().map(|statement| self.map_of(statement)).collect();
        let table = self.table;
        self.messages.push(NEW_RULE, flag::CREATE | flag::APPEND, &HEADER, |a| {
            a.text(1, table);
            a.text(2, chain);
            a.nest(4, |a| {
                for (statement, map) in rule.iter().zip(maps) {
                    Expressions(a).statement(statement, map);
                }
            });
        });
    }

    /// The unnamed map that a statement needs; 0 for none.
    fn map_of(&mut self, statement: &Statement) -> u32 {
        match statement {
            // One choice is none: without a map, which costs the kernel a walk over all that there are.
            Statement::RandomVerdict(chains) if chains.len() != 1 => {
                let values: Vec<Datum> = chains.iter().cloned().map(Datum::Verdict).collect();
                self.numbered_map(&Data::Verdict, &values)
            }
            Statement::RandomDestination(places) if places.len() != 1 => {
                let value = |(address, port): &(Ipv4Addr, u16)| {
                    Datum::Values(Key::from_slice(&[Value::Address(*address), Value::Port(*port)]))
                };
                let values: Vec<Datum> = places.iter().map(value).collect();
                self.numbered_map(&Data::Fields(&[Field::Address, Field::Port]), &values)
            }
            _ => 0,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// User data by which `nft` prints keys: type, length, byte order (1 the machine's, 2 the network's).
fn byte_orders(key: &[Field]) -> Vec<u8> {
    const KEY_BYTE_ORDER: u8 = 0;
    let order: u32 = if key.contains(&Field::Number) { 1 } else { 2 };
    let mut bytes = vec![KEY_BYTE_ORDER, 4];
    bytes.extend(order.to_ne_bytes());
    bytes
}

fn base_chain(a: &mut Attributes<'_>, base: Base) {
    let hook = match base.hook {
        Hook::Prerouting => 0,
        Hook::Input => 1,
        Hook::Forward => 2,
        Hook::Output => 3,
        Hook::Postrouting => 4,
    };
    a.nest(4, |a| {
        a.number(1, hook);
        a.number(2, base.priority.cast_unsigned());
    });
    a.text(7, if base.kind == ChainType::Nat { "nat" } else { "filter" });
}

/// Writer of a rule's expressions.
struct Expressions<'a, 'b>(&'a mut Attributes<'b>);

impl Expressions<'_, '_> {
    fn push(&mut self, name: &str, body: impl FnOnce(&mut Attributes<'_>)) {
        self.0.nest(1, |a| {
            a.text(1, name);
            a.nest(2, body);
        });
    }

    fn statement(&mut self, statement: &Statement, map: u32) {
        match statement {
            Statement::NewConnection => self.connection_bits(0, 8),
            Statement::DestinationTranslated => self.connection_bits(2, 0x20),
            Statement::Is { load, value } => {
                self.load(*load, REGISTER);
                self.compare(false, &value_bytes(*value));
            }
            Statement::InNetwork { side, address, prefix, negate } => self.network(*side, *address, *prefix, *negate),
            Statement::IsLocal { side, negate } => self.local(*side, *negate),
            Statement::InSet { loads, set, negate } => {
                self.loads(loads);
                self.lookup(set, None, None, *negate);
            }
            Statement::VerdictMap { loads, map } => {
                self.loads(loads);
                self.lookup(map, None, Some(REGISTER_VERDICT), false);
            }
            Statement::RandomVerdict(only) if only.len() == 1 => self.verdict(&only[0]),
            Statement::RandomVerdict(chains) => {
                self.random(chains.len());
                self.lookup(ANONYMOUS_MAP, Some(map), Some(REGISTER_VERDICT), false);
            }
            Statement::RandomDestination(only) if only.len() == 1 => {
                let (address, port) = only[0];
                self.immediate(REGISTER, &address.octets());
                self.immediate(REGISTER_SMALL + 1, &port.to_be_bytes());
                self.destination();
            }
            Statement::RandomDestination(places) => {
                self.random(places.len());
                self.lookup(ANONYMOUS_MAP, Some(map), Some(REGISTER), false);
                self.destination();
            }
            Statement::MappedDestination { loads, map } => {
                self.loads(loads);
                self.lookup(map, None, Some(REGISTER), false);
                self.destination();
            }
            Statement::SetMark(mark) => self.set_mark(!*mark, *mark),
            Statement::TakeMark(mark) => {
                self.load_mark();
                self.bits(*mark, 0);
                self.compare(true, &[0; 4]);
                self.set_mark(!*mark, 0);
            }
            Statement::RememberSource { set, timeout } => self.remember(set, *timeout),
            Statement::Masquerade => self.push("masq", |a| a.number(1, 16)),
            Statement::Reject => self.push("reject", |a| {
                a.number(1, 0);
                a.bytes(2, &[3]);
            }),
            Statement::Verdict(it) => self.verdict(it),
        }
    }

    fn verdict(&mut self, it: &Verdict) {
        self.push("immediate", |a| {
            a.number(1, REGISTER_VERDICT);
            a.nest(2, |a| verdict(a, it));
        });
    }

    fn immediate(&mut self, register: u32, value: &[u8]) {
        self.push("immediate", |a| {
            a.number(1, register);
            a.nest(2, |a| a.bytes(1, value));
        });
    }

    fn load(&mut self, load: Load, register: u32) {
        const NETWORK: u32 = 1;
        const TRANSPORT: u32 = 2;
        let (base, offset, length) = match load {
            Load::Protocol => {
                return self.push("meta", |a| {
                    a.number(1, register);
                    a.number(2, 16);
                });
            }
            Load::Source => (NETWORK, 12, 4),
            Load::Destination => (NETWORK, 16, 4),
            Load::DestinationPort => (TRANSPORT, 2, 2),
        };
        self.push("payload", |a| {
            a.number(1, register);
            a.number(2, base);
            a.number(3, offset);
            a.number(4, length);
        });
    }

    /// Loads a concatenation into neighbouring registers.
    fn loads(&mut self, loads: &[Load]) {
        for (register, load) in (REGISTER_SMALL..).zip(loads) {
            self.load(*load, if register == REGISTER_SMALL { REGISTER } else { register });
        }
    }

    fn compare(&mut self, differs: bool, value: &[u8]) {
        self.push("cmp", |a| {
            a.number(1, REGISTER);
            a.number(2, u32::from(differs));
            a.nest(3, |a| a.bytes(1, value));
        });
    }

    fn bitwise(&mut self, mask: &[u8], xor: &[u8]) {
        self.push("bitwise", |a| {
            a.number(1, REGISTER);
            a.number(2, REGISTER);
            a.number(3, 4);
            a.nest(4, |a| a.bytes(1, mask));
            a.nest(5, |a| a.bytes(1, xor));
        });
    }

    fn bits(&mut self, mask: u32, xor: u32) {
        self.bitwise(&mask.to_ne_bytes(), &xor.to_ne_bytes());
    }

    fn connection_bits(&mut self, key: u32, bits: u32) {
        self.push("ct", |a| {
            a.number(1, REGISTER);
            a.number(2, key);
        });
        self.bits(bits, 0);
        self.compare(true, &[0; 4]);
    }

    fn network(&mut self, side: Side, address: Ipv4Addr, prefix: u8, negate: bool) {
        self.load(if side == Side::Source { Load::Source } else { Load::Destination }, REGISTER);
        if prefix < 32 {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            self.bitwise(&mask.to_be_bytes(), &[0; 4]);
        }
        self.compare(negate, &address.octets());
    }

    fn local(&mut self, side: Side, negate: bool) {
        const ADDRESS_TYPE: u32 = 3;
        const LOCAL: u32 = 2;
        self.push("fib", |a| {
            a.number(1, REGISTER);
            a.number(2, ADDRESS_TYPE);
            a.number(3, if side == Side::Source { 1 } else { 2 });
        });
        self.compare(negate, &LOCAL.to_ne_bytes());
    }

    fn lookup(&mut self, set: &str, id: Option<u32>, into: Option<u32>, negate: bool) {
        self.push("lookup", |a| {
            a.text(1, set);
            a.number(2, REGISTER);
            if let Some(register) = into {
                a.number(3, register);
            }
            if let Some(id) = id {
                a.number(4, id);
            }
            if negate {
                a.number(5, 1);
            }
        });
    }

    fn random(&mut self, modulus: usize) {
        self.push("numgen", |a| {
            a.number(1, REGISTER);
            a.number(2, u32::try_from(modulus).unwrap_or(u32::MAX));
            a.number(3, 1);
            a.number(4, 0);
        });
    }

    /// Rewrites the destination to the address and port in the first registers.
    fn destination(&mut self) {
        self.push("nat", |a| {
            a.number(1, 1);
            a.number(2, u32::from(FAMILY_IP));
            a.number(3, REGISTER);
            a.number(5, REGISTER_SMALL + 1);
        });
    }

    fn load_mark(&mut self) {
        self.push("meta", |a| {
            a.number(1, REGISTER);
            a.number(2, 3);
        });
    }

    fn set_mark(&mut self, mask: u32, xor: u32) {
        self.load_mark();
        self.bits(mask, xor);
        self.push("meta", |a| {
            a.number(2, 3);
            a.number(3, REGISTER);
        });
    }

    fn remember(&mut self, set: &str, timeout: Duration) {
        const UPDATE: u32 = 1;
        self.load(Load::Source, REGISTER);
        self.push("dynset", |a| {
            a.text(1, set);
            a.number(3, UPDATE);
            a.number(4, REGISTER);
            a.long(6, millis(timeout));
        });
    }
}
