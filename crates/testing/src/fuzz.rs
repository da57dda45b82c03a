//! Fuzzing by mutation: seeded loops over documents that were right once.
//!
//! Bounded by rounds, or by time where `SKEG_FUZZ_SECONDS` says how long each loop takes; `SKEG_FUZZ_SEED` then begins
//! elsewhere. Every loop prints its seed, so that a failure can be had again.
use crate::dice::Dice;
use std::time::{Duration, Instant};

/// Longest piece that one change cuts out or repeats.
const PIECE_BYTES_MAX: usize = 24;
/// Changes made to one document at most.
const CHANGES_MAX: usize = 5;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("the variable holds a number"))
}

/// Calls `one` as often as there is budget; how often that was.
///
/// # Panics
/// A variable of the environment is no number.
pub fn fuzz(seed: u64, rounds: usize, mut one: impl FnMut(&mut Dice)) -> usize {
    let seed = seed ^ number("SKEG_FUZZ_SEED").unwrap_or(0);
    let until = number("SKEG_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    println!("seed {seed:#x}");
    let mut dice = Dice::new(seed);
    let mut done = 0;
    while until.map_or(done < rounds, |until| Instant::now() < until) {
        one(&mut dice);
        done += 1;
    }
    println!("{done} rounds");
    done
}

/// One small change: a bit, a byte, a cut, a repeat, an early end, or a token that means something to the decoder.
pub fn mutate(bytes: &mut Vec<u8>, tokens: &[&str], dice: &mut Dice) {
    if bytes.is_empty() {
        return bytes.push(b'{');
    }
    let at = dice.roll(bytes.len());
    let to = (at + dice.roll(PIECE_BYTES_MAX)).min(bytes.len());
    match dice.roll(if tokens.is_empty() { 5 } else { 8 }) {
        0 => bytes[at] ^= 1 << dice.roll(8),
        1 => bytes[at] = u8::try_from(dice.roll(256)).expect("below 256"),
        2 => drop(bytes.drain(at..to)),
        3 => {
            let piece = bytes[at..to].to_vec();
            bytes.splice(at..at, piece);
        }
        4 => bytes.truncate(at),
        _ => drop(bytes.splice(at..to, dice.pick(tokens).bytes())),
    }
}

/// A copy of `seed` with a few changes.
pub fn mutated(seed: &[u8], tokens: &[&str], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.roll(CHANGES_MAX) {
        mutate(&mut bytes, tokens, dice);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_documents() {
        let of = |seed: u64| {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| mutated(b"{\"a\":1}", &["null"], &mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
