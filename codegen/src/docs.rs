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

/// Wraps paragraphs; leaves code, lists and tables as they are.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut paragraph = String::new();
    let mut fenced = false;
    for line in text.trim().lines() {
        let fence = line.trim_start().starts_with("```");
        let kept = fenced || fence || is_kept(line);
        if kept || line.trim().is_empty() {
            wrap(&std::mem::take(&mut paragraph), &mut lines);
        }
        fenced ^= fence;
        if fenced || fence {
            lines.push(line.to_owned());
        } else if kept {
            lines.push(safe(line));
        } else if line.trim().is_empty() {
            lines.push(String::new());
        } else {
            paragraph.push_str(line.trim());
            paragraph.push(' ');
        }
    }
    wrap(&paragraph, &mut lines);
    lines
}

fn is_kept(line: &str) -> bool {
    let text = line.trim_start();
    ["* ", "- ", "#", "|", ">"]
        .iter()
        .any(|start| text.starts_with(start))
        || line.starts_with("  ")
}

fn wrap(paragraph: &str, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in safe(paragraph.trim()).split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
}

/// Escapes what rustdoc would take for a link or a tag, and makes bare addresses links. Code between
/// backticks is left alone.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index > 0 {
            safe.push('`');
        }
        if index % 2 == 1 {
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
            let address = address.trim_end_matches('.');
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
    use super::lines;

    #[test]
    fn rustdoc_reads_what_was_meant() {
        let text = "See https://a.example/b. A list<T> or [x], `list<T>`, [y](https://c.example).\n\
                    \n* one\n* two\n\n```\nlet a = [1];\n```";
        let expected = [
            "See <https://a.example/b>. A list\\<T> or \\[x], `list<T>`, [y](https://c.example).",
            "",
            "* one",
            "* two",
            "",
            "```",
            "let a = [1];",
            "```",
        ];
        assert_eq!(lines(text), expected);
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
}
