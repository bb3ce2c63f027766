//! One exchange with a server: attempts, timeouts, clocks, and what is told of it.

pub(crate) mod clock;
pub(crate) mod event;
pub(crate) mod jitter;
pub(crate) mod lifetime;
pub(crate) mod pipeline;
pub(crate) mod retry;
pub(crate) mod single_flight;
pub(crate) mod timeouts;
pub(crate) mod timer;
