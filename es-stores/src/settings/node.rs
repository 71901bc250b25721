//! A value with the place where it stands.

use std::collections::BTreeMap;

pub(crate) type Table = BTreeMap<String, Node>;

#[derive(Clone)]
pub(crate) struct Node {
    pub place: Place,
    /// Whether it comes from the base, under an overlay: then it may be meant for another store.
    pub inherited: bool,
    /// Whether it is an option of a URI.
    pub from_uri: bool,
    pub value: Value,
}

/// Where something stands: its key with the sections, and the line in a file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub path: String,
    pub line: Option<usize>,
}

#[derive(Clone)]
pub(crate) enum Value {
    Text(Text),
    Integer(i64),
    Float,
    Boolean(bool),
    Time,
    Array(Vec<Node>),
    Table(Table),
    /// A text whose variables can not be put in, for a reason that is told if it is asked for.
    #[cfg(feature = "config")]
    Unfilled(super::SettingsError),
}

#[derive(Clone)]
pub(crate) struct Text {
    /// As it is written, with its variables: what an error may show.
    pub written: String,
    /// What it means, which may hold a password.
    pub value: String,
    /// Whether it may be a number too: it came from a variable or a URI, which know only text.
    pub stands_for_anything: bool,
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(&text.value),
            _ => None,
        }
    }

    /// What it is, in an error.
    pub(super) fn noun(&self) -> String {
        let noun = if self.from_uri { "option" } else { "key" };
        format!("the {noun} `{}`", self.place.path)
    }
}

impl Place {
    pub(crate) fn nowhere() -> Self {
        let (path, line) = (String::new(), None);
        Self { path, line }
    }

    /// A key below this section.
    pub(crate) fn key(&self, key: &str) -> Self {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            section => format!("{section}.{key}"),
        };
        let line = self.line;
        Self { path, line }
    }
}

impl Value {
    /// What it is, as in "is text"; never its value.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Text(text) if text.written != text.value => format!("`{}`", text.written),
            Self::Text(text) if text.stands_for_anything => format!("`{}`", text.written),
            Self::Text(_) => "text".to_owned(),
            Self::Integer(_) => "a number".to_owned(),
            Self::Float => "no whole number, or too large a one".to_owned(),
            Self::Boolean(value) => format!("`{value}`"),
            Self::Time => "a date or time".to_owned(),
            Self::Array(_) => "a list".to_owned(),
            Self::Table(_) => "a section".to_owned(),
            #[cfg(feature = "config")]
            Self::Unfilled(_) => "text".to_owned(),
        }
    }
}
