//! The checked model of an API: every name resolved, every rule kept, no word of any programming
//! language. What else reads a spec (an export, a comparison) starts here.

/// Index of a shape in [`Service::shapes`].
pub type ShapeId = usize;

/// All services of a spec folder.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// In the order of their folders.
    pub services: Vec<Service>,
}

/// One service: a folder of the spec.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its folder, split: `["identity", "v3"]`; empty for the spec folder itself.
    pub folder: Vec<String>,
    /// The type by which a catalog lists it.
    pub service_type: String,
    /// What people call it.
    pub title: String,
    /// Its API reference.
    pub reference: String,
    /// Prefix of its paths, such as `/v3`; may be empty.
    pub path: String,
    /// The header that carries the session's token.
    pub session_header: Option<String>,
    /// The response header that names a request.
    pub request_id_header: Option<String>,
    /// The path at which it lists its versions.
    pub discovery: Option<String>,
    /// How the bodies of errors look; the first that fits is read.
    pub errors: Vec<ErrorBody>,
    /// Its files.
    pub modules: Vec<Module>,
    /// Its shapes, from all files.
    pub shapes: Vec<Shape>,
}

/// One shape of an error's body. Paths are lists of keys.
#[derive(Clone, Debug)]
pub struct ErrorBody {
    /// The media type.
    pub media: String,
    /// Where the title stands.
    pub title: Option<Vec<String>>,
    /// Where the message stands.
    pub message: Option<Vec<String>>,
    /// Where more about it stands, of any shape.
    pub details: Option<Vec<String>>,
    /// When it is sent.
    pub doc: String,
}

/// One file of the spec.
#[derive(Clone, Debug)]
pub struct Module {
    /// Path of the YAML file in the spec folder.
    pub source: String,
    /// Name of the file without its ending.
    pub name: String,
    /// What it holds.
    pub doc: String,
    /// Whether the service itself is described here.
    pub has_service: bool,
    /// In the order written.
    pub operations: Vec<Operation>,
    /// In the order written.
    pub shapes: Vec<ShapeId>,
    /// In the order written.
    pub tables: Vec<Table>,
}

/// Rows of words, each known by its first; no word is in it twice.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name, written `like_this`.
    pub name: String,
    /// What a reader is told.
    pub doc: String,
    /// In the order written.
    pub rows: Vec<(String, Vec<String>)>,
}

/// What a reader is told about an item.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Markdown.
    pub doc: String,
    /// Link to the API reference, where the item has one of its own.
    pub reference: Option<String>,
    /// The version in which it appeared.
    pub since: Option<String>,
    /// Why and since when it should not be used.
    pub deprecated: Option<Deprecated>,
}

/// See [`About::deprecated`].
#[derive(Clone, Debug)]
pub struct Deprecated {
    /// The version in which it was deprecated.
    pub since: Option<String>,
    /// What to use instead.
    pub note: String,
}

/// A type, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A key of a query whose presence is its meaning.
    Flag,
    /// `true` or `false`.
    Bool,
    /// 64 bits, signed.
    Integer,
    /// Floating point.
    Number,
    /// Any text.
    String,
    /// A moment.
    Timestamp,
    /// Any JSON value.
    Json,
    /// A declared shape.
    Shape(ShapeId),
    /// Zero or more.
    List(Box<Type>),
    /// From text to values.
    Map(Box<Type>),
    /// Or `null`.
    Nullable(Box<Type>),
}

/// A value that is always sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}

/// A field or a parameter.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key as it is sent.
    pub wire: String,
    /// The name it is known by.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether it is always there.
    pub required: bool,
    /// Set if the value is not chosen.
    pub constant: Option<Constant>,
    /// What a reader is told.
    pub about: About,
}

/// A member of an enum, a union or a keyed set.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The key or word as it is sent.
    pub wire: String,
    /// The name it is known by.
    pub name: String,
    /// What it carries.
    pub ty: Option<Type>,
    /// A table around the value, on the wire only.
    pub wrap: Option<String>,
    /// What a reader is told.
    pub about: About,
}

