//! Changes to requests.

use super::random::Random;
use super::templates::Template;
use super::{Encoding, Request, nodes};

/// Methods to try. DELETE is left to the templates that have a user of their own.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS"];

const QUERIES: [&str; 14] = [
    "nocatalog",
    "nocatalog=0",
    "%6Eocatalog",
    "nocatalog%20=1",
    "allow_expired=yes",
    "allow_expired=%31",
    "allow_expired=+true+",
    "allow_expired=maybe",
    "cascade=no",
    "cascade=",
    "x=%C3%A9",
    "x=%E9&x=1",
    "&&=",
    "user_id=1;x",
];

/// Values that a header can have in place of its own.
const VALUES: [&str; 9] = [
    "",
    "x",
    "é",
    "x,y",
    "\"x\"",
    "«token.project»x",
    "«token.unscoped»",
    "1",
    "gAAAAAB",
];

const MEDIA: [&str; 9] = [
    "",
    "text/plain",
    "application/json; charset=latin-1",
    "APPLICATION/JSON",
    "application/json,application/json",
    "application/x+json;q=1",
    "application",
    "application/x-www-form-urlencoded",
    "é",
];

const ACCEPTED: [&str; 6] = [
    "application/json-home",
    "application/json-home;q=0.1, application/json",
    "text/html",
    "*/*",
    "",
    "application/*;q=0.5, application/json-home",
];

/// A request in parts, while it is changed.
struct Draft {
    method: String,
    path: String,
    query: Vec<String>,
    headers: Vec<(String, String)>,
    text: Option<String>,
    encoding: Encoding,
}

/// The request of a template, with one to three changes.
pub fn mutate(template: &Template, random: &mut Random) -> Request {
    let mut document = template.json.clone();
    let mut outer = 0;
    for _ in 0..=random.below(3) {
        match &mut document {
            // What is in the body matters most where there is one.
            Some(document) if random.below(4) > 0 => nodes::change(document, random),
            _ => outer += 1,
        }
    }
    let mut draft = Draft {
        method: template.method.to_owned(),
        path: template.path.to_owned(),
        query: template
            .query
            .iter()
            .map(|part| (*part).to_owned())
            .collect(),
        headers: owned(&template.headers),
        text: document.map(|document| document.to_string()),
        encoding: Encoding::Utf8,
    };
    for _ in 0..outer {
        draft.change(random);
    }
    draft.finish(template.fresh)
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    headers.iter().map(owned).collect()
}

impl Draft {
    fn change(&mut self, random: &mut Random) {
        match random.below(if self.text.is_some() { 10 } else { 8 }) {
            0 => self.method = (*random.pick(&METHODS)).to_owned(),
            1 | 2 => self.change_path(random),
            3 | 4 => self.query.push((*random.pick(&QUERIES)).to_owned()),
            5 | 6 => self.change_headers(random),
            7 => self.add_header(random),
            _ => self.change_text(random),
        }
    }

    fn change_path(&mut self, random: &mut Random) {
        let mut segments: Vec<String> = self.path.split('/').map(str::to_owned).collect();
        let index = 1 + random.below(segments.len() - 1);
        let segment = &mut segments[index];
        let placeholder = segment.starts_with('«');
        match random.below(8) {
            0 => segment.insert(0, '/'),
            1 => segments.push(String::new()),
            2 if !placeholder => *segment = encoded(segment),
            3 if !placeholder => *segment = segment.to_uppercase(),
            4 if !placeholder => {
                let ends = ["x", "%20", ";x", "%C3%A9", "%00", "%ff"];
                segment.push_str(random.pick::<&str>(&ends));
            }
            5 => segments.push((*random.pick(&["x", "/", "%2F", "%", "%zz"])).to_owned()),
            6 => segments.insert(1, String::new()),
            _ => {
                // A slash in disguise.
                let last = segments.pop().unwrap_or_default();
                let before = segments.pop().unwrap_or_default();
                segments.push(format!("{before}%2F{last}"));
            }
        }
        self.path = segments.join("/");
        if !self.path.starts_with('/') {
            self.path.insert(0, '/');
        }
    }

    fn change_headers(&mut self, random: &mut Random) {
        if self.headers.is_empty() {
            return self.add_header(random);
        }
        let index = random.below(self.headers.len());
        let (name, value) = self.headers[index].clone();
        let other = match name.as_str() {
            "Content-Type" => random.pick(&MEDIA),
            "Accept" => random.pick(&ACCEPTED),
            _ => random.pick(&VALUES),
        };
        match random.below(6) {
            0 => _ = self.headers.remove(index),
            // A second Content-Type is refused by the web server already.
            1 if name != "Content-Type" => self.headers.push((name, value)),
            2 if name != "Content-Type" => self.headers.push((name, (*other).to_owned())),
            3 => self.headers[index].0 = name.to_lowercase(),
            _ => self.headers[index].1 = (*other).to_owned(),
        }
    }

    fn add_header(&mut self, random: &mut Random) {
        let headers = [
            ("X-Auth-Token", "«token.unscoped»"),
            ("X-Auth-Token", "é"),
            ("X-Service-Token", "x"),
            ("X-Service-Token", "«token.service»"),
            ("Openstack-Auth-Receipt", "é"),
            ("Openstack-Auth-Receipt", "«mfa.receipt»"),
            ("OpenStack-Identity-Access-Rules", "é"),
            ("OpenStack-Identity-Access-Rules", "2"),
            ("Accept", "application/json-home"),
            ("Authorization", "OAuth oauth_token=\"x\""),
            ("X-Test-Remote-User", "admin"),
            ("X-Test-Remote-User", "x"),
        ];
        self.headers.extend(owned(&[*random.pick(&headers)]));
    }

    fn change_text(&mut self, random: &mut Random) {
        let Some(text) = &mut self.text else { return };
        match random.below(6) {
            0 => {
                let mut end = random.below(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.truncate(end);
            }
            1 => text.push_str(random.pick::<&str>(&["x", " ", "\n", "{}", ","])),
            // A key twice: the last one counts.
            2 => *text = text.replacen("\"identity\":", "\"identity\":null,\"identity\":", 1),
            3 => *text = text.replacen("\"user\":{", "\"user\":{\"id\":\"x\",\"password\":7,", 1),
            _ => {
                let encodings = [
                    Encoding::Utf8WithMark,
                    Encoding::Utf16,
                    Encoding::Utf16WithMark,
                    Encoding::Utf32,
                    Encoding::Latin1,
                ];
                self.encoding = *random.pick(&encodings);
            }
        }
    }

    fn finish(self, fresh: bool) -> Request {
        let query = self.query.join("&");
        let mark = if self.query.is_empty() { "" } else { "?" };
        let encoding = self.encoding;
        Request {
            method: self.method,
            target: format!("{}{mark}{query}", self.path),
            headers: self.headers,
            body: self.text.map(|text| (text, encoding)),
            fresh,
        }
    }
}

/// The segment with its first character as a percent and two digits.
fn encoded(segment: &str) -> String {
    match segment.split_at_checked(1) {
        Some((first, rest)) => format!("%{:02X}{rest}", first.as_bytes()[0]),
        None => segment.to_owned(),
    }
}
