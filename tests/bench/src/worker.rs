//! One measurement, in a process of its own: by the client, or by what it is compared with.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use openstack_identity::store::{FileStore, MemcachedStore, RedisStore, StoreKey, TokenStore};
use openstack_identity::{Credentials, IdentityV3, OpenStack, OpenStackBuilder, Password};
use reqwest::Client;
use tokio::task::JoinSet;

use crate::Failure;

/// Who does the work.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Who {
    Client,
    Floor,
}

/// What is to be measured, with what it needs.
pub struct Work {
    pub what: String,
    pub who: Who,
    /// `url`, `store`, `in_flight`, ...
    pub given: HashMap<String, String>,
}

const SUBJECT: &str = "gAAAAABsubject";

/// The CPU time of this process so far, of all threads.
fn cpu() -> Result<Duration, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let micros = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).map(Duration::from_micros)
    };
    Ok(micros(user)? + micros(system)?)
}

fn micros(time: Duration, times: usize) -> f64 {
    time.as_secs_f64() * 1e6 / times as f64
}

fn credentials() -> Credentials {
    Password::by_id("a1b2", "s3cret").into()
}

impl Work {
    pub async fn run(&self) -> Result<f64, Failure> {
        match &*self.what {
            "calls" => self.calls().await,
            "build-cpu" => self.build(400, |_| cpu_micros(), Keep::None),
            "build-bytes" => self.build(300, |_| resident(), Keep::All),
            "web" => self.web().await,
            "first" => self.first().await.map(|()| 0.0),
            "cached" => self.cached().await.map(|()| 0.0),
            "error" => self.error().await,
            "put" => self.put().await,
            other => Err(format!("there is nothing called {other} to measure").into()),
        }
    }

    fn given(&self, key: &str) -> Result<&str, Failure> {
        let given = self.given.get(key).map(String::as_str);
        given.ok_or_else(|| format!("`{key}` is not given").into())
    }

    fn builder(&self) -> Result<OpenStackBuilder, Failure> {
        let url = format!("{}/v3", self.given("url")?);
        Ok(OpenStack::builder(url).credentials(credentials()))
    }

    /// Microseconds of CPU for one check of a token.
    async fn calls(&self) -> Result<f64, Failure> {
        let in_flight: usize = self.given("in_flight")?.parse()?;
        let caller = match self.who {
            Who::Client => Caller::Client(self.builder()?.build()?.identity_v3()),
            Who::Floor => Caller::bare(self.given("url")?)?,
        };
        let (warm, times) = (512, 4096);
        caller.call_often(warm, in_flight).await?;
        let before = cpu()?;
        caller.call_often(times, in_flight).await?;
        Ok(micros(cpu()? - before, times))
    }

    /// How much of `gauge` it takes to make one client, from the second on.
    fn build(
        &self,
        times: usize,
        gauge: impl Fn(()) -> Result<f64, Failure>,
        keep: Keep,
    ) -> Result<f64, Failure> {
        let make = || -> Result<Caller, Failure> {
            Ok(match self.who {
                Who::Client => Caller::Client(self.builder()?.build()?.identity_v3()),
                Who::Floor => Caller::bare("http://127.0.0.1")?,
            })
        };
        let mut kept = vec![make()?];
        let before = gauge(())?;
        for _ in 0..times {
            let made = make()?;
            if matches!(keep, Keep::All) {
                kept.push(made);
            }
        }
        Ok((gauge(())? - before) / times as f64)
    }

    /// Microseconds of CPU for a web request: a client of its own, its token out of a store, one call. The
    /// floor reads the same entry of the same store and sends the same request.
    async fn web(&self) -> Result<f64, Failure> {
        let store = self.store()?;
        let url = format!("{}/v3", self.given("url")?);
        let key = StoreKey::new(&url, &credentials(), None).ok_or("there is no key")?;
        let request = || async {
            let client = self.builder()?.token_store(store.clone()).build()?;
            client.identity_v3().validate_token(SUBJECT).await?;
            Ok::<_, Failure>(())
        };
        // Logs in, so that there is an entry.
        request().await?;
        let bare = Caller::bare(self.given("url")?)?;
        let mut before = cpu()?;
        let (warm, times) = (50, 400);
        for at in 0..warm + times {
            if at == warm {
                before = cpu()?;
            }
            match self.who {
                Who::Client => request().await?,
                Who::Floor => {
                    store.get(&key).await?.ok_or("there is no entry")?;
                    bare.call().await?;
                }
            }
        }
        Ok(micros(cpu()? - before, times))
    }

