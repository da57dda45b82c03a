//! Changes in `nft`'s own language.
use super::{Base, ChainType, Change, Data, Datum, Field, Hook, Load, Rule, Set, Side, Statement, Value, Verdict};
use std::fmt::{Display, Write};

pub fn script(change: &Change, table: &str) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("add table ip {table}"));
    for set in &change.add_sets {
        line(format!("add {}", definition(table, set)));
    }
    for chain in &change.add_chains {
        let base = chain.base.map(base).unwrap_or_default();
        line(format!("add chain ip {table} {}{base}", chain.name));
    }
    for (set, key) in &change.remove_elements {
        line(format!("delete element ip {table} {set} {{ {} }}", values(key)));
    }
    for chain in &change.remove_chains {
        line(format!("flush chain ip {table} {chain}"));
    }
    for (chain, rules) in &change.rules {
        line(format!("flush chain ip {table} {chain}"));
        for one in rules {
            line(format!("add rule ip {table} {chain} {}", rule(one)));
        }
    }
    for (set, key, data) in &change.add_elements {
        let data = data.as_ref().map(|it| format!(" : {}", datum(it))).unwrap_or_default();
        line(format!("add element ip {table} {set} {{ {}{data} }}", values(key)));
    }
    for chain in &change.remove_chains {
        line(format!("delete chain ip {table} {chain}"));
    }
    for set in &change.remove_sets {
        line(format!("delete set ip {table} {set}"));
    }
    out
}

fn definition(table: &str, set: &Set) -> String {
    let fields = |fields: &[Field]| join(fields.iter().map(|field| field_name(*field)), " . ");
    let (kind, data) = match &set.data {
        Data::None => ("set", String::new()),
        Data::Verdict => ("map", " : verdict".into()),
        Data::Fields(data) => ("map", format!(" : {}", fields(data))),
    };
    let timeout = set.timeout.map(|it| format!(" flags dynamic,timeout; timeout {}s;", it.as_secs()));
    let size = set.timeout.map(|_| format!(" size {};", super::kernel::REMEMBERED_MAX)).unwrap_or_default();
    let timeout = timeout.unwrap_or_default();
    format!("{kind} ip {table} {} {{ type {}{data};{size}{timeout} }}", set.name, fields(set.key))
}

fn join(parts: impl Iterator<Item = impl Display>, between: &str) -> String {
    let mut text = String::new();
    for part in parts {
        let between = if text.is_empty() { "" } else { between };
        _ = write!(text, "{between}{part}");
    }
    text
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Address => "ipv4_addr",
        Field::Protocol => "inet_proto",
        Field::Port => "inet_service",
        Field::Number => "integer",
    }
}

fn base(base: Base) -> String {
    let kind = if base.kind == ChainType::Nat { "nat" } else { "filter" };
    let hook = match base.hook {
        Hook::Prerouting => "prerouting",
        Hook::Input => "input",
        Hook::Forward => "forward",
        Hook::Output => "output",
        Hook::Postrouting => "postrouting",
    };
    format!(" {{ type {kind} hook {hook} priority {}; }}", base.priority)
}

fn values(key: &[Value]) -> String {
    join(key.iter().map(|part| value(*part)), " . ")
}

fn value(value: Value) -> String {
    match value {
        Value::Address(address) => address.to_string(),
        Value::Protocol(6) => "tcp".into(),
        Value::Protocol(17) => "udp".into(),
        Value::Protocol(132) => "sctp".into(),
        Value::Protocol(other) => other.to_string(),
        Value::Port(port) => port.to_string(),
        Value::Number(number) => number.to_string(),
    }
}

fn datum(datum: &Datum) -> String {
    match datum {
        Datum::Verdict(it) => verdict(it),
        Datum::Values(key) => values(key),
    }
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".into(),
        Verdict::Drop => "drop".into(),
        Verdict::Return => "return".into(),
        Verdict::Jump(chain) => format!("jump {chain}"),
        Verdict::Goto(chain) => format!("goto {chain}"),
    }
}

fn load(load: Load) -> &'static str {
    match load {
        Load::Source => "ip saddr",
        Load::Destination => "ip daddr",
        Load::Protocol => "meta l4proto",
        Load::DestinationPort => "th dport",
    }
}

fn loads(all: &[Load]) -> String {
    join(all.iter().map(|one| load(*one)), " . ")
}

pub fn rule(rule: &Rule) -> String {
    join(rule.iter().map(statement), " ")
}

fn statement(statement: &Statement) -> String {
    let unless = |negate: &bool| if *negate { "!= " } else { "" };
    let numbered = |data: Vec<String>| join(data.iter().enumerate().map(|(n, it)| format!("{n} : {it}")), ", ");
    match statement {
        Statement::NewConnection => "ct state new".into(),
        Statement::DestinationTranslated => "ct status dnat".into(),
        Statement::Is { load: it, value: wanted } => format!("{} {}", load(*it), value(*wanted)),
        Statement::InNetwork { side, address, prefix, negate } => {
            let field = if *side == Side::Source { "ip saddr" } else { "ip daddr" };
            format!("{field} {}{address}/{prefix}", unless(negate))
        }
        Statement::IsLocal { side, negate } => {
            let side = if *side == Side::Source { "saddr" } else { "daddr" };
            format!("fib {side} type {}local", unless(negate))
        }
        Statement::InSet { loads: it, set, negate } => format!("{} {}@{set}", loads(it), unless(negate)),
        Statement::VerdictMap { loads: it, map } => format!("{} vmap @{map}", loads(it)),
        Statement::RandomVerdict(only) if only.len() == 1 => verdict(&only[0]),
        Statement::RandomVerdict(all) => {
            let map = numbered(all.iter().map(verdict).collect());
            format!("numgen random mod {} vmap {{ {map} }}", all.len())
        }
        Statement::RandomDestination(only) if only.len() == 1 => format!("dnat to {}:{}", only[0].0, only[0].1),
        Statement::RandomDestination(all) => {
            let map = numbered(all.iter().map(|(address, port)| format!("{address} . {port}")).collect());
            format!("dnat to numgen random mod {} map {{ {map} }}", all.len())
        }
        Statement::MappedDestination { loads: it, map } => format!("dnat to {} map @{map}", loads(it)),
        Statement::SetMark(mark) => format!("meta mark set meta mark or {mark:#x}"),
        Statement::TakeMark(mark) => {
            format!("meta mark & {mark:#x} != 0 meta mark set meta mark and {:#x}", !mark)
        }
        Statement::RememberSource { set, timeout } => {
            format!("update @{set} {{ ip saddr timeout {}s }}", timeout.as_secs())
        }
        Statement::Masquerade => "masquerade fully-random".into(),
        Statement::Reject => "reject".into(),
        Statement::Verdict(it) => verdict(it),
    }
}
