//! Blocks: paragraphs, headings, code, lists, quotes and tables, written line by line.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Tag, TagEnd};

use super::markdown::{WIDTH, fenced};
use super::spans::{Spans, is_comment, is_span};

/// Lists and quotes inside each other; what is deeper isn't written.
const DEPTH: usize = 8;

/// Languages that rustdoc takes for nothing else. Any other word could be an instruction to it.
const LANGUAGES: [&str; 12] = [
    "bash", "console", "http", "ini", "json", "python", "sh", "sql", "text", "toml", "xml", "yaml",
];

/// What lines are inside of.
enum Container {
    Quote,
    /// An item of a list: its mark, and whether a line bears it already.
    Item(String, bool),
}

/// A list whose items are being written.
struct List {
    number: Option<u64>,
    mark: char,
    loose: bool,
    begun: bool,
}

/// What was written last in a container.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    List(char),
    Block,
}

/// The lines that are written, and what is open.
pub(super) struct Blocks {
    lines: Vec<String>,
    containers: Vec<Container>,
    lists: Vec<List>,
    before: Vec<Before>,
    spans: Spans,
    /// The code or the HTML of the block that is open.
    raw: Option<String>,
    language: &'static str,
    columns: Vec<Alignment>,
    cells: Vec<String>,
    too_deep: bool,
}

impl Blocks {
    /// Writes a text, with emphasis or without.
    pub(super) fn write(events: &[Event<'_>], with_emphasis: bool) -> Blocks {
        let mut blocks = Blocks {
            lines: Vec::new(),
            containers: Vec::new(),
            lists: Vec::new(),
            before: vec![Before::Nothing],
            spans: Spans::new(with_emphasis),
            raw: None,
            language: "text",
            columns: Vec::new(),
            cells: Vec::new(),
            too_deep: false,
        };
        for (index, event) in events.iter().enumerate() {
            match (event, &mut blocks.raw) {
                (Event::Text(text) | Event::Html(text), Some(raw)) => raw.push_str(text),
                (event, _) if is_span(event) => blocks.spans.event(event),
                (Event::Start(tag), _) => blocks.start(tag, &events[index + 1..]),
                (Event::End(tag), _) => blocks.end(*tag),
                _ => blocks.rule(),
            }
            blocks.too_deep |= blocks.containers.len() > DEPTH;
            if blocks.too_deep {
                break;
            }
        }
        blocks.paragraph();
        blocks
    }

    /// The lines, unless the text is nested too deeply.
    pub(super) fn lines(&self) -> Option<Vec<String>> {
        (!self.too_deep).then(|| self.lines.clone())
    }

    pub(super) fn is_emphasized(&self) -> bool {
        self.spans.emphasized
    }

    fn start(&mut self, tag: &Tag<'_>, rest: &[Event<'_>]) {
        let has_text = self.paragraph();
        match tag {
            Tag::BlockQuote(_) => {
                self.begin(Before::Block);
                self.open(Container::Quote);
            }
            Tag::CodeBlock(kind) => {
                self.raw = Some(String::new());
                self.language = language(kind);
            }
            Tag::HtmlBlock => self.raw = Some(String::new()),
            Tag::List(number) => self.list(*number, has_text, rest),
            Tag::Item => self.item(),
            Tag::Table(columns) => {
                self.begin(Before::Block);
                self.columns.clone_from(columns);
                self.spans.in_table = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => _ = self.paragraph(),
            TagEnd::Heading(level) => self.heading(level as usize),
            TagEnd::BlockQuote(_) => self.close(),
            TagEnd::CodeBlock => {
                self.begin(Before::Block);
                let code = self.raw.take().unwrap_or_default();
                fenced(&code, self.language, |line| self.line(line));
            }
            TagEnd::HtmlBlock => {
                let html = self.raw.take().unwrap_or_default();
                if !is_comment(&html) {
                    self.spans.words.text(&html, true);
                }
                self.paragraph();
            }
            TagEnd::List(_) => _ = self.lists.pop(),
            TagEnd::Item => self.close(),
            TagEnd::Table => self.spans.in_table = false,
            TagEnd::TableHead => self.head(),
            TagEnd::TableRow => self.row(),
            TagEnd::TableCell => self.cells.push(self.spans.words.take_line()),
            _ => {}
        }
    }

    /// Writes the text that is open; whether there was any.
    fn paragraph(&mut self) -> bool {
        let width = WIDTH.saturating_sub(self.prefix().len());
        let lines = self.spans.words.take_lines(width.max(WIDTH / 4));
        if lines.is_empty() {
            return false;
        }
        self.begin(Before::Block);
        lines.iter().for_each(|line| self.line(line));
        true
    }

    fn heading(&mut self, level: usize) {
        let mut line = self.spans.words.take_line();
        // Marks at the end would be taken for a frame.
        let at = line.rfind(' ').map_or(0, |space| space + 1);
        if line[at..].bytes().all(|byte| byte == b'#') && at < line.len() {
            line.insert(at, '\\');
        }
        self.begin(Before::Block);
        self.line(&format!("{} {line}", "#".repeat(level)));
    }

    fn rule(&mut self) {
        self.paragraph();
        self.begin(Before::Block);
        self.line("___");
    }

    /// Begins a list, perhaps after text of the item that it is in.
    fn list(&mut self, number: Option<u64>, has_text: bool, rest: &[Event<'_>]) {
        let (mark, other) = match number {
            Some(_) => ('.', ')'),
            None => ('*', '-'),
        };
        // Two lists with one mark would be one.
        let mark = match self.before.last() {
            Some(Before::List(before)) if *before == mark => other,
            _ => mark,
        };
        // Text needs no blank line before a list that can be told by its first mark.
        let is_empty = matches!(rest.get(1), Some(Event::End(TagEnd::Item)));
        match has_text && !is_empty && number.is_none_or(|number| number == 1) {
            true => self.set_before(Before::List(mark)),
            false => self.begin(Before::List(mark)),
        }
        self.lists.push(List {
            number,
            mark,
            loose: is_loose(rest),
            begun: false,
        });
    }

    fn item(&mut self) {
        let Some(list) = self.lists.last_mut() else {
            return;
        };
        let apart = list.loose && list.begun;
        list.begun = true;
        let mark = match &mut list.number {
            None => format!("{} ", list.mark),
            Some(number) => {
                // A number has nine digits at most.
                let mark = format!("{}{} ", (*number).min(999_999_999), list.mark);
                *number += 1;
                mark
            }
        };
        if apart {
            self.line("");
        }
        self.open(Container::Item(mark, false));
    }

    fn open(&mut self, container: Container) {
        self.containers.push(container);
        self.before.push(Before::Nothing);
    }

    fn close(&mut self) {
        self.paragraph();
        if self.before.pop() == Some(Before::Nothing) {
            self.line("");
        }
        self.containers.pop();
    }

    fn head(&mut self) {
        self.row();
        let marks = self.columns.iter().map(|column| match column {
            Alignment::None => "---",
            Alignment::Left => ":--",
            Alignment::Center => ":-:",
            Alignment::Right => "--:",
        });
        let line = format!("|{}|", marks.collect::<Vec<_>>().join("|"));
        self.line(&line);
    }

    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells).join(" | ");
        self.line(&format!("| {cells} |"));
    }