    fn store(&self) -> Result<Arc<dyn TokenStore>, Failure> {
        let at = self.given("at")?;
        Ok(match self.given("store")? {
            "file" => Arc::new(FileStore::in_folder(at)),
            "redis" => Arc::new(RedisStore::open(at)?),
            "memcached" => Arc::new(MemcachedStore::open([at])?),
            other => return Err(format!("there is no store {other}").into()),
        })
    }

    /// A process that logs in and ends.
    async fn first(&self) -> Result<(), Failure> {
        let url = self.given("url")?;
        match self.who {
            Who::Client => drop(self.builder()?.build()?.token().await?),
            Who::Floor => {
                // Without https it is as if there were no TLS in it.
                let client = match url.starts_with("https") {
                    true => Client::builder().build()?,
                    false => Client::builder().tls_certs_only([]).build()?,
                };
                let request = client
                    .post(format!("{url}/v3/auth/tokens"))
                    .header("Content-Type", "application/json")
                    .body(r#"{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"a1b2","password":"s3cret"}}}}}"#);
                let body = request.send().await?.bytes().await?;
                let _: serde_json::Value = serde_json::from_slice(&body)?;
            }
        }
        Ok(())
    }

    /// A process that starts with a token out of a file, makes one call, and ends.
    async fn cached(&self) -> Result<(), Failure> {
        let store = FileStore::in_folder(self.given("at")?);
        let client = self.builder()?.token_store(store).build()?;
        client.identity_v3().validate_token(SUBJECT).await?;
        Ok(())
    }

    /// Microseconds of CPU for one login that is refused with a million short texts. The floor reads the
    /// body.
    async fn error(&self) -> Result<f64, Failure> {
        let url = format!("{}/many", self.given("url")?);
        let openstack = OpenStack::builder(format!("{url}/v3"))
            .credentials(credentials())
            .build()?;
        let client = Client::builder().tls_certs_only([]).build()?;
        let before = cpu()?;
        match self.who {
            Who::Client => drop(openstack.token().await.err().ok_or("the login succeeded")?),
            Who::Floor => {
                let request = client.post(format!("{url}/v3/auth/tokens")).body("{}");
                drop(request.send().await?.bytes().await?);
            }
        }
        Ok(micros(cpu()? - before, 1))
    }

    /// Microseconds on the clock to keep an entry in a file. The floor writes a file, syncs it and gives it
    /// its name, in another thread.
    async fn put(&self) -> Result<f64, Failure> {
        let folder = PathBuf::from(self.given("at")?).join(std::process::id().to_string());
        fs::create_dir_all(&folder)?;
        let store = FileStore::in_folder(folder.join("tokens"));
        let key = StoreKey::new("https://keystone.example/v3", &credentials(), None);
        let key = key.ok_or("there is no key")?;
        let entry = vec![b'x'; 6000];
        let mut took = Vec::new();
        for at in 0..100 {
            let started = Instant::now();
            match self.who {
                Who::Client => store.put(&key, &entry, Duration::from_secs(3600)).await?,
                Who::Floor => {
                    let (folder, entry) = (folder.clone(), entry.clone());
                    tokio::task::spawn_blocking(move || {
                        let new = folder.join(format!("new-{at}"));
                        let mut file = fs::File::create_new(&new)?;
                        file.write_all(&entry)?;
                        file.sync_all()?;
                        fs::rename(&new, folder.join("entry"))
                    })
                    .await??;
                }
            }
            took.push(micros(started.elapsed(), 1));
        }
        Ok(crate::median(&mut took))
    }
}

enum Keep {
    None,
    All,
}

fn cpu_micros() -> Result<f64, Failure> {
    Ok(micros(cpu()?, 1))
}

/// The memory of this process, in bytes.
fn resident() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: f64 = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("there is no VmRSS")?
        .parse()?;
    Ok(kilobytes * 1024.0)
}

/// What checks a token.
#[derive(Clone)]
enum Caller {
    Client(IdentityV3),
    Bare { client: Client, url: String },
}

impl Caller {
    fn bare(url: &str) -> Result<Self, Failure> {
        let client = Client::builder().build()?;
        let url = format!("{url}/v3/auth/tokens");
        Ok(Caller::Bare { client, url })
    }

    async fn call(&self) -> Result<(), Failure> {
        match self {
            Caller::Client(identity) => drop(identity.validate_token(SUBJECT).await?),
            Caller::Bare { client, url } => {
                let request = client.head(url).header("X-Auth-Token", "subject");
                let response = request.header("X-Subject-Token", SUBJECT).send().await?;
                response.error_for_status()?;
            }
        }
        Ok(())
    }

    async fn call_often(&self, times: usize, in_flight: usize) -> Result<(), Failure> {
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let caller = self.clone();
            tasks.spawn(async move {
                for _ in 0..times / in_flight {
                    caller.call().await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }
}
