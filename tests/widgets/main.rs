//! The client of an invented service, on the wire: what it sends to the letter, and what it reads. The
//! generator knows nothing of the service but `widgets/spec/`.

#![allow(clippy::panic, clippy::unwrap_used)]

mod received;
mod sent;

use http::Response as Http;
use openstack_identity::runtime::{Operation, OperationError, Request, Response, Value};
use serde_json::json;
use tests::invented::widgets::v2::widgets::{GetWidget, Widget};

fn line(operation: &impl Operation) -> String {
    let request = operation.request().unwrap();
    format!("{} {}", request.method(), request.path())
}

fn body(operation: &impl Operation) -> Value {
    serde_json::from_slice(operation.request().unwrap().body()).unwrap()
}

/// The answer to an operation, with headers and a body.
fn answer(request: &Request, status: u16, headers: &[(&str, &str)], body: &Value) -> Response {
    let mut response = Http::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = match body {
        Value::Null => Vec::new(),
        body => serde_json::to_vec(body).unwrap(),
    };
    Response::new(response.body(body).unwrap(), request)
}

fn read<O: Operation>(
    operation: &O,
    status: u16,
    headers: &[(&str, &str)],
    body: &Value,
) -> Result<O::Output, OperationError<O::Failure>> {
    O::response(&answer(
        &operation.request().unwrap(),
        status,
        headers,
        body,
    ))
}

fn widget_json() -> Value {
    json!({
        "id": "w1",
        "type": "cog",
        "colour": "ultraviolet",
        "made_at": "2026-11-23T13:48:26",
        "note": null,
        "shape": { "form": "circle", "radius": 1.5, "unit": "mm" },
        "part_of": null,
        "parts": [],
        "OS-WIDGET:serial": 7,
        "smell": ["faint"],
    })
}

fn widget() -> Widget {
    read(
        &GetWidget::new("w1"),
        200,
        &[],
        &json!({ "widget": widget_json() }),
    )
    .unwrap()
}
