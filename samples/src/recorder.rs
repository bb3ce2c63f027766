//! Remembers what the samples send, by the events that the client emits.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The exchanges since they were last taken: `POST /v3/auth/tokens 201`.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

/// One request, and how it was answered.
#[derive(Clone, Default)]
pub struct Exchange {
    pub request: String,
    /// None if there was no answer.
    pub status: Option<u64>,
}

impl Recorder {
    /// Starts to listen, for the rest of the program.
    pub fn install() -> Self {
        let recorder = Recorder::default();
        // Fails only if another subscriber is installed, and there is none in this program.
        _ = tracing::subscriber::set_global_default(recorder.clone());
        recorder
    }

    /// What was sent since the last call.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "openstack_identity::request"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let request = format!("{} {}", fields.method, fields.path);
        let exchange = Exchange { request, status: fields.status };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields {
    method: String,
    path: String,
    status: Option<u64>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "method" => value.clone_into(&mut self.method),
            "path" => value.clone_into(&mut self.path),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
