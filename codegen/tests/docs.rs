//! Docs of a spec mean what they say, and no more: whatever they are, no text of them is run as a test, and
//! rustdoc has nothing to warn of.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use openstack_identity_codegen::generate;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use pulldown_cmark::{BrokenLink, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// Markup, and text that is nearly markup.
const PIECES: [&str; 72] = [
    "word",
    "two words",
    "Vec<T>[0]",
    "`code`",
    "``a ` b``",
    "`open",
    "```",
    "~~~",
    "````",
    "```rust",
    "~~~ no_run",
    "```text,rust",
    "```should-panic",
    "``` {.rust}",
    "> ",
    ">",
    "> ```",
    "> > ",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "1) ",
    "12.   ",
    "-               panic!(\"ran\");",
    "1.       let broken = ;",
    "assert!(false);",
    "    indented();",
    "\tx",
    "# ",
    "### title ##",
    "====",
    "----",
    "- - -",
    "***",
    "_a_",
    "__b__",
    "*c*",
    "**d**",
    "*e**f*",
    "_g_h_",
    "~~i~~",
    "~j~",
    "[x]",
    "[x](",
    "[x](y)",
    "[Vec]",
    "[`Vec`]",
    "[a](https://a.example/b_c)",
    "![p](https://a.example/p.png)",
    "![q](r)",
    "[r]: std::vec",
    "[s]: <https://s.example>",
    "[s]",
    "[^1]",
    "[^1]: note",
    "[ ] task",
    "<b>",
    "</b>",
    "<!-- hidden -->",
    "<script>",
    "<std::vec>",
    "<https://b.example/?a=b&c=d>",
    "<me@mail.example>",
    "https://c.example/d_e*f*.",
    "http://",
    "| a | b |",
    "|---|:-:|",
    "&amp;lt; &copy; &#x202e;",
    "\\*",
    "\\",
    "  ",
];

const ENDS: [&str; 8] = ["", "", " ", " ", "\n", "\n", "\n\n", "  \n"];

/// Random texts, the same in every run.
fn texts(count: usize) -> Vec<String> {
    let lead = prop::sample::select(vec!["", "", "", "  ", "    ", "      ", "         "]);
    let piece = prop::sample::select(PIECES.to_vec());
    let end = prop::sample::select(ENDS.to_vec());
    let part = (lead, piece, end).prop_map(|(lead, piece, end)| format!("{lead}{piece}{end}"));
    let text = prop::collection::vec(part, 1..14).prop_map(|parts| parts.concat());
    let mut runner = TestRunner::deterministic();
    let mut texts = Vec::new();
    while texts.len() < count {
        let text = text
            .new_tree(&mut runner)
            .unwrap()
            .current()
            .replace('\t', "    ");
        if !text.trim().is_empty() {
            texts.push(text.trim_end().to_owned());
        }
    }
    texts
}

/// As YAML writes any text.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// The docs of everything that is generated from a spec with these texts in each place where one can be.
fn generated(texts: &[String]) -> Vec<String> {
    let mut spec = "format: 1\ndoc: Docs.\noperations:\n".to_owned();
    for (n, text) in texts.iter().enumerate() {
        let doc = quoted(text);
        spec += &format!(
            "  op_{n}:\n    http: POST /p{n}\n    doc: {doc}\n    deprecated: {{ note: {doc} }}\n    \
             body: {{ type: Sent{n}, doc: {doc} }}\n    query: {{ q: {{ type: string, doc: {doc} }} }}\n    \
             responses: [{{ status: 200, as: Got{n}, doc: {doc}, \
             headers: {{ X: {{ type: string, doc: {doc} }} }}, body: Received{n} }}]\n"
        );
    }
    spec += "shapes:\n";
    for (n, text) in texts.iter().enumerate() {
        let doc = quoted(text);
        spec += &format!(
            "  Sent{n}: {{ kind: struct, doc: {doc}, fields: {{ a: {{ type: string, doc: {doc} }} }} }}\n  \
             Received{n}: {{ kind: enum, doc: {doc}, values: {{ a: {{ doc: {doc} }} }} }}\n"
        );
    }
    let files =
        generate("spec", &common::split(&spec)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut docs = Vec::new();
    for file in files {
        items(&file.text, &mut docs);
    }
    docs.sort();
    docs.dedup();
    docs
}

/// Each run of lines of docs, and each note of a deprecation.
fn items(rust: &str, docs: &mut Vec<String>) {
    let mut doc = String::new();
    for line in rust.lines().chain([""]) {
        let line = line.trim_start();
        let told = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        match told {
            Some(text) => {
                doc.push_str(text.strip_prefix(' ').unwrap_or(text));
                doc.push('\n');
            }
            None if !doc.is_empty() => docs.push(std::mem::take(&mut doc)),
            None => {}
        }
        let note = line
            .strip_prefix("#[deprecated(note = ")
            .and_then(|line| line.strip_suffix(")]"));
        docs.extend(note.map(|note| syn::parse_str::<syn::LitStr>(note).unwrap().value()));
    }
}

/// What rustdoc would find in docs: tests, links to look up, tags, bare addresses.
fn harm(docs: &str) -> Option<String> {
    // As rustdoc has them.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    let mut broken = None;
    let callback = |link: BrokenLink<'_>| {
        broken = Some(format!("broken link {}", link.reference));
        None
    };
    let mut harm = None;
    let mut linked = 0;
    for event in Parser::new_with_broken_link_callback(docs, options, Some(callback)) {
        let found = match &event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                linked += 1;
                let known = ["text", "bash", "json", "yaml"].contains(&&**kind);
                (!known).then(|| format!("code `{kind}`"))
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => {
                Some("indented code".to_owned())
            }
            Event::Html(html) | Event::InlineHtml(html) => Some(format!("HTML {html}")),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {
                Some("footnote or task".to_owned())
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                linked += 1;
                let good = dest_url.starts_with("http") || dest_url.contains('@');
                (!good).then(|| format!("link to {dest_url}"))
            }
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => {
                linked -= 1;
                None
            }
            Event::Text(text) if linked == 0 && text.contains("https://c.example") => {
                Some(format!("bare address {text}"))
            }
            _ => None,
        };
        harm = harm.or(found);
    }
    harm.or(broken)
}

