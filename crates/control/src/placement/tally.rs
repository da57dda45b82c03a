//! How many pods of one sort are in each domain of a topology, kept up to date node by node.
use rustc_hash::FxHashMap;

/// The domain of nodes that lack the label.
pub(super) const NOWHERE: usize = 0;

/// Counts per domain. Invariant: `sums[d]` is the sum of `count[r]`, and `members[d]` the number, of the counted rows `r`
/// with `domain[r] == d`.
#[derive(Debug)]
pub(super) struct Tally {
    pub key: String,
    pub domain: Vec<u32>,
    counted: Vec<bool>,
    count: Vec<i64>,
    sums: Vec<i64>,
    members: Vec<u32>,
    values: FxHashMap<Box<str>, u32>,
    /// Counted pods in all domains.
    total: i64,
}

impl Tally {
    pub fn new(key: &str, rows: usize) -> Self {
        let mut out = Self {
            key: key.to_owned(),
            domain: Vec::new(),
            counted: Vec::new(),
            count: Vec::new(),
            sums: vec![0],
            members: vec![0],
            values: FxHashMap::default(),
            total: 0,
        };
        out.grow(rows);
        out
    }

    pub fn grow(&mut self, rows: usize) {
        self.domain.resize(rows, 0);
        self.counted.resize(rows, false);
        self.count.resize(rows, 0);
    }

    fn add(&mut self, row: usize, sign: i64) {
        if !self.counted[row] {
            return;
        }
        let domain = self.domain[row] as usize;
        self.sums[domain] += sign * self.count[row];
        self.members[domain] = self.members[domain].saturating_add_signed(if sign > 0 { 1 } else { -1 });
        if domain != NOWHERE {
            self.total += sign * self.count[row];
        }
    }

    /// The node of `row` is in the domain `value`; `counted`: its pods count.
    pub fn place(&mut self, row: usize, value: Option<&str>, counted: bool) {
        self.add(row, -1);
        self.domain[row] = value.map_or(0, |value| self.intern(value));
        self.counted[row] = counted;
        self.add(row, 1);
    }

    fn intern(&mut self, value: &str) -> u32 {
        if let Some(id) = self.values.get(value) {
            return *id;
        }
        let id = u32::try_from(self.sums.len()).expect("fewer domains than 2^32");
        self.sums.push(0);
        self.members.push(0);
        self.values.insert(value.into(), id);
        id
    }

    pub fn set(&mut self, row: usize, count: i64) {
        if self.count[row] != count {
            self.add(row, -1);
            self.count[row] = count;
            self.add(row, 1);
        }
    }

    pub fn at(&self, row: usize) -> i64 {
        self.count[row]
    }

    pub fn total(&self) -> i64 {
        self.total
    }

    /// Domains that were ever seen.
    pub fn domains(&self) -> usize {
        self.sums.len()
    }

    pub fn sums(&self) -> &[i64] {
        &self.sums
    }

    /// Whether `test` holds for all domains that counted nodes are in.
    pub fn all(&self, test: impl Fn(usize, i64) -> bool) -> bool {
        let domains = self.sums.iter().zip(&self.members).enumerate();
        domains.filter(|(_, (_, members))| **members > 0).all(|(domain, (sum, _))| test(domain, *sum))
    }

    /// The fewest pods in a domain that counted nodes are in, and how many such domains there are.
    pub fn fewest(&self) -> (i64, usize) {
        let alive = self.sums.iter().zip(&self.members).filter(|(_, members)| **members > 0);
        alive.fold((i64::MAX, 0), |(least, domains), (sum, _)| (least.min(*sum), domains + 1))
    }
}
