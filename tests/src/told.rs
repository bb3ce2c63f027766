//! What the client tells by `tracing`, at every level.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that is told, as text.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<String>>>);

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

    /// Adds what was shown otherwise.
    pub fn note(&self, text: &str) {
        self.add(text, |_| {});
    }

    /// All so far.
    ///
    /// # Panics
    ///
    /// If a thread has panicked while it told something.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
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
///
/// # Panics
///
/// If somebody else listens to the whole process.
#[must_use]
pub fn listen() -> Told {
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