#[test]
fn no_text_of_a_spec_is_run_or_looked_up() {
    let mut many = 0;
    for texts in texts(800).chunks(40) {
        for docs in generated(texts) {
            many += 1;
            if let Some(harm) = harm(&docs) {
                panic!("{harm}:\n{docs}");
            }
        }
    }
    assert!(many > 4000, "{many}");
}

/// What is shown of a text is all of it: letters are neither lost nor made of markup.
#[test]
fn every_letter_of_a_text_is_shown() {
    for text in texts(800) {
        let spec = format!(
            "format: 1\ndoc: Docs.\noperations:\n  get: {{ http: GET /, doc: Gets., \
             responses: [{{ status: 200, body: T }}] }}\nshapes:\n  T: {{ kind: scalar, doc: {} }}\n",
            quoted(&text)
        );
        let files = generate("spec", &common::split(&spec)).unwrap();
        let file = files.iter().find(|file| file.path == "spec.rs").unwrap();
        let mut docs = Vec::new();
        items(&file.text, &mut docs);
        let docs = docs.last().unwrap();
        let (before, _) = docs.rsplit_once("[API reference]").unwrap();
        assert_eq!(letters(before), letters(&text), "{text}\n---\n{before}");
    }
}

/// What a reader is to see of a text: tags are text, comments are nothing, and what is linked to is seen if
/// it is no address.
fn letters(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut seen = String::new();
    let mut targets: Vec<String> = Vec::new();
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Link {
                link_type: LinkType::Autolink | LinkType::Email,
                ..
            }) => {
                targets.push(String::new());
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let is_shown = targets.is_empty() && !dest_url.starts_with("http");
                targets.push(if is_shown {
                    dest_url.to_string()
                } else {
                    String::new()
                });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => seen += &targets.pop().unwrap(),
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                seen += &text;
            }
            _ => {}
        }
    }
    seen.retain(char::is_alphanumeric);
    seen.replace("hidden", "")
}

/// Lists and quotes without end would be indented without end.
#[test]
fn what_is_nested_too_deeply_is_shown_as_it_is_written() {
    for mark in ["> ", "- ", "1. "] {
        let text = format!("{}deep\n{}", mark.repeat(2000), "lazy\n".repeat(2000));
        let docs = generated(&[text]);
        let shown = docs
            .iter()
            .any(|docs| docs.starts_with(&format!("```text\n{mark}{mark}")));
        assert!(shown, "{mark}");
        assert!(
            docs.iter()
                .all(|docs| docs.len() < 50_000 && harm(docs).is_none()),
            "{mark}"
        );
    }
}

fn rustdoc(folder: &Path, arguments: &[&str]) -> Output {
    let rustdoc = std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let mut command = Command::new(rustdoc);
    command
        .current_dir(folder)
        .args(["--edition", "2024", "--crate-name", "docs", "lib.rs"]);
    command.args(arguments).output().unwrap()
}

/// The judge is rustdoc itself.
#[test]
fn rustdoc_finds_no_test_and_nothing_to_warn_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut docs = Vec::new();
    for texts in texts(240).chunks(40) {
        docs.extend(generated(texts));
    }
    let items = docs.iter().enumerate();
    let source: String = items
        .map(|(n, doc)| format!("#[doc = {doc:?}]\npub struct D{n};\n"))
        .collect();
    fs::write(folder.path().join("lib.rs"), format!("//! Docs.\n{source}")).unwrap();
    let listed = rustdoc(folder.path(), &["--test", "--test-args", "--list"]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        text(&listed.stdout).trim(),
        "0 tests, 0 benchmarks",
        "{}",
        text(&listed.stderr)
    );
    let built = rustdoc(folder.path(), &["-D", "warnings", "-o", "out"]);
    assert!(built.status.success(), "{}", text(&built.stderr));
}
