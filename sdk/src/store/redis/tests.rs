use super::*;

/// Every URL that can't be used holds this.
const PASSWORD: &str = "hunter2";

fn refused(result: Result<RedisStore, StoreError>) -> String {
    let text = result.unwrap_err().to_string();
    assert!(!text.contains(PASSWORD), "{text}");
    text
}

#[test]
fn what_is_shown_has_neither_user_nor_password() {
    let url = format!("redis://openstack:{PASSWORD}@redis.example:6380/3");
    let store = RedisStore::open(&url).unwrap().prefix("mine:");
    assert_eq!(
        format!("{store:?}"),
        r#"RedisStore { servers: Redis at redis.example:6380, database: 3, prefix: "mine:" }"#
    );
    let sentinels = ["redis://a:hunter2@one:26379", "redis://a:hunter2@two:26379"];
    let store = RedisStore::sentinel(sentinels, "redis://b:hunter2@mymaster/2").unwrap();
    assert_eq!(
        format!("{store:?}"),
        "RedisStore { servers: Redis mymaster of the sentinels at one:26379, two:26379, database: 2, \
         prefix: \"openstack-identity:\" }"
    );
    let nodes = ["redis://a:hunter2@one:7000", "redis://a:hunter2@two"];
    let store = RedisStore::cluster(nodes).unwrap();
    assert_eq!(
        format!("{store:?}"),
        "RedisStore { servers: the Redis cluster at one:7000, two:6379, database: 0, \
         prefix: \"openstack-identity:\" }"
    );
}

#[test]
fn a_url_that_cant_be_used_is_not_shown() {
    for url in [
        "",
        "hunter2",
        "http://a:hunter2@redis.example",
        "redis://a:hunter2@",
        "redis://a:hunter2@redis.example:port",
        "redis://a:hunter2@redis.example/hunter2",
        "redis://a:hunter2%ff@redis.example",
        "redis://a:hunter2@redis.example?protocol=hunter2",
        "redis://a:hunter2@0.0.0.0",
        "redis://hunter2@redis.example",
        "unix://hunter2?db=hunter2",
    ] {
        refused(RedisStore::open(url));
        refused(RedisStore::cluster([url]));
        refused(RedisStore::sentinel([url], "mymaster"));
    }
}

#[test]
fn urls_that_dont_agree_are_refused() {
    let differ = ["redis://a:hunter2@one", "redis://a:hunter22@two"];
    refused(RedisStore::cluster(differ));
    refused(RedisStore::sentinel(differ, "mymaster"));
    refused(RedisStore::cluster([]));
    refused(RedisStore::sentinel([], "mymaster"));
    refused(RedisStore::cluster(["unix:///run/redis?pass=hunter2"]));
    refused(RedisStore::sentinel(["redis://one"], ""));
    refused(RedisStore::sentinel(["redis://one"], "unix:///run/redis"));
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
#[test]
fn certificates_are_looked_at_before_they_are_needed() {
    let store = || RedisStore::open("rediss://a:hunter2@redis.example").unwrap();
    for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nhunter2\n"] {
        refused(store().ca_certificate_pem(pem));
        refused(store().client_certificate_pem(pem));
    }
    let plain = RedisStore::open("redis://a:hunter2@redis.example").unwrap();
    assert!(refused(plain.ca_certificate_pem("")).contains("rediss://"));
    let unchecked = RedisStore::open("rediss://a:hunter2@redis.example/#insecure");
    assert!(refused(unchecked).contains("ca_certificate_pem"));
}

#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider")))]
#[test]
fn tls_without_its_feature_says_so() {
    let text = refused(RedisStore::open("rediss://a:hunter2@redis.example"));
    assert!(text.contains("feature rustls"), "{text}");
}

#[test]
fn a_time_is_in_milliseconds_within_what_redis_takes() {
    assert_eq!(milliseconds(Duration::ZERO), None);
    assert_eq!(milliseconds(Duration::from_micros(999)), None);
    assert_eq!(milliseconds(Duration::from_millis(1)), Some(1));
    assert_eq!(milliseconds(Duration::MAX), u64::try_from(LONGEST).ok());
}

#[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
#[tokio::test]
async fn tls_without_cryptography_is_an_error() {
    let credentials = crate::identity::v3::auth::Password::by_id("a1b2", "secret").into();
    let key = StoreKey::new("https://keystone.example/v3", &credentials, None).unwrap();
    let store = RedisStore::open("rediss://127.0.0.1:1").unwrap();
    let text = store.get(&key).await.unwrap_err().to_string();
    assert!(text.contains("CryptoProvider"), "{text}");
}