/// A variant of an untagged union: the fields that it has, all required.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The name it is known by.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What a reader is told.
    pub about: About,
}

/// A declared type.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name, in the spec and in the client.
    pub name: String,
    /// Index into [`Service::modules`].
    pub module: usize,
    /// What it is made of.
    pub kind: Kind,
    /// Whether a request's body can hold it.
    pub sent: bool,
    /// Whether an answer's body can hold it.
    pub received: bool,
    /// Whether it is a secret, or can hold one.
    pub secret: bool,
    /// What a reader is told.
    pub about: About,
}

/// See [`Shape::kind`].
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text with a meaning of its own.
    Scalar,
    /// Named fields; others too, if `extra`.
    Struct {
        /// In the order written.
        fields: Vec<Field>,
        /// Whether unknown fields are kept.
        extra: bool,
    },
    /// One of some words, or another that the server knows.
    Enum {
        /// In the order written.
        values: Vec<Variant>,
    },
    /// A table with one key that tells what its value is, or a bare word.
    KeyUnion {
        /// The bare words.
        literals: Vec<Variant>,
        /// The keys.
        variants: Vec<Variant>,
    },
    /// A table in which one field tells what the others are.
    FieldUnion {
        /// That field.
        field: String,
        /// By its values.
        variants: Vec<Variant>,
    },
    /// Told apart by the fields that are there.
    Untagged {
        /// In the order written.
        variants: Vec<Choice>,
    },
    /// A table of members, and a list of the keys that are in it.
    KeyedSet {
        /// The key of the list.
        list: String,
        /// The name of one member.
        member: String,
        /// What a reader is told of a member.
        member_doc: String,
        /// In the order written.
        members: Vec<Variant>,
    },
}

/// Something a client can ask of the service.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The whole path from the server's root, with `{parameters}`.
    pub path: String,
    /// Whether the session's token is sent along.
    pub session: bool,
    /// Required all of them.
    pub path_parameters: Vec<Field>,
    /// In the order written.
    pub query: Vec<Field>,
    /// In the order written.
    pub headers: Vec<Field>,
    /// What is sent as JSON.
    pub body: Option<Body>,
    /// The one answer that means success.
    pub success: Success,
    /// Answers that mean failure and say more than an error does, in the order to try.
    pub failures: Vec<Failure>,
    /// How many of the failures are to be tried before the success.
    pub failures_first: usize,
    /// How the next page is found.
    pub pages: Option<Pages>,
    /// What a reader is told.
    pub about: About,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub struct Body {
    /// A table around it, on the wire only.
    pub wrap: Option<String>,
    /// The name it is known by.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What a reader is told.
    pub doc: String,
}

/// The answer that means success.
#[derive(Clone, Debug)]
pub struct Success {
    /// The statuses that mean it.
    pub statuses: Vec<u16>,
    /// What it carries.
    pub content: Content,
}

/// An answer that means failure, declared by the operation.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The statuses that mean it.
    pub statuses: Vec<u16>,
    /// The header that must be there.
    pub when: Option<String>,
    /// Its name.
    pub name: String,
    /// What a reader is told.
    pub doc: String,
    /// What it carries.
    pub content: Content,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing that matters.
    Nothing,
    /// A body.
    Body(ReceivedBody),
    /// Headers, and perhaps a body, side by side under a name.
    Parts {
        /// The name of the whole.
        name: String,
        /// What a reader is told.
        doc: String,
        /// The headers.
        headers: Vec<Field>,
        /// The body, and the name of its field.
        body: Option<(String, ReceivedBody)>,
    },
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub struct ReceivedBody {
    /// The key it stands under.
    pub unwrap: Option<String>,
    /// Its type.
    pub ty: Type,
}

/// How the next page is found.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The fields of the body that lead to the items.
    pub items: Vec<String>,
    /// The item's type.
    pub item: Type,
    /// The fields that lead to the next page's link, each with whether it may be absent.
    pub next: Vec<(String, bool)>,
}
