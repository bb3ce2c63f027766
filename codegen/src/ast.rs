//! A spec file as it is written: one field a key, each with its place, nothing looked up yet.

use crate::span::{Span, Spanned};
use crate::type_expr::TypeExpr;

pub(crate) type Name = Spanned<String>;

/// One YAML file.
#[derive(Debug)]
pub(crate) struct File {
    /// Path without its ending, split: `["identity", "v3"]` and `tokens`.
    pub folder: Vec<String>,
    pub stem: String,
    /// The file's own index, for messages about the file as a whole.
    pub span: Span,
    pub doc: Name,
    pub reference: Option<Name>,
    pub service: Option<Service>,
    pub operations: Vec<(Name, Operation)>,
    pub shapes: Vec<(Name, Shape)>,
    pub tables: Vec<(Name, WordTable)>,
    /// Names of entries that could not be read: they exist, and nothing more is said about them.
    pub broken: Vec<Name>,
    /// Whether all of it was read without a mistake.
    pub whole: bool,
}

/// Rows of words, each known by its first.
#[derive(Debug)]
pub(crate) struct WordTable {
    pub doc: Name,
    pub rows: Vec<(Name, Vec<Name>)>,
}

/// What is the same for every operation of a service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Whether it was read without a mistake; if not, nothing is said about what it lacks.
    pub whole: bool,
    pub span: Span,
    pub service_type: Name,
    pub title: Name,
    pub path: Name,
    pub reference: Name,
    pub session: Option<SessionHeader>,
    pub request_id: Option<Name>,
    pub discovery: Option<Name>,
    pub errors: Vec<ErrorBody>,
}

/// The header that carries the session's token.
#[derive(Debug)]
pub(crate) struct SessionHeader {
    pub header: Name,
    pub ty: TypeExpr,
}

/// One shape that an error's body may have; the first that fits is read.
#[derive(Debug)]
pub(crate) struct ErrorBody {
    pub media: Name,
    pub at: Option<Name>,
    pub title: Option<Name>,
    pub message: Option<Name>,
    pub details: Option<Name>,
    pub doc: Name,
}

/// Since when something exists, and since when it should no longer be used.
#[derive(Debug, Default)]
pub(crate) struct Life {
    pub since: Option<Name>,
    pub deprecated: Option<Deprecated>,
}

#[derive(Debug)]
pub(crate) struct Deprecated {
    pub since: Option<Name>,
    pub note: Name,
}

/// A field, a parameter, a member of a union.
#[derive(Debug)]
pub(crate) struct Member {
    pub wire: Name,
    pub name: Option<Name>,
    /// Absent where the member carries nothing: a literal, an empty object.
    pub ty: Option<TypeExpr>,
    pub required: bool,
    /// Where `required` is written, if it is.
    pub written_required: Option<Span>,
    /// A value that is always sent and never chosen.
    pub constant: Option<Spanned<Constant>>,
    /// A table around the value, on the wire only.
    pub wrap: Option<Name>,
    pub doc: Name,
    pub life: Life,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Number(String),
    Text(String),
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// Whether it was read without a mistake; if not, nothing is said about what it lacks.
    pub whole: bool,
    /// Empty, as the path, if it could not be read.
    pub method: Name,
    pub path: Name,
    /// Whether the path is the server's, not below the service's own path.
    pub at_root: bool,
    pub session: bool,
    pub doc: Name,
    pub reference: Option<Name>,
    pub life: Life,
    pub path_parameters: Vec<Member>,
    pub query: Vec<Member>,
    pub headers: Vec<Member>,
    pub body: Option<Body>,
    pub responses: Vec<Response>,
    pub paginate: Option<Paginate>,
}

#[derive(Debug)]
pub(crate) struct Body {
    pub span: Span,
    pub wrap: Option<Name>,
    pub name: Option<Name>,
    pub ty: TypeExpr,
    pub doc: Name,
}

#[derive(Debug)]
pub(crate) struct Response {
    /// Whether it was read without a mistake; if not, nothing is said about what it lacks.
    pub whole: bool,
    pub span: Span,
    pub statuses: Vec<Spanned<u16>>,
    pub is_error: bool,
    pub when: Option<Name>,
    pub name: Option<Name>,
    pub doc: Option<Name>,
    pub headers: Vec<Member>,
    pub unwrap: Option<Name>,
    pub body: Option<TypeExpr>,
    pub body_name: Option<Name>,
}

#[derive(Debug)]
pub(crate) struct Paginate {
    pub span: Span,
    pub items: Name,
    pub next: Name,
}

#[derive(Debug)]
pub(crate) struct Shape {
    /// Whether it was read without a mistake; if not, nothing is said about what it lacks.
    pub whole: bool,
    pub doc: Name,
    pub reference: Option<Name>,
    pub life: Life,
    pub kind: ShapeKind,
}

#[derive(Debug)]
pub(crate) enum ShapeKind {
    Scalar {
        secret: bool,
    },
    Struct {
        fields: Vec<Member>,
        extra: bool,
    },
    Enum {
        values: Vec<Member>,
    },
    Union(Union),
    KeyedSet {
        list: Name,
        member: Name,
        member_doc: Name,
        members: Vec<Member>,
    },
}

#[derive(Debug)]
pub(crate) enum Union {
    /// `{"circle": {...}}`, or one of the literals.
    Key {
        literals: Vec<Member>,
        variants: Vec<Member>,
    },
    /// `{"type": "circle", ...}`.
    Field { field: Name, variants: Vec<Member> },
    /// The variants differ by the fields that are present; requests only.
    Untagged {
        fields: Vec<Member>,
        variants: Vec<Choice>,
    },
}

/// A variant of an untagged union: some of the union's fields, all of them required.
#[derive(Debug)]
pub(crate) struct Choice {
    pub name: Name,
    pub fields: Vec<Name>,
    pub doc: Name,
    pub life: Life,
}
