//! The client as Rust items: names, types and doc text, all decided, no tokens yet.

/// One file of the client.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// Path below the output folder, with forward slashes.
    pub path: String,
    /// The YAML it comes from; none for a file that only lists modules.
    pub source: Option<String>,
    /// The services of the whole spec, in the file on top.
    pub services: Vec<String>,
    pub docs: Vec<String>,
    /// Whether it names something deprecated.
    pub deprecated: bool,
    /// `super::common` and the names used from it.
    pub imports: Vec<(String, Vec<String>)>,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Module(Attributes, String),
    Service(Service),
    Table(Table),
    Text(Text),
    Struct(Struct),
    OpenEnum(OpenEnum),
    Union(Union),
    Untagged(Untagged),
    KeyedSet(KeyedSet),
    Operation(Box<Operation>),
    Failure(Failure),
}

/// A constant: rows of words.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub attributes: Attributes,
    pub name: String,
    pub rows: Vec<(String, Vec<String>)>,
}

/// Doc text line by line, in Markdown for rustdoc, and the note of a deprecation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    pub docs: Vec<String>,
    /// The text that the docs begin with, as the spec has it.
    pub text: String,
    pub deprecated: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Bool,
    Integer,
    Number,
    String,
    Timestamp,
    Json,
    Named(String),
    Option(Box<Ty>),
    Vec(Box<Ty>),
    Map(Box<Ty>),
    Boxed(Box<Ty>),
    Patch(Box<Ty>),
}

/// Which of serde's traits a type has, and which of the standard ones it may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    pub serialize: bool,
    pub deserialize: bool,
    pub compare: bool,
    /// Whether it shows the secrets in it to a visitor, as it is sent with them.
    pub secrets: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub attributes: Attributes,
    pub service_type: String,
    pub path: String,
    pub session_header: Option<String>,
    pub request_id_header: Option<String>,
    pub discovery: Option<String>,
    pub errors: Vec<ErrorBody>,
}

#[derive(Clone, Debug)]
pub(crate) struct ErrorBody {
    pub media: String,
    pub title: Vec<String>,
    pub message: Vec<String>,
    pub details: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub attributes: Attributes,
    pub name: String,
    pub secret: bool,
    pub traits: Traits,
}

#[derive(Clone, Debug)]
pub(crate) struct Struct {
    pub attributes: Attributes,
    pub name: String,
    pub traits: Traits,
    pub fields: Vec<Field>,
    /// Whether the fields can be read from outside.
    pub public: bool,
    /// The docs of a `new` with setters, if there is one.
    pub constructor: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub attributes: Attributes,
    /// Escaped where it is a keyword.
    pub name: String,
    /// The name without any escape, for names made from it.
    pub plain: String,
    pub wire: String,
    pub ty: Ty,
    /// Whether the value is a secret or has some in it.
    pub secret: bool,
    pub presence: Presence,
}

/// When a field is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// Absent, null or a value.
    Patch,
    /// Always this value.
    Constant(Constant),
    /// The fields that no other field takes.
    Extra,
    /// A key of a query without a value.
    Flag,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    Bool(bool),
    Integer(i64),
    Text(String),
}

#[derive(Clone, Debug)]
pub(crate) struct OpenEnum {
    pub attributes: Attributes,
    pub name: String,
    pub values: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub attributes: Attributes,
    pub name: String,
    pub wire: String,
    pub ty: Option<Ty>,
    /// Whether the value is a secret or has some in it.
    pub secret: bool,
    pub wrap: Option<String>,
    /// Whether it is a bare word where the others are tables.
    pub literal: bool,
    /// Whether the type alone tells the variant, so that it can be converted.
    pub convertible: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Union {
    pub attributes: Attributes,
    pub name: String,
    pub traits: Traits,
    /// The field that tells the variants apart; none if it is the key.
    pub field: Option<String>,
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Untagged {
    pub attributes: Attributes,
    pub name: String,
    pub traits: Traits,
    pub variants: Vec<Choice>,
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub attributes: Attributes,
    pub name: String,
    pub constructor: String,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) struct KeyedSet {
    pub attributes: Attributes,
    pub name: String,
    pub traits: Traits,
    pub list: String,
    pub member_attributes: Attributes,
    pub member: String,
    pub members: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The request: its parameters and its body as fields.
    pub request: Struct,
    pub wire_name: String,
    /// `super::service::SERVICE`, or `SERVICE` in the same module.
    pub service: String,
    pub session: bool,
    pub method: String,
    pub path: String,
    pub path_parameters: Vec<Field>,
    pub query: Vec<Field>,
    pub headers: Vec<Field>,
    pub body: Option<Body>,
    pub output: Ty,
    pub failure: Option<String>,
    pub cases: Vec<Case>,
    pub pages: Option<Pages>,
}

#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub field: String,
    pub wrap: Option<String>,
}

/// One arm of the match on an answer.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub statuses: Vec<u16>,
    pub when: Option<String>,
    /// The variant of the failure; none for success.
    pub failure: Option<String>,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Nothing,
    Body {
        unwrap: Option<String>,
    },
    Parts {
        name: String,
        headers: Vec<Field>,
        body: Option<(String, Option<String>)>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub attributes: Attributes,
    pub name: String,
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub items: Vec<String>,
    pub item: Ty,
    pub next: Vec<(String, bool)>,
}
