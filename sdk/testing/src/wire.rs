//! Requests and answers, without a connection.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, IntoHeaderName, VARY};
use http::{HeaderMap, Method, Response, StatusCode};
use serde_json::Value;

use crate::ids;

pub(crate) type Reply = Response<Bytes>;

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header that is plain text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value of a query parameter; present but without one, it is empty.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        let pairs = self.query.as_deref()?.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A query parameter as Keystone reads truth values; text that it doesn't know means `otherwise`.
    pub(crate) fn query_flag(&self, name: &str, absent: bool, otherwise: bool) -> bool {
        let Some(value) = self.query_value(name) else {
            return absent;
        };
        match value.trim().to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "on" | "y" | "yes" => true,
            "0" | "f" | "false" | "off" | "n" | "no" => false,
            _ => otherwise,
        }
    }
}

/// An answer with a status, a content type and a body, and with what every answer of Keystone has.
pub(crate) fn reply(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    if !content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    headers.insert(VARY, HeaderValue::from_static("X-Auth-Token"));
    set(headers, "x-openstack-request-id", &ids::request_id());
    reply
}

pub(crate) fn json(status: u16, body: &Value) -> Reply {
    reply(status, "application/json", format!("{body}\n"))
}

pub(crate) fn html(status: u16, title: &str, text: &str) -> Reply {
    let body = format!(
        "<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"
    );
    reply(status, "text/html; charset=utf-8", body)
}

/// Sets a header, if the value can be one.
pub(crate) fn set(headers: &mut HeaderMap, name: impl IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
