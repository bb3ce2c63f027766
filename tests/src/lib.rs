//! What the tests share, and the clients that the build script has generated.

pub mod crowd;
#[cfg(feature = "servers")]
pub mod memcached_server;
pub mod programs;
#[cfg(feature = "servers")]
pub mod redis_server;
pub mod told;
pub mod world;

/// The client of `spec/`, as the generator makes it now.
#[rustfmt::skip]
pub mod client {
    include!(concat!(env!("OUT_DIR"), "/client/mod.rs"));
}

/// The client of an invented service, Widgets, whose spec is in `widgets/spec/`.
#[rustfmt::skip]
pub mod invented {
    include!(concat!(env!("OUT_DIR"), "/invented/mod.rs"));
}
