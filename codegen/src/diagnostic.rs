//! Mistakes in a spec, shown the way a compiler shows them.

use std::collections::BTreeSet;
use std::fmt;

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use crate::source::Source;
use crate::span::Span;

/// More than these are not read by anybody at once.
const SHOWN: usize = 100;

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

/// What is marked, how, and with which words.
type Place<'a> = (Span, AnnotationKind, &'a str);

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

    /// How many mistakes were found; some may be there twice.
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
        let sorted = self.sorted();
        let shown = sorted.iter().take(SHOWN);
        let mut text: Vec<String> = shown
            .map(|diagnostic| self.render_one(&renderer, diagnostic))
            .collect();
        text.push(match sorted.len() {
            1 => "error: 1 mistake; nothing was written\n".to_owned(),
            n @ ..=SHOWN => format!("error: {n} mistakes; nothing was written\n"),
            n => format!("error: {n} mistakes, of which {SHOWN} are shown; nothing was written\n"),
        });
        text.join("\n\n")
    }

    /// Each mistake once, by file and position.
    fn sorted(&self) -> Vec<&Diagnostic> {
        let mut seen = BTreeSet::new();
        let mut sorted: Vec<&Diagnostic> = self.found.iter().collect();
        sorted.retain(|found| seen.insert((found.span, found.message.as_str())));
        sorted.sort_by_key(|found| found.span);
        sorted
    }

    fn render_one(&self, renderer: &Renderer, diagnostic: &Diagnostic) -> String {
        let title = Level::ERROR.primary_title(diagnostic.message.as_str());
        let help = Level::HELP.message(diagnostic.help.as_str());
        let mut places = vec![(
            diagnostic.span,
            AnnotationKind::Primary,
            diagnostic.label.as_str(),
        )];
        let also = diagnostic.also.as_ref();
        places.extend(also.map(|(span, label)| (*span, AnnotationKind::Context, label.as_str())));
        let (here, elsewhere): (Vec<_>, Vec<_>) = places
            .into_iter()
            .partition(|(span, ..)| span.file == diagnostic.span.file);
        let snippets = [here, elsewhere].into_iter();
        let snippets = snippets.filter_map(|places| self.snippet(&places));
        renderer.render(&[title.elements(snippets).element(help)])
    }

    /// The lines that the places of one file are in.
    fn snippet<'a>(&'a self, places: &[Place<'a>]) -> Option<Snippet<'a, Annotation<'a>>> {
        let source = self.sources.get(places.first()?.0.file)?;
        let ranges = places.iter().map(|(span, ..)| bounded(&source.text, *span));
        let first = ranges.clone().map(|range| range.start).min()?;
        let last = ranges.clone().map(|range| range.end).max()?;
        // All of the file would be read again for each mistake.
        let from = source.text[..first].rfind('\n').map_or(0, |end| end + 1);
        let rest = source.text[last..].split('\n').next().unwrap_or_default();
        let to = last + rest.trim_end_matches('\r').len();
        let line = source.text[..from].matches('\n').count() + 1;
        let annotations = ranges.zip(places).map(|(range, (_, kind, label))| {
            let range = range.start - from..range.end - from;
            kind.span(range).label(*label)
        });
        let snippet = Snippet::source(&source.text[from..to])
            .line_start(line)
            .path(self.shown(source));
        Some(snippet.annotations(annotations))
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
    let word = word.to_lowercase();
    let near = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let limit = (candidate.len().max(word.len()) / 3).max(1);
        let abbreviated = word.len() >= 3 && candidate.starts_with(&word);
        if abbreviated {
            return Some(limit);
        }
        if candidate.len().abs_diff(word.len()) > limit {
            return None;
        }
        Some(strsim::osa_distance(&word, &candidate)).filter(|distance| *distance <= limit)
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((near(candidate)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn what_was_meant_is_found() {
        let words = [
            "GET",
            "integer",
            "issued_at",
            "string",
            "struct",
            "tag",
            "type",
        ];
        let found = |word| similar(word, words);
        assert_eq!(found("GTE"), Some("GET"));
        assert_eq!(found("int"), Some("integer"));
        assert_eq!(found("issues_at"), Some("issued_at"));
        assert_eq!(found("Strukt"), Some("struct"));
        assert_eq!(found("tga"), Some("tag"));
        assert_eq!(found("kind"), None);
        assert_eq!(found(""), None);
        assert_eq!(similar("x", []), None);
    }
}
