//! A range of numbers of which some are taken. The lower band is left to those who ask for a number of their own
//! (KEP-3070, KEP-3668): numbers are dealt from the rest until that is full.
use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct Pool {
    first: u64,
    count: u64,
    band: u64,
    taken: BTreeSet<u64>,
}

/// Why a number was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Taken,
    OutOfRange,
}

/// Size of the band of a network: min(max(16, size/16), 256).
pub(super) fn address_band(size: u64) -> u64 {
    if size <= 16 { 0 } else { (size / 16).clamp(16, 256) }
}

/// Size of the band of a port range: min(max(16, size/32), 128).
pub(super) fn port_band(size: u64) -> u64 {
    if size <= 16 { 0 } else { (size / 32).clamp(16, 128) }
}

impl Pool {
    pub fn new(first: u64, count: u64, band: u64) -> Self {
        Self { first, count, band: band.min(count), taken: BTreeSet::new() }
    }

    /// Whether somebody has this number.
    pub fn is_taken(&self, number: u64) -> bool {
        self.taken.contains(&number)
    }

    pub fn contains(&self, number: u64) -> bool {
        (self.first..self.first + self.count).contains(&number)
    }

    /// Takes one number.
    pub fn take(&mut self, number: u64) -> Result<(), Refused> {
        if !self.contains(number) {
            return Err(Refused::OutOfRange);
        }
        if self.taken.insert(number) { Ok(()) } else { Err(Refused::Taken) }
    }

    /// Takes any number, first from above the band, starting at a random place. None: all are taken.
    pub fn take_any(&mut self, random: u64) -> Option<u64> {
        let above = self.first + self.band;
        self.free_in(above, self.count - self.band, random)
            .or_else(|| self.free_in(self.first, self.band, random))
            .inspect(|number| _ = self.taken.insert(*number))
    }

    pub fn give_back(&mut self, number: u64) {
        self.taken.remove(&number);
    }

    fn free_in(&self, first: u64, count: u64, random: u64) -> Option<u64> {
        let start = first + random.checked_rem(count)?;
        self.free_from(start, first + count).or_else(|| self.free_from(first, start))
    }

    /// The first free number of `from..to`.
    fn free_from(&self, from: u64, to: u64) -> Option<u64> {
        let mut next = from;
        for taken in self.taken.range(from..to) {
            if *taken != next {
                break;
            }
            next += 1;
        }
        (next < to).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deals_every_number_once_and_the_band_last() {
        let mut pool = Pool::new(100, 20, 4);
        pool.take(110).unwrap();
        let dealt: Vec<u64> = (0..19).map(|i| pool.take_any(i * 7).unwrap()).collect();
        assert_eq!(pool.take_any(3), None);
        assert!(dealt[..15].iter().all(|n| *n >= 104), "{dealt:?}");
        assert_eq!(dealt.iter().collect::<BTreeSet<_>>().len(), 19);
        assert_eq!(pool.take(110), Err(Refused::Taken));
        assert_eq!(pool.take(120), Err(Refused::OutOfRange));
        pool.give_back(110);
        assert_eq!(pool.take_any(9), Some(110));
    }
}
