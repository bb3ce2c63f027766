//! Values that are one piece of text: parameters, headers, newtypes, open enums.

use std::borrow::Cow;
use std::fmt;

use super::{Secret, Timestamp};

/// A value that can stand in a path, a query or a header.
pub trait Parameter: Sized {
    /// Whether it must be kept out of sight.
    const SECRET: bool = false;

    /// The value as it is sent.
    fn text(&self) -> Cow<'_, str>;

    /// The value from what was received.
    ///
    /// # Errors
    ///
    /// What was expected.
    fn from_text(text: &str) -> Result<Self, &'static str>;
}

impl Parameter for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
}

impl Parameter for bool {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("expected true or false"),
        }
    }
}

impl Parameter for i64 {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "expected a whole number")
    }
}

impl Parameter for f64 {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "expected a number")
    }
}

impl Parameter for Timestamp {
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "expected a date and a time")
    }
}

impl Parameter for Secret {
    const SECRET: bool = true;

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.expose())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(Secret::new(text))
    }
}

/// A word that the crate doesn't know. Only reading makes one, so that it is never a known word.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Unrecognized(String);

impl Unrecognized {
    /// For generated code, which has tried all known words.
    #[doc(hidden)]
    #[must_use]
    pub fn new(word: &str) -> Self {
        Unrecognized(word.to_owned())
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Unrecognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a newtype over [`Secret`] can do.
#[doc(hidden)]
#[macro_export]
macro_rules! __secret_text {
    ($name:ident) => {
        impl $name {
            /// Takes the secret text.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self($crate::runtime::Secret::new(text))
            }

            /// The secret text. Mind where it goes.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::new(text.as_str())
            }
        }

        impl From<&$name> for $name {
            fn from(secret: &$name) -> Self {
                secret.clone()
            }
        }

        impl $crate::runtime::Secrets for $name {
            fn visit_secrets(&self, visitor: &mut $crate::runtime::SecretVisitor) {
                visitor.visit(&self.0);
            }
        }

        impl $crate::runtime::Parameter for $name {
            const SECRET: bool = true;

            fn text(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(self.expose())
            }

            fn from_text(text: &str) -> Result<Self, &'static str> {
                Ok(Self::new(text))
            }
        }
    };
}

/// What a newtype over `String` can do.
#[doc(hidden)]
#[macro_export]
macro_rules! __plain_text {
    ($name:ident) => {
        impl $name {
            /// Takes the text.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::new(text.as_str())
            }
        }

        impl From<&$name> for $name {
            fn from(text: &$name) -> Self {
                text.clone()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $crate::runtime::Parameter for $name {
            fn text(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(self.as_str())
            }

            fn from_text(text: &str) -> Result<Self, &'static str> {
                Ok(Self::new(text))
            }
        }
    };
}

/// What an enum with `as_str` and `From<&str>` can do.
#[doc(hidden)]
#[macro_export]
macro_rules! __open_enum {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)
                    .map(|word| Self::from(word.as_str()))
            }
        }

        impl $crate::runtime::Parameter for $name {
            fn text(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(self.as_str())
            }

            fn from_text(text: &str) -> Result<Self, &'static str> {
                Ok(Self::from(text))
            }
        }
    };
}
