//! YAML text to [`ast`](crate::ast), one file at a time. Nothing is looked up here.

mod operations;
mod shapes;
mod tables;

use crate::ast::{Deprecated, ErrorBody, File, Life, Member, Name, Service, SessionHeader};
use crate::diagnostic::Diagnostics;
use crate::reader::{Table, table};
use crate::source::Source;
use crate::span::{Span, Spanned};
use crate::yaml::{self, Node};

/// Reads every source; what can't be read is reported and left out.
pub(crate) fn parse(sources: &[Source], diagnostics: &mut Diagnostics) -> Vec<File> {
    let files = sources.iter().enumerate();
    files
        .filter_map(|(index, source)| file(index, source, diagnostics))
        .collect()
}

fn file(index: usize, source: &Source, diagnostics: &mut Diagnostics) -> Option<File> {
    let start = Span {
        file: index,
        start: 0,
        end: 1,
    };
    let node = yaml::parse(index, source, diagnostics)?;
    let mut top = table("the file", start, node, diagnostics);
    let format = top.required("format");
    if !format.is_empty() && format.value != "1" {
        let message = format!("format `{}` is not known", format.value);
        top.reports()
            .add(format.span, message, "", "this generator reads `format: 1`");
        return None;
    }
    let doc = top.required("doc");
    let reference = top.text("reference");
    let service = top
        .node("service")
        .map(|(key, node)| service(key, node, top.reports()));
    let mut broken = Vec::new();
    let operations = entries(&mut top, "operations", &mut broken, operations::operation);
    let shapes = entries(&mut top, "shapes", &mut broken, shapes::shape);
    let tables = entries(&mut top, "tables", &mut broken, tables::words);
    let whole = top.finish();
    let mut folder: Vec<String> = source.path.split('/').map(str::to_owned).collect();
    let stem = folder
        .pop()
        .unwrap_or_default()
        .trim_end_matches(".yaml")
        .to_owned();
    Some(File {
        folder,
        stem,
        span: start,
        doc,
        reference,
        service,
        operations,
        shapes,
        tables,
        broken,
        whole,
    })
}

/// Reads a table of named entries; those of which nothing can be said go to `broken`, by name.
fn entries<T>(
    table: &mut Table<'_>,
    key: &'static str,
    broken: &mut Vec<Name>,
    read: impl Fn(Span, Spanned<Node>, &mut Diagnostics) -> Option<T>,
) -> Vec<(Name, T)> {
    let mut good = Vec::new();
    for (name, node) in table.entries(key) {
        match read(name.span, node, table.reports()) {
            Some(entry) => good.push((name, entry)),
            None => broken.push(name),
        }
    }
    good
}

fn service(key: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> Service {
    let mut keys = table("the service", key, node, diagnostics);
    let session = keys.node("session").map(|(key, node)| {
        let mut keys = table("the session", key, node, keys.reports());
        let session = SessionHeader {
            header: keys.required("header"),
            ty: keys.required_type("type"),
        };
        keys.finish();
        session
    });
    let mut errors = Vec::new();
    for item in keys.items("errors") {
        errors.push(error_body(key, item, keys.reports()));
    }
    let mut service = Service {
        whole: false,
        span: key,
        service_type: keys.required("type"),
        title: keys.required("title"),
        path: keys.required("path"),
        reference: keys.required("reference"),
        session,
        request_id: keys.text("request_id"),
        discovery: keys.text("discovery"),
        errors,
    };
    service.whole = keys.finish();
    service
}

fn error_body(owner: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> ErrorBody {
    let span = first_key(owner, &node);
    let mut keys = table("the error body", span, node, diagnostics);
    let body = ErrorBody {
        media: keys.required("media"),
        at: keys.text("at"),
        title: keys.text("title"),
        message: keys.text("message"),
        details: keys.text("details"),
        doc: keys.required("doc"),
    };
    keys.finish();
    body
}

/// Where to point for a table in a list: at its first key.
fn first_key(owner: Span, node: &Spanned<Node>) -> Span {
    match &node.value {
        Node::Table(entries) => entries.first().map_or(owner, |(key, _)| key.span),
        _ => owner,
    }
}

fn life(keys: &mut Table<'_>) -> Life {
    let since = keys.text("since");
    let deprecated = keys.node("deprecated").map(|(key, node)| {
        let mut keys = table("`deprecated`", key, node, keys.reports());
        let deprecated = Deprecated {
            since: keys.text("since"),
            note: keys.required("note"),
        };
        keys.finish();
        deprecated
    });
    Life { since, deprecated }
}

/// What a list of members may hold.
#[derive(Clone, Copy)]
struct MemberRules {
    what: &'static str,
    needs_type: bool,
    allows_wrap: bool,
    allows_constant: bool,
    required: Option<bool>,
}

const FIELD: MemberRules = MemberRules {
    what: "the field",
    needs_type: true,
    allows_wrap: false,
    allows_constant: true,
    required: Some(true),
};

fn members(keys: &mut Table<'_>, key: &'static str, rules: MemberRules) -> Vec<Member> {
    let entries = keys.entries(key);
    entries
        .into_iter()
        .map(|(wire, node)| member(wire, node, rules, keys.reports()))
        .collect()
}

fn member(
    wire: Name,
    node: Spanned<Node>,
    rules: MemberRules,
    diagnostics: &mut Diagnostics,
) -> Member {
    let mut keys = table(rules.what, wire.span, node, diagnostics);
    let asked_for_constant = rules.allows_constant && keys.has("constant");
    let constant = if rules.allows_constant {
        constant(&mut keys)
    } else {
        None
    };
    let needs_type = rules.needs_type && !asked_for_constant;
    let ty = if needs_type {
        Some(keys.required_type("type"))
    } else {
        keys.ty("type")
    };
    let member = Member {
        name: keys.text("name"),
        ty,
        written_required: rules.required.and(keys.key("required")),
        required: rules
            .required
            .is_none_or(|default| keys.switch("required", default)),
        constant,
        wrap: if rules.allows_wrap {
            keys.text("wrap")
        } else {
            None
        },
        doc: keys.required("doc"),
        life: life(&mut keys),
        wire,
    };
    keys.finish();
    member
}

fn constant(keys: &mut Table<'_>) -> Option<Spanned<crate::ast::Constant>> {
    let (owner, node) = keys.node("constant")?;
    let value = match node.value {
        Node::Bool(value) => crate::ast::Constant::Bool(value),
        Node::Text(text) => crate::ast::Constant::Text(text),
        Node::Number(text) => crate::ast::Constant::Number(text),
        other => {
            let message = format!("a constant can't be {}", other.kind());
            keys.reports().add(
                owner,
                message,
                "",
                "write `true`, `false`, a whole number or a word",
            );
            return None;
        }
    };
    Some(Spanned::new(value, node.span))
}
