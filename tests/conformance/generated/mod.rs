//! Requests that nobody wrote: valid ones, each with a few things changed. The seed is fixed, so a failure comes again.
//!
//! What differs from server to server (ids, tokens, passcodes) stands in them as a placeholder, `«user.id»`, until they are
//! sent. A request that may end tokens or change a password has a user of its own, so the requests can be sent in any
//! order.

mod compare;
mod mutate;
mod nodes;
mod random;
mod templates;
mod values;

pub use compare::compare;
pub use values::Values;

use crate::side::Call;
use random::Random;

/// How many there are.
pub const COUNT: usize = 1_500;

const SEED: u64 = 0x6b65_7973_746f_6e65;

/// A request with placeholders.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query, encoded.
    pub target: String,
    /// Values are Latin-1.
    pub headers: Vec<(String, String)>,
    pub body: Option<(String, Encoding)>,
    /// Whether it has a user of its own: the placeholders that begin with `fresh`.
    pub fresh: bool,
}

/// How a body is made of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16,
    Utf16WithMark,
    Utf32,
    Latin1,
}

impl Encoding {
    fn encode(self, text: &str) -> Vec<u8> {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        match self {
            Self::Utf8 => text.into(),
            Self::Utf8WithMark => format!("\u{feff}{text}").into(),
            Self::Utf16 => utf16(text),
            Self::Utf16WithMark => utf16(&format!("\u{feff}{text}")),
            Self::Utf32 => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
            Self::Latin1 => latin1(text),
        }
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

/// All of them, always the same.
pub fn requests() -> Vec<Request> {
    let templates = templates::all();
    // Others can be tried.
    let seed = std::env::var("GENERATED_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut random = Random::new(seed.unwrap_or(SEED));
    (0..COUNT)
        .map(|index| {
            // Each gets its turn; what comes of it is left to chance.
            let template = &templates[index % templates.len()];
            mutate::mutate(template, &mut random)
        })
        .collect()
}

impl Request {
    /// The request for one server.
    pub fn call(&self, values: &Values<'_>) -> Call {
        let fill = |text: &str| values.fill(text);
        let mut call = Call::of(fill(&self.method), fill(&self.target));
        for (name, value) in &self.headers {
            call = call.raw_header(name, latin1(&fill(value)));
        }
        match &self.body {
            Some((text, encoding)) => call.body(encoding.encode(&fill(text))),
            None => call,
        }
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        for (name, value) in &self.headers {
            write!(f, " | {name}: {value:?}")?;
        }
        match &self.body {
            Some((text, Encoding::Utf8)) => write!(f, " | {text}"),
            Some((text, encoding)) => write!(f, " | {text} in {encoding:?}"),
            None => Ok(()),
        }
    }
}
