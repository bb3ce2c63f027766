//! What the client tells: spans, and a warning of plain http.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};

use openstack_identity::store::MemcachedStore;
use openstack_identity::testing::Fault;
use openstack_identity::{OpenStack, Password, ProjectScope};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{PROJECTS, builder, call, start};

/// Everything that is told, as text.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Told {
    fn add(&self, name: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(name.to_owned());
        record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

thread_local! {
    /// Who listens on this thread, where the tests of others run too.
    static LISTENER: RefCell<Option<Told>> = const { RefCell::new(None) };
}

/// Tells whoever listens on the thread. One for the whole process: one for each thread may miss what
/// another thread has been the first to tell.
struct Router;

/// Listens on this thread from now on.
fn listen() -> Told {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(Router).unwrap());
    let told = Told::default();
    LISTENER.set(Some(told.clone()));
    told
}

fn with_listener(tell: impl FnOnce(&Told)) {
    LISTENER.with_borrow(|told| told.as_ref().map(tell));
}

impl Subscriber for Router {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("openstack_identity")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        with_listener(|told| told.add(span.metadata().name(), |line| span.record(line)));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        with_listener(|told| told.add("recorded", |line| values.record(line)));
    }

    fn event(&self, event: &Event<'_>) {
        let level = event.metadata().level().as_str();
        with_listener(|told| told.add(level, |line| event.record(line)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn each_attempt_has_a_span_and_no_secret_is_in_it() {
    let server = start().await;
    let told = listen();
    let openstack = builder(&server).build().unwrap();
    server.inject(Fault::status(503).on("GET", PROJECTS));
    call(&openstack).await.unwrap();
    let token = openstack.token().await.unwrap();

    let lines = told.lines();
    let spans: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("request"))
        .collect();
    assert_eq!(spans.len(), 3, "{lines:#?}");
    assert!(
        spans[0].contains("operation=\"generate_token\" method=\"POST\""),
        "{}",
        spans[0]
    );
    assert!(
        spans[1].contains("attempt=1") && spans[2].contains("attempt=2"),
        "{spans:?}"
    );
    let all = lines.join("\n");
    for field in [
        "status=201",
        "status=503",
        "status=200",
        "request_id=\"req-",
        "elapsed_ms=",
    ] {
        assert!(all.contains(field), "{field}: {all}");
    }
    for secret in [token.id().expose(), &server.demo().password] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[test]
fn plain_http_is_warned_of_once_a_host_and_not_on_this_machine() {
    let told = listen();
    for url in [
        "http://keystone.example/v3",
        "http://keystone.example/v3",
        "http://other.example:5000",
        "https://keystone.example",
        "http://127.0.0.1:5000",
        "http://localhost",
        "http://[::1]:5000",
    ] {
        let user = Password::by_id("a", "b");
        OpenStack::builder(url).credentials(user).build().unwrap();
    }
    let lines = told.lines();
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

/// A store that others read and that fails: one warning says how to seal, and each miss is logged.
#[tokio::test]
async fn a_store_that_fails_is_logged_and_sealing_is_told_of_once() {
    let server = start().await;
    let told = listen();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let store = MemcachedStore::open([nobody.clone()]).unwrap();
    let openstack = builder(&server).token_store(store).build().unwrap();
    let project = ProjectScope::by_id(&server.demo().project_id);
    call(&openstack).await.unwrap();
    call(&openstack.rescope(project)).await.unwrap();

    let lines = told.lines();
    let warnings = |of: &str| {
        let warnings = lines.iter().filter(|line| line.starts_with("WARN"));
        warnings.filter(|line| line.contains(of)).count()
    };
    assert_eq!(
        warnings("token_sealing(Sealing::WithKey(..))"),
        1,
        "{lines:#?}"
    );
    assert_eq!(warnings("the token store failed"), 2, "{lines:#?}");
    assert_eq!(warnings(&nobody), 2, "{lines:#?}");
    let all = lines.join("\n");
    assert!(!all.contains(&server.demo().password), "{all}");
}
