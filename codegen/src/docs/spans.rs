//! Spans of a paragraph: code, links, emphasis, and the text between.

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use super::words::{self, Words};

/// Writes the spans of paragraphs, headings and cells as words.
#[derive(Debug, Default)]
pub(super) struct Spans {
    pub words: Words,
    /// Whether emphasis is written.
    with_emphasis: bool,
    /// Whether any was.
    pub emphasized: bool,
    pub in_table: bool,
    /// What ends each link that is open.
    links: Vec<String>,
    /// Whether what stands in a link is left out, since it is the address.
    skipping: bool,
    /// How often each kind of emphasis is open; only the outermost is written.
    stressed: [usize; 3],
}

/// Whether the event is part of a paragraph, and neither begins nor ends a block.
pub(super) fn is_span(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => matches!(
            tag,
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
        ),
        Event::End(tag) => matches!(
            tag,
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image
        ),
        Event::Html(_) | Event::Rule => false,
        _ => true,
    }
}

/// A comment of HTML, which nobody is to see.
pub(super) fn is_comment(html: &str) -> bool {
    let html = html.trim();
    html.starts_with("<!--") && html.find("-->").is_some_and(|end| end + 3 == html.len())
}

impl Spans {
    pub(super) fn new(with_emphasis: bool) -> Spans {
        Spans {
            with_emphasis,
            ..Spans::default()
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let end = self.links.pop().unwrap_or_default();
                self.words.raw(&end);
                self.skipping = false;
            }
            _ if self.skipping => {}
            Event::Text(text) => self.words.text(text, self.links.is_empty()),
            Event::InlineHtml(html) if is_comment(html) => {}
            Event::InlineHtml(html) => self.words.text(html, self.links.is_empty()),
            Event::Code(code) => self.words.code(code, self.in_table),
            Event::SoftBreak => self.words.space(),
            Event::HardBreak => self.words.hard_break(),
            Event::Start(tag) => self.start(tag),
            Event::End(TagEnd::Emphasis) => self.unstress(0),
            Event::End(TagEnd::Strong) => self.unstress(1),
            Event::End(TagEnd::Strikethrough) => self.unstress(2),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis => self.stress(0),
            Tag::Strong => self.stress(1),
            Tag::Strikethrough => self.stress(2),
            // A link in a link or in a picture is its text.
            Tag::Link { .. } | Tag::Image { .. } if !self.links.is_empty() => {
                self.links.push(String::new());
            }
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => match link_type {
                LinkType::Autolink | LinkType::Email => self.address(*link_type, dest_url),
                _ => self.link("[", dest_url),
            },
            Tag::Image { dest_url, .. } => self.link("![", dest_url),
            _ => {}
        }
    }

    /// An address in angle brackets, which can be in Rust code too: `<std::vec>`.
    fn address(&mut self, kind: LinkType, address: &str) {
        if kind == LinkType::Email || words::link(address).is_some() {
            self.words.raw(&format!("<{}>", words::encoded(address)));
        } else {
            self.words.text(&format!("<{address}>"), false);
        }
        self.links.push(String::new());
        self.skipping = true;
    }

    /// A link, or the text of one to something that rustdoc would look up among the items of the crate.
    fn link(&mut self, open: &str, target: &str) {
        let end = match words::link(target) {
            Some(address) => {
                self.words.raw(open);
                format!("]({address})")
            }
            None => {
                self.words.text(open, true);
                let mut end = Words::default();
                end.text(target, false);
                format!("]({})", end.take_line())
            }
        };
        self.links.push(end);
    }

    fn stress(&mut self, kind: usize) {
        self.stressed[kind] += 1;
        if self.stressed[kind] == 1 {
            self.mark(kind);
        }
    }

    fn unstress(&mut self, kind: usize) {
        self.stressed[kind] = self.stressed[kind].saturating_sub(1);
        if self.stressed[kind] == 0 {
            self.mark(kind);
        }
    }

    fn mark(&mut self, kind: usize) {
        if self.with_emphasis {
            self.emphasized = true;
            self.words.raw(["*", "**", "~~"][kind]);
        }
    }
}
