//! Doc text of a spec to lines that rustdoc reads as they were meant.

use crate::ir::About;
use crate::rust::Attributes;

const WIDTH: usize = 96;

/// The docs of an item: its text, its versions, the link to the API reference.
pub(crate) fn attributes(about: &About) -> Attributes {
    let mut docs = lines(&about.doc);
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
                one_line(&deprecated.note)
            ),
            None => one_line(&deprecated.note),
        });
    Attributes { docs, deprecated }
}

/// The docs of an item about which there is only text.
pub(crate) fn plain(text: &str) -> Attributes {
    Attributes {
        docs: lines(text),
        deprecated: None,
    }
}

/// The docs of a `new`, with a word on each argument: their names, and the text about each.
pub(crate) fn constructor<'a>(
    arguments: impl IntoIterator<Item = (&'a str, &'a [String])>,
) -> Vec<String> {
    let mut docs = vec!["Takes what is required:".to_owned(), String::new()];
    for (name, about) in arguments {
        let first = about.split(String::is_empty).next().unwrap_or_default();
        fill(&format!("* `{name}`: {}", first.join(" ")), "  ", &mut docs);
    }
    match docs.len() {
        2 => vec!["Starts with nothing set.".to_owned()],
        _ => docs,
    }
}

/// The first paragraph of a text.
pub(crate) fn first_paragraph(text: &str) -> &str {
    text.trim().split("\n\n").next().unwrap_or_default()
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

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Wraps paragraphs; leaves code, lists and tables as they are. Code is no Rust unless it says so:
/// rustdoc would run it.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut paragraph = String::new();
    let mut fenced = false;
    let mut listed = false;
    for line in text.trim().lines() {
        let fence = line.trim_start().starts_with("```");
        let kept = !fenced && is_kept(line);
        if fence || fenced || kept || line.trim().is_empty() {
            fill(&safe(&std::mem::take(&mut paragraph)), "", &mut lines);
        }
        let is_code = line.starts_with("    ") && !listed && !fenced;
        if fence {
            lines.push(opened(line, fenced));
            fenced = !fenced;
        } else if fenced {
            lines.push(line.to_owned());
        } else if is_code {
            code(line, &mut lines);
        } else if kept {
            lines.push(safe(line));
        } else if line.trim().is_empty() {
            lines.push(String::new());
        } else {
            paragraph.push_str(line.trim());
            paragraph.push(' ');
        }
        listed = kept && !is_code || listed && (line.is_empty() || line.starts_with(' '));
    }
    fill(&safe(&paragraph), "", &mut lines);
    if fenced {
        lines.push("```".to_owned());
    }
    lines
}

/// A line that opens or closes code.
fn opened(line: &str, fenced: bool) -> String {
    match line.trim() {
        "```" if !fenced => line.replace("```", "```text"),
        _ => line.to_owned(),
    }
}

/// A line of code that is told by its indentation, put between fences.
fn code(line: &str, lines: &mut Vec<String>) {
    let line = line.strip_prefix("    ").unwrap_or(line).to_owned();
    if lines.last().is_some_and(|last| last == "```") {
        lines.pop();
    } else {
        lines.push("```text".to_owned());
    }
    lines.push(line);
    lines.push("```".to_owned());
}

fn is_kept(line: &str) -> bool {
    let text = line.trim_start();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < text.len() && number.starts_with(". ");
    let starts = ["* ", "- ", "#", "|", ">"];
    numbered || starts.iter().any(|start| text.starts_with(start)) || line.starts_with("  ")
}

/// Adds a paragraph, broken where it is too wide; `indent` begins each line but the first.
fn fill(paragraph: &str, indent: &str, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        let is_full = line.chars().count() + 1 + word.chars().count() > WIDTH;
        if is_full && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
}

/// Escapes what rustdoc would take for a link or a tag, and makes bare addresses links. Code between
/// backticks is left alone.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    let pieces: Vec<&str> = text.split('`').collect();
    for (index, piece) in pieces.iter().enumerate() {
        let closed = index + 1 < pieces.len();
        if index > 0 {
            safe.push_str(if index % 2 == 1 && !closed {
                "\\`"
            } else {
                "`"
            });
        }
        if index % 2 == 1 && closed {
            safe.push_str(piece);
        } else {
            prose(piece, &mut safe);
        }
    }
    safe
}

fn prose(text: &str, safe: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("https://") || rest.starts_with("http://") {
            let end = rest.find([' ', ')', '>', ',']).unwrap_or(rest.len());
            let (address, after) = rest.split_at(end);
            let address = address.trim_end_matches(['.', ':', ';']);
            let linked = safe.ends_with('<') || safe.ends_with("](");
            safe.push_str(&if linked {
                address.to_owned()
            } else {
                format!("<{address}>")
            });
            safe.push_str(&rest[address.len()..end]);
            rest = after;
            continue;
        }
        let link = c == '['
            && rest
                .find(']')
                .is_some_and(|end| rest[end + 1..].starts_with('('));
        let tag = c == '<' && !rest.starts_with("<http");
        if c == '[' && !link || tag {
            safe.push('\\');
        }
        safe.push(c);
        rest = &rest[c.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::{constructor, lines};

    #[test]
    fn rustdoc_reads_what_was_meant() {
        let text = "See https://a.example/b. A list<T> or [x], `list<T>`, [y](https://c.example).\n\
                    \n* one\n* two\n\n1. one\n2. two\n\n```\nlet a = [1];\n```\n\n    a[1]\n    b\n\n\
                    Lone ` and [z].\n\n```json\n{}";
        let expected = [
            "See <https://a.example/b>. A list\\<T> or \\[x], `list<T>`, [y](https://c.example).",
            "",
            "* one",
            "* two",
            "",
            "1. one",
            "2. two",
            "",
            "```text",
            "let a = [1];",
            "```",
            "",
            "```text",
            "a[1]",
            "b",
            "```",
            "",
            "Lone \\` and \\[z].",
            "",
            "```json",
            "{}",
            "```",
        ];
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn what_belongs_to_an_item_of_a_list_is_no_code() {
        let text = "* one\n\n    more of it\n\n    and more";
        assert_eq!(lines(text), text.lines().collect::<Vec<_>>());
    }

    #[test]
    fn long_paragraphs_are_wrapped() {
        let wrapped = lines(&"word ".repeat(50));
        assert!(
            wrapped.iter().all(|line| line.len() <= super::WIDTH),
            "{wrapped:?}"
        );
        assert_eq!(wrapped.join(" "), "word ".repeat(50).trim());
    }

    #[test]
    fn each_argument_is_told_in_its_first_paragraph() {
        let about = ["Long ".repeat(25), String::new(), "More.".to_owned()];
        let docs = constructor([("a", about.as_slice())]);
        assert_eq!(docs[0], "Takes what is required:");
        assert!(docs[2].starts_with("* `a`: Long Long"), "{docs:?}");
        assert!(docs[3].starts_with("  Long"), "{docs:?}");
        assert_eq!(docs.len(), 4);
        assert_eq!(constructor([]), ["Starts with nothing set."]);
    }
}
