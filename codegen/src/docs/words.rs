//! Text within a paragraph: words that a line may end after, escaped so that nothing but what was meant
//! is markup.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Characters of an address that could end it, or begin code or a cell of a table.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'`')
    .add(b'|');

/// The words of one paragraph, heading or cell.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Lines that a hard break ends, each with its words.
    lines: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
}

impl Words {
    /// Text, in which bare addresses become links if `linking`.
    pub(super) fn text(&mut self, text: &str, linking: bool) {
        let mut rest = text;
        let mut before = None;
        while let Some(c) = rest.chars().next() {
            let length = match address(rest) {
                Some(address) if linking => {
                    self.word.push_str(&format!("<{}>", encoded(address)));
                    address.len()
                }
                // rustdoc would want a link.
                Some(_) => {
                    self.word.push_str(&rest[..rest.find('/').unwrap_or(0)]);
                    self.word.push('\\');
                    rest.find('/').unwrap_or(1)
                }
                None if c == ']' && !linking => {
                    self.word.push_str("\\]");
                    1
                }
                None => {
                    self.char(c, before, &rest[c.len_utf8()..]);
                    c.len_utf8()
                }
            };
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
        }
    }

    fn char(&mut self, c: char, before: Option<char>, after: &str) {
        let next = after.chars().next();
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let escaped = match c {
            ' ' | '\t' | '\n' => return self.space(),
            c if is_unseen(c) => return,
            '`' | '*' | '[' | '<' | '~' | '|' => true,
            '_' => !(is_word(before) && is_word(next)),
            '\\' => next.is_none_or(|next| !next.is_alphanumeric()),
            '&' => is_entity(after),
            _ => false,
        };
        if escaped {
            self.word.push('\\');
        }
        self.word.push(c);
    }

    /// Code, which is never broken.
    pub(super) fn code(&mut self, code: &str, in_table: bool) {
        let code: String = code.chars().filter(|c| !is_unseen(*c)).collect();
        let ticks = "`".repeat(longest_run(&code, '`') + 1);
        let inner = match in_table {
            true => code.replace('|', "\\|"),
            false => code.clone(),
        };
        let spaced = code.starts_with(' ') && code.ends_with(' ') && !code.trim().is_empty();
        let pad = match spaced || code.starts_with('`') || code.ends_with('`') {
            true => " ",
            false => "",
        };
        self.word
            .push_str(&format!("{ticks}{pad}{inner}{pad}{ticks}"));
    }

    /// Markup, as it is.
    pub(super) fn raw(&mut self, markup: &str) {
        // `!` before a link would make it an image.
        if markup == "[" && self.word.ends_with('!') {
            self.word.insert(self.word.len() - 1, '\\');
        }
        self.word.push_str(markup);
    }

    pub(super) fn space(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    pub(super) fn hard_break(&mut self) {
        self.space();
        if !self.words.is_empty() {
            self.lines.push(std::mem::take(&mut self.words));
        }
    }

    /// All of it on one line, as it may stand at the start of one.
    pub(super) fn take_line(&mut self) -> String {
        self.hard_break();
        let mut words: Vec<String> = self.lines.drain(..).flatten().collect();
        if let Some(first) = words.first_mut() {
            *first = at_start(first).into_owned();
        }
        words.join(" ")
    }

    /// Lines of at most `width` characters, as far as words allow.
    pub(super) fn take_lines(&mut self, width: usize) -> Vec<String> {
        self.hard_break();
        let mut lines: Vec<String> = Vec::new();
        for words in self.lines.drain(..) {
            if let Some(before) = lines.last_mut() {
                before.push('\\');
            }
            fill(words.iter().map(String::as_str), width, &mut lines);
        }
        lines
    }
}

/// Adds lines of at most `width` characters, as far as words allow.
pub(super) fn fill<'a>(
    words: impl IntoIterator<Item = &'a str>,
    width: usize,
    lines: &mut Vec<String>,
) {
    let mut line = String::new();
    let mut length = 0;
    for word in words {
        let more = word.chars().count();
        if length > 0 && length + 1 + more > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            line.push_str(word);
            length += 1 + more;
        } else {
            line.reserve(width);
            line.push_str(&at_start(word));
            length = line.chars().count();
        }
    }
    lines.push(line);
}

/// The word, so that it doesn't begin a heading, a quote, a list or a rule where a line begins with it.
fn at_start(word: &str) -> Cow<'_, str> {
    let mut chars = word.chars();
    let first = chars.next();
    let next = chars.next();
    let marks = match first {
        Some('>') => true,
        Some('#' | '-' | '+' | '=' | ':') => !next.is_some_and(char::is_alphanumeric),
        _ => false,
    };
    let number = word.trim_end_matches(['.', ')']);
    let is_number = number.len() + 1 == word.len() && number.bytes().all(|b| b.is_ascii_digit());
    match (marks, is_number && !number.is_empty()) {
        (true, _) => format!("\\{word}").into(),
        (_, true) => format!("{number}\\{}", &word[number.len()..]).into(),
        _ => word.into(),
    }
}

/// An address that can be linked to: a web page, or a mailbox.
pub(super) fn link(target: &str) -> Option<String> {
    let is_known = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.len() > scheme.len() && target.starts_with(scheme));
    let mut address = String::new();
    let target: String = target.chars().filter(|c| !is_unseen(*c)).collect();
    for (index, piece) in encoded(&target).split('&').enumerate() {
        match index > 0 {
            true if is_entity(piece) => address.push_str("\\&"),
            true => address.push('&'),
            false => {}
        }
        address.push_str(piece);
    }
    is_known.then_some(address)
}

/// The address without what would end it.
pub(super) fn encoded(address: &str) -> String {
    utf8_percent_encode(address, ENCODED).to_string()
}

/// The web address that the text begins with, without the punctuation of the sentence around it.
fn address(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))?;
    let ends = |c: char| c.is_whitespace() || is_unseen(c) || "<>()\",`\\|".contains(c);
    let end = text.find(ends).unwrap_or(text.len());
    let address = text[..end].trim_end_matches(['.', ':', ';', '!', '?', '\'', '*', '_', '~']);
    (address.len() > scheme.len()).then_some(address)
}

/// Whether what stands behind a `&` would make a character of it.
fn is_entity(after: &str) -> bool {
    let name = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.len() < after.len() && name.starts_with(';')
}

/// Control characters, and those that turn the direction of a text: neither may be in Rust's comments.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many of a character there are in a row, at most.
pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    let runs = text.split(|c| c != wanted);
    runs.map(str::len).max().unwrap_or_default()
}
