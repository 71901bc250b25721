//! A URI in its parts.

use crate::settings::{Node, Place, SettingsError, Table, Text, Value};

/// A URI that names a store. It has no `Debug`: it may hold a password.
pub(crate) struct Uri {
    /// In lower case.
    pub scheme: String,
    /// Between the `//` and the query, as it is written.
    pub target: String,
    query: String,
    /// All behind the `//`.
    pub rest: String,
    place: Place,
}

impl Uri {
    pub(crate) fn parse(uri: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return Err(format!(
                "the URI has no scheme; write one of {}, as in `sqlite://bank.db`",
                super::Known::schemes()
            ));
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (target, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            target: target.to_owned(),
            query: query.to_owned(),
            rest: rest.to_owned(),
            place: Place::nowhere(),
        })
    }

    /// Where the whole of it stands.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    #[cfg(feature = "config")]
    pub(crate) fn memory() -> Self {
        let (scheme, place) = ("memory".to_owned(), Place::nowhere());
        Self {
            scheme,
            target: String::new(),
            query: String::new(),
            rest: String::new(),
            place,
        }
    }

    /// The same, where it stands in a line of a file.
    #[cfg(feature = "config")]
    pub(crate) fn at(mut self, line: Option<usize>) -> Self {
        self.place.line = line;
        self
    }

    /// The same URI of a PostgreSQL server with no other options than these, as they are written.
    #[cfg(any(feature = "message-db", feature = "postgres"))]
    pub(super) fn for_driver(&self, options: &[String]) -> String {
        let passed = |option: &&str| {
            let name = option.split('=').next().unwrap_or_default();
            options.iter().any(|passed| passed == name)
        };
        let options = self.query.split('&').filter(passed).collect::<Vec<_>>();
        match options.as_slice() {
            [] => format!("postgres://{}", self.target),
            options => format!("postgres://{}?{}", self.target, options.join("&")),
        }
    }

    /// What stands in its query, by name.
    pub(super) fn options(&self) -> Result<Table, SettingsError> {
        let mut options = Table::new();
        for option in self.query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let place = self.place.key(name);
            let Some(value) = unescape(value) else {
                let problem = format!("`{name}` {BAD_ESCAPE}");
                return Err(SettingsError::new(None, place, problem));
            };
            let text = Text {
                written: value.clone(),
                value,
                stands_for_anything: true,
            };
            let node = Node {
                place,
                inherited: false,
                from_uri: true,
                value: Value::Text(text),
            };
            if options.insert(name.to_owned(), node).is_some() {
                let problem = format!("`{name}` stands twice in the URI");
                return Err(SettingsError::new(None, self.place.key(name), problem));
            }
        }
        Ok(options)
    }
}

pub(super) const BAD_ESCAPE: &str =
    "holds a `%` that is not followed by two hexadecimal digits of UTF-8; write `%25`";

/// Percent-decoding, as URIs have it.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let code = tail.get(..2)?;
            let code = code.iter().all(u8::is_ascii_hexdigit).then_some(code)?;
            let code = std::str::from_utf8(code).ok()?;
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
