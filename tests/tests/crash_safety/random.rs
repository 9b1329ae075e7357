//! Chance that can be repeated: a test prints its seed, and `SEED` in the environment sets it.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    ops::Range,
    time::Duration,
};

pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let seed = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one("seed"));
        println!("SEED={seed}");
        Self(seed)
    }

    /// A number of the range (splitmix64).
    fn number(&mut self, range: Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (mixed ^ (mixed >> 31)) % (range.end - range.start)
    }

    /// A moment that nobody chose.
    pub fn moment(&mut self, milliseconds: Range<u64>) -> Duration {
        Duration::from_millis(self.number(milliseconds))
    }
}
