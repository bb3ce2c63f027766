//! Requests and answers, without a connection.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, IntoHeaderName, VARY};
use http::{HeaderMap, Method, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::ids;

pub(crate) type Reply = Response<Bytes>;

/// What WebOb encodes when it puts a path together again.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header as a WSGI application gets it: what came several times is one text with commas, and bytes beyond ASCII
    /// are characters of Latin-1.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter();
        let values: Vec<String> = values
            .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// The path, decoded, without slashes at its end.
    pub(crate) fn decoded_path(&self) -> String {
        let path = percent_decode_str(&self.path).decode_utf8_lossy();
        path.trim_end_matches('/').to_owned()
    }

    /// The value of a query parameter; present but without one, it is empty. Of several, the first counts.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&');
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(key, _)| form_decoded(key) == name)
            .map(|(_, value)| form_decoded(value))
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

/// A name or value of a query.
fn form_decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// A decoded path as it stands in URLs and is matched by access rules.
pub(crate) fn encoded_path(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
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

/// What the web server in front of Keystone says itself.
pub(crate) fn of_web_server(status: u16, title: &str) -> Reply {
    let mut reply = html(status, title, "");
    reply.headers_mut().remove(VARY);
    reply.headers_mut().remove("x-openstack-request-id");
    reply
}

/// Sets a header, if the value can be one; characters of Latin-1 become bytes again.
pub(crate) fn set(headers: &mut HeaderMap, name: impl IntoHeaderName, value: &str) {
    let bytes: Result<Vec<u8>, _> = value.chars().map(|c| u8::try_from(u32::from(c))).collect();
    if let Ok(value) = HeaderValue::from_bytes(&bytes.unwrap_or_default()) {
        headers.insert(name, value);
    }
}