    /// Begins a block: with a blank line, unless it is the first in its container.
    fn begin(&mut self, block: Before) {
        if self.before.last() != Some(&Before::Nothing) {
            self.line("");
        }
        self.set_before(block);
    }

    fn set_before(&mut self, block: Before) {
        if let Some(before) = self.before.last_mut() {
            *before = block;
        }
    }

    /// Adds a line below the marks of what it is in.
    fn line(&mut self, text: &str) {
        let line = self.prefix() + text;
        for container in &mut self.containers {
            if let Container::Item(_, begun) = container {
                *begun = true;
            }
        }
        self.lines.push(line.trim_end().to_owned());
    }

    /// What the next line begins with.
    fn prefix(&self) -> String {
        let marks = self.containers.iter().map(|container| match container {
            Container::Quote => "> ".to_owned(),
            Container::Item(mark, false) => mark.clone(),
            Container::Item(mark, true) => " ".repeat(mark.len()),
        });
        marks.collect()
    }
}

/// The language of code, if rustdoc takes it for one.
fn language(kind: &CodeBlockKind<'_>) -> &'static str {
    let told = match kind {
        CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default(),
        CodeBlockKind::Indented => "",
    };
    let known = LANGUAGES.into_iter().find(|language| *language == told);
    known.unwrap_or("text")
}

/// Whether the items of the list that has just begun have paragraphs, which are set apart.
fn is_loose(rest: &[Event<'_>]) -> bool {
    let mut depth = 0;
    for event in rest {
        match event {
            Event::Start(Tag::Paragraph) if depth == 1 => return true,
            Event::Start(Tag::Item | Tag::List(_) | Tag::BlockQuote(_)) => depth += 1,
            Event::End(TagEnd::List(_)) if depth == 0 => return false,
            Event::End(TagEnd::Item | TagEnd::List(_) | TagEnd::BlockQuote(_)) => depth -= 1,
            _ => {}
        }
    }
    false
}
