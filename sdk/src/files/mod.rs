//! Files: plain ones, read with a limit, and private ones, for their owner only.

pub(crate) mod plain;
#[cfg(feature = "file")]
pub(crate) mod private;
