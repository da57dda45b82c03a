//! Packet-filter tables as values: sets, maps, chains and rules of family `ip`, their encoding for the kernel (nf_tables
//! over netlink) and their text in `nft`'s language, which tests compare and which can be read.
mod encode;
pub mod kernel;
mod text;

use std::{borrow::Cow, net::Ipv4Addr, time::Duration};

pub use kernel::Kernel;

/// A name of a chain or set: fixed ones cost nothing.
pub type Name = Cow<'static, str>;

/// A part of a set's key or of a map's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Address,
    Protocol,
    Port,
    /// A number in the machine's byte order.
    Number,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Address(Ipv4Addr),
    /// `IPPROTO_…`
    Protocol(u8),
    Port(u16),
    Number(u32),
}

pub type Key = smallvec::SmallVec<[Value; 3]>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Drop,
    Return,
    Jump(Name),
    Goto(Name),
}

/// What a map maps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    Verdict(Verdict),
    Values(Key),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A set, not a map.
    None,
    Verdict,
    Fields(&'static [Field]),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub name: Name,
    pub key: &'static [Field],
    pub data: Data,
    /// Elements are added by packets and leave after this time.
    pub timeout: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainType {
    Nat,
    Filter,
}

/// Where the kernel enters a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    pub kind: ChainType,
    pub hook: Hook,
    pub priority: i32,
}

/// A chain without its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub name: Name,
    pub base: Option<Base>,
}

/// What a packet is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    Source,
    Destination,
    Protocol,
    DestinationPort,
}

/// Whether the routing table calls an address the node's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// The packet opens a connection.
    NewConnection,
    /// The connection's destination was rewritten.
    DestinationTranslated,
    Is {
        load: Load,
        value: Value,
    },
    InNetwork {
        side: Side,
        address: Ipv4Addr,
        prefix: u8,
        negate: bool,
    },
    IsLocal {
        side: Side,
        negate: bool,
    },
    InSet {
        loads: &'static [Load],
        set: Name,
        negate: bool,
    },
    /// Goes on as the map says.
    VerdictMap {
        loads: &'static [Load],
        map: Name,
    },
    /// Goes on at one of the chains, each equally likely.
    RandomVerdict(Vec<Verdict>),
    /// Sends the connection to one of the places, each equally likely.
    RandomDestination(Vec<(Ipv4Addr, u16)>),
    /// Sends the connection where the map says: address and port.
    MappedDestination {
        loads: &'static [Load],
        map: Name,
    },
    SetMark(u32),
    /// Matches marked packets and takes the mark off.
    TakeMark(u32),
    /// Notes the packet's source, or renews the note.
    RememberSource {
        set: Name,
        timeout: Duration,
    },
    Masquerade,
    /// ICMP port unreachable.
    Reject,
    Verdict(Verdict),
}

pub type Rule = Vec<Statement>;

/// A change of one table, done as a whole or not at all. Order of the steps: sets, chains, removal of elements, rules of
/// removed and rewritten chains, new elements, then removals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub add_sets: Vec<Set>,
    pub add_chains: Vec<Chain>,
    /// Elements to take out; the set's definition is needed for the key's form.
    pub remove_elements: Vec<(Name, Key)>,
    /// Chains whose rules are replaced by these.
    pub rules: Vec<(Name, Vec<Rule>)>,
    pub add_elements: Vec<(Name, Key, Option<Datum>)>,
    pub remove_chains: Vec<Name>,
    pub remove_sets: Vec<Name>,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same change as a script for `nft -f`.
    pub fn to_script(&self, table: &str) -> String {
        text::script(self, table)
    }
}

/// How the table is treated before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The table is there.
    Present,
    /// The table must not be there yet; refused otherwise.
    Fresh,
    /// The table is emptied first, in the same transaction.
    Replace,
}

/// Where packet-filter changes go.
pub trait PacketFilter: Send + std::fmt::Debug {
    fn apply(&mut self, start: Start, change: &Change) -> std::io::Result<()>;
    /// Removes the table; one that is gone is fine.
    fn remove(&mut self) -> std::io::Result<()>;
}
