//! Markdown of a spec, written anew as Markdown that rustdoc reads as it was meant: code is text and
//! never a test, and nothing is a link, a tag or a footnote but by intention.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::blocks::Blocks;
use super::spans::{Spans, is_span};
use super::words::{fill, is_unseen, longest_run};

pub(super) const WIDTH: usize = 96;

/// The lines of a text.
pub(super) fn lines(text: &str) -> Vec<String> {
    if is_plain(text) {
        return plain(text);
    }
    let events = events(text);
    let written = Blocks::write(&events, true);
    let Some(lines) = written.lines() else {
        return verbatim(text);
    };
    if !written.is_emphasized() {
        return lines;
    }
    let plain = Blocks::write(&events, false).lines().unwrap_or_default();
    // Stars that were apart may have met, and mean something else.
    match shown(&lines) == shown(&plain) {
        true => lines,
        false => plain,
    }
}

/// An item of a list: a word, and a first paragraph.
pub(super) fn item(word: &str, paragraph: &str) -> Vec<String> {
    if !is_plain(paragraph) {
        return lines(&format!("* {word} {paragraph}"));
    }
    let mut lines = Vec::new();
    fill(
        [word].into_iter().chain(words(paragraph)),
        WIDTH - 2,
        &mut lines,
    );
    let marks = ["* "].into_iter().chain(std::iter::repeat("  "));
    marks
        .zip(lines)
        .map(|(mark, line)| mark.to_owned() + &line)
        .collect()
}

/// The first paragraph of a text, on one line.
pub(super) fn first_paragraph(text: &str) -> String {
    if is_plain(text) {
        let first = text.split("\n\n").next().unwrap_or_default();
        return words(first).collect::<Vec<_>>().join(" ");
    }
    let events = events(text);
    let starts = |event: &Event<'_>| matches!(event, Event::Start(Tag::Paragraph));
    let ends = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Paragraph));
    let start = events.iter().position(starts).unwrap_or_default();
    flat(events[start..].split(ends).next().unwrap_or_default())
}

/// All of a text on one line.
pub(super) fn one_line(text: &str) -> String {
    flat(&events(text))
}

/// Whether there can be no markup: most texts have none, and need not be parsed.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ,.:;'\"()/?!\n".contains(&byte);
    let is_text =
        |line: &str| line.is_empty() || line.starts_with(|c: char| c.is_ascii_alphabetic());
    text.bytes().all(plain)
        && !text.contains("://")
        && !text.contains("  ")
        && text.trim_end().split('\n').all(is_text)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\n']).filter(|word| !word.is_empty())
}

fn plain(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split("\n\n").filter(|text| !text.trim().is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        fill(words(paragraph), WIDTH, &mut lines);
    }
    lines
}

fn flat(events: &[Event<'_>]) -> String {
    let mut spans = Spans::default();
    let mut in_code = false;
    for event in events {
        match event {
            Event::Text(code) if in_code => {
                let words: Vec<&str> = code.split_whitespace().collect();
                if !words.is_empty() {
                    spans.words.code(&words.join(" "), false);
                }
            }
            event if is_span(event) => spans.event(event),
            event => {
                in_code = matches!(event, Event::Start(Tag::CodeBlock(_)));
                spans.words.space();
                if let Event::Html(html) = event {
                    spans.words.text(html, true);
                }
            }
        }
    }
    spans.words.take_line()
}

/// As rustdoc reads it, except that footnotes and check boxes are text.
fn events(text: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    TextMergeStream::new(Parser::new_ext(text.trim_end(), options)).collect()
}

/// The letters that a reader sees.
fn shown(lines: &[String]) -> String {
    let text = lines.join("\n");
    let mut shown = String::new();
    for event in events(&text) {
        if let Event::Text(text) | Event::Code(text) = event {
            shown.extend(text.split_whitespace());
        }
    }
    shown
}

/// The text as code.
fn verbatim(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    fenced(text.trim_end(), "text", |line| lines.push(line.to_owned()));
    lines
}

/// Code between fences that nothing in it can close.
pub(super) fn fenced(code: &str, language: &str, mut line: impl FnMut(&str)) {
    let ticks = "`".repeat(longest_run(code, '`').max(2) + 1);
    line(&format!("{ticks}{language}"));
    for code in code.lines() {
        line(&code.replace(is_unseen, ""));
    }
    line(&ticks);
}
