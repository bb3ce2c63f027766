//! Mistakes in a spec, shown the way a compiler shows them.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::Source;
use crate::span::Span;

/// One mistake: what, where, and how to mend it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    span: Span,
    message: String,
    label: String,
    help: String,
    also: Option<(Span, String)>,
}

impl Diagnostic {
    /// Another place that belongs to the mistake, such as the first of two equal names.
    pub(crate) fn also(&mut self, span: Span, label: impl Into<String>) {
        self.also = Some((span, label.into()));
    }
}

/// All mistakes of a run.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    root: String,
    sources: Vec<Source>,
}

impl Diagnostics {
    /// An empty list over these sources, whose paths are shown below the folder `root`.
    pub(crate) fn new(root: &str, sources: &[Source]) -> Self {
        Diagnostics {
            found: Vec::new(),
            root: root.to_owned(),
            sources: sources.to_vec(),
        }
    }

    /// Adds a mistake: what is wrong, what stands under the caret, and what to do.
    pub(crate) fn add(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Diagnostic {
        let index = self.found.len();
        self.found.push(Diagnostic {
            span,
            message: message.into(),
            label: label.into(),
            help: help.into(),
            also: None,
        });
        &mut self.found[index]
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many mistakes were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// The text a person reads, with colour codes if `colour`; every mistake, by file and position.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut sorted: Vec<_> = self.found.iter().collect();
        sorted.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        sorted.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let mut text: Vec<String> = sorted
            .into_iter()
            .map(|diagnostic| self.render_one(&renderer, diagnostic))
            .collect();
        text.push(match self.found.len() {
            1 => "error: 1 mistake; nothing was written\n".to_owned(),
            n => format!("error: {n} mistakes; nothing was written\n"),
        });
        text.join("\n\n")
    }

    fn render_one(&self, renderer: &Renderer, diagnostic: &Diagnostic) -> String {
        let title = Level::ERROR.primary_title(diagnostic.message.as_str());
        let Some(source) = self.sources.get(diagnostic.span.file) else {
            let help = Level::HELP.message(diagnostic.help.as_str());
            return renderer.render(&[title.element(help)]);
        };
        let mut snippet = Snippet::source(source.text.as_str())
            .path(self.shown(source))
            .annotation(
                AnnotationKind::Primary
                    .span(bounded(&source.text, diagnostic.span))
                    .label(diagnostic.label.as_str()),
            );
        let mut elsewhere = None;
        if let Some((span, label)) = &diagnostic.also {
            if span.file == diagnostic.span.file {
                let range = bounded(&source.text, *span);
                snippet =
                    snippet.annotation(AnnotationKind::Context.span(range).label(label.as_str()));
            } else if let Some(other) = self.sources.get(span.file) {
                let range = bounded(&other.text, *span);
                elsewhere = Some(
                    Snippet::source(other.text.as_str())
                        .path(self.shown(other))
                        .annotation(AnnotationKind::Context.span(range).label(label.as_str())),
                );
            }
        }
        let mut group = title.element(snippet);
        if let Some(other) = elsewhere {
            group = group.element(other);
        }
        renderer.render(&[group.element(Level::HELP.message(diagnostic.help.as_str()))])
    }

    fn shown(&self, source: &Source) -> String {
        if self.root.is_empty() {
            source.path.clone()
        } else {
            format!("{}/{}", self.root.trim_end_matches('/'), source.path)
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// The span as a byte range inside the text, on character borders, whatever the parser reported.
fn bounded(text: &str, span: Span) -> std::ops::Range<usize> {
    let mut start = span.start.min(text.len());
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The candidate most like `word`, if one is near enough to be what was meant.
pub(crate) fn similar<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, case ignored.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
