//! Fleets on a real Redis, a real memcached, and a real Keystone.

use tests::memcached_server::MemcachedServer;
use tests::redis_server::RedisServer;
use tests::world::World;

use crate::fleet::{Account, Place, another_takes_over, assert_one_login, fifty_log_in_once};
