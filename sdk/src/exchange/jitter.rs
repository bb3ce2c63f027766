//! Chance, so that the programs of a fleet don't do the same in the same moment. No secret depends on it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// From 0 to 1, different each time.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn jitter() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}
