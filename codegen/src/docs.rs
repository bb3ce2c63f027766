//! Doc text of a spec to lines that rustdoc reads as they were meant.

mod blocks;
mod markdown;
mod spans;
mod words;

use crate::ir::About;
use crate::rust::Attributes;

/// The docs of an item: its text, its versions, the link to the API reference.
pub(crate) fn attributes(about: &About) -> Attributes {
    let mut docs = markdown::lines(&about.doc);
    if let Some(since) = &about.since {
        push_paragraph(&mut docs, format!("Since version {since} of the API."));
    }
    if let Some(reference) = &about.reference {
        push_paragraph(&mut docs, format!("[API reference]({reference})"));
    }
    let deprecated = about
        .deprecated
        .as_ref()
        .map(|deprecated| match &deprecated.since {
            Some(since) => format!(
                "since version {since} of the API: {}",
                markdown::one_line(&deprecated.note)
            ),
            None => markdown::one_line(&deprecated.note),
        });
    Attributes {
        docs,
        text: about.doc.clone(),
        deprecated,
    }
}

/// The docs of an item about which there is only text.
pub(crate) fn plain(text: &str) -> Attributes {
    attributes(&About {
        doc: text.to_owned(),
        ..About::default()
    })
}

/// What the `new` of a type creates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Created {
    /// An operation.
    Request,
    /// A part of its body.
    Value,
}

/// The docs of a `new`, with a word on each argument: their names, and the first paragraph about each.
/// Without arguments, `optional` tells whether there is something to set.
pub(crate) fn constructor<'a>(
    created: Created,
    optional: bool,
    arguments: impl IntoIterator<Item = (&'a str, &'a Attributes)>,
) -> Vec<String> {
    let noun = match created {
        Created::Request => "request",
        Created::Value => "value",
    };
    let mut docs = vec![
        format!("Creates a {noun} with the required fields:"),
        String::new(),
    ];
    for (name, attributes) in arguments {
        let about = markdown::first_paragraph(&attributes.text);
        docs.extend(markdown::item(&format!("`{name}`:"), &about));
    }
    match docs.len() {
        2 if optional || matches!(created, Created::Request) => {
            vec![format!("Creates an empty {noun}.")]
        }
        2 => vec![format!("Creates the {noun}.")],
        _ => docs,
    }
}

/// The docs of an item about which there is the first paragraph of a text.
pub(crate) fn beginning(text: &str) -> Attributes {
    plain(&markdown::first_paragraph(text))
}

/// The docs of an item that belongs to another, whose link it shares.
pub(crate) fn linked(text: &str, reference: Option<&String>) -> Attributes {
    attributes(&About {
        doc: text.to_owned(),
        reference: reference.cloned(),
        ..About::default()
    })
}

/// Adds a paragraph of its own.
pub(crate) fn push_paragraph(docs: &mut Vec<String>, text: String) {
    if !docs.is_empty() {
        docs.push(String::new());
    }
    docs.push(text);
}
