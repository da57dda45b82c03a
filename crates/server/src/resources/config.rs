//! What an [`super::Api`] is made of: the store, the deciders, and the world's values as traits.
use crate::{
    admission::Plugin,
    auth::{Authorizer, User},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use skeg_model::{status::Status, time::Clock};
use skeg_storage::Store;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    ops::RangeInclusive,
    sync::Arc,
};

/// Everything that the verbs need from outside.
#[derive(Debug)]
pub struct ApiConfig {
    pub store: Arc<dyn Store>,
    pub authorizer: Arc<dyn Authorizer>,
    /// The chain, already in order and filtered by the flags.
    pub admission: Vec<Box<dyn Plugin>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub tokens: Arc<dyn TokenIssuer>,
    pub reviewer: Arc<dyn TokenReviewer>,
    /// `--service-cluster-ip-range`.
    pub service_cidr: Cidr,
    /// `--service-node-port-range`.
    pub node_port_range: RangeInclusive<u16>,
    /// `--allow-privileged`.
    pub allow_privileged: bool,
}

/// An IPv4 network, e.g. `10.96.0.0/16`. Invariant: the address has no host bits, the length is at most 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    base: u32,
    length: u8,
}

impl Cidr {
    /// Parses `10.96.0.0/16`; host bits are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let base = u32::from(address.parse::<Ipv4Addr>().ok()?);
        let length = length.parse::<u8>().ok().filter(|l| *l <= 32)?;
        let cidr = Self { base, length };
        (u64::from(base) % cidr.size() == 0).then_some(cidr)
    }

    /// Number of addresses.
    pub fn size(self) -> u64 {
        1 << (32 - self.length)
    }

    /// The address at `offset` from the network's own.
    pub fn nth(self, offset: u64) -> Option<Ipv4Addr> {
        let offset = u32::try_from(offset).ok().filter(|o| u64::from(*o) < self.size())?;
        Some(Ipv4Addr::from(self.base + offset))
    }

    /// Offset of an address of this network.
    pub fn offset(self, ip: IpAddr) -> Option<u64> {
        let IpAddr::V4(ip) = ip else { return None };
        let offset = u64::from(u32::from(ip).checked_sub(self.base)?);
        (offset < self.size()).then_some(offset)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.length)
    }
}

/// Source of randomness: uids, generated names, allocations.
pub trait Entropy: Send + Sync + fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);

    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A version 4 UUID.
    fn uuid(&self) -> String {
        let mut b = [0; 16];
        self.fill(&mut b);
        b[6] = (b[6] & 0x0f) | 0x40;
        b[8] = (b[8] & 0x3f) | 0x80;
        let n = u128::from_be_bytes(b);
        let (a, b, c, d, e) =
            (n >> 96, (n >> 80) & 0xffff, (n >> 64) & 0xffff, (n >> 48) & 0xffff, n & 0xffff_ffff_ffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }

    /// `length` characters of upstream's `rand.String`: no vowels and no digits that look like them.
    fn suffix(&self, length: usize) -> String {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length).map(|_| char::from(ALPHABET[(self.u64() % 27) as usize])).collect()
    }
}

/// Randomness of the operating system, through the TLS library's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
        random.fill(bytes).expect("the operating system gives randomness");
    }
}

/// The object that a service account's token lives and dies with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundObject {
    /// Pod, Secret or Node.
    pub kind: String,
    pub api_version: String,
    pub name: String,
    pub uid: String,
}

/// A checked request for a token: everything exists and belongs together.
#[derive(Debug, Clone)]
pub struct TokenSpec {
    pub namespace: String,
    pub service_account: String,
    pub service_account_uid: String,
    /// Never empty.
    pub audiences: Vec<String>,
    pub expiration_seconds: i64,
    /// Set for the kubelet's projected tokens: they live longer, users are warned after this many seconds.
    pub warn_after_seconds: Option<i64>,
    pub bound: Option<BoundObject>,
    /// Node of the bound pod: (name, uid).
    pub node: Option<(String, String)>,
    pub now: Timestamp,
}

#[derive(Clone)]
pub struct IssuedToken {
    pub token: String,
    pub expires: Timestamp,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedToken(until {})", self.expires)
    }
}

/// Signs service-account tokens.
pub trait TokenIssuer: Send + Sync + fmt::Debug {
    /// `--api-audiences`: what a token is for when its request names no audience.
    fn default_audiences(&self) -> Vec<String>;

    /// # Errors
    /// The key cannot sign.
    fn issue(&self, spec: &TokenSpec) -> Result<IssuedToken, Status>;
}

/// A token's user with the audiences that it is good for, None if nobody knows it, or why it is not accepted.
pub type Reviewed = Result<Option<(User, Vec<String>)>, String>;

/// Answers TokenReview.
pub trait TokenReviewer: Send + Sync + fmt::Debug {
    /// The token's user and the audiences that it is good for, of those asked for (of the server's own if none);
    /// `Ok(None)` if nobody knows the token.
    ///
    /// # Errors
    /// Why the token is not accepted; shown in `status.error`.
    fn review<'a>(&'a self, token: &'a str, audiences: &'a [String]) -> BoxFuture<'a, Reviewed>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cidr_counts_from_its_base() {
        let cidr = Cidr::parse("10.96.0.0/16").unwrap();
        assert_eq!(cidr.nth(1), Some(Ipv4Addr::new(10, 96, 0, 1)));
        assert_eq!(cidr.nth(65536), None);
        assert_eq!(cidr.offset("10.96.1.0".parse().unwrap()), Some(256));
        assert_eq!(cidr.offset("10.97.0.0".parse().unwrap()), None);
        assert_eq!(Cidr::parse("10.96.0.1/16"), None);
        assert_eq!(cidr.to_string(), "10.96.0.0/16");
    }
}
