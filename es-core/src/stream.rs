//! Names and numbers of streams: who an event belongs to and where it stands.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How many events a stream or an aggregate has seen: 0 is empty, version n is the state after n
/// events.
///
/// Compares with plain integers, so `assert_eq!(account.version(), 2)` reads as it should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

/// The place of an event in the order of its whole store; the first event stands at 1 or later.
///
/// Positions only grow and may have gaps. [`Position::START`] lies before every event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Version {
    /// The version of a stream without events.
    pub const EMPTY: Self = Self(0);
}

impl Position {
    /// Before the first event of a store.
    pub const START: Self = Self(0);
}

macro_rules! number {
    ($name:ident) => {
        impl $name {
            #[doc = concat!("Wraps a plain number as a `", stringify!($name), "`.")]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The plain number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// One further.
            ///
            /// # Panics
            /// When the number is `u64::MAX`.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// One back, or `None` at 0.
            pub const fn previous(self) -> Option<Self> {
                match self.0.checked_sub(1) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl PartialEq<u64> for $name {
            fn eq(&self, other: &u64) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<$name> for u64 {
            fn eq(&self, other: &$name) -> bool {
                *self == other.0
            }
        }

        impl PartialOrd<u64> for $name {
            fn partial_cmp(&self, other: &u64) -> Option<std::cmp::Ordering> {
                self.0.partial_cmp(other)
            }
        }

        impl PartialOrd<$name> for u64 {
            fn partial_cmp(&self, other: &$name) -> Option<std::cmp::Ordering> {
                self.partial_cmp(&other.0)
            }
        }
    };
}

number!(Version);
number!(Position);

/// A name that breaks the rules of its kind; the message says the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no {kind}: {rule}")]
pub struct InvalidName {
    name: String,
    kind: &'static str,
    rule: &'static str,
}

impl InvalidName {
    fn new(name: &str, kind: &'static str, rule: &'static str) -> Self {
        // A name of megabytes must not make a message of megabytes.
        let shown = match name.char_indices().nth(120) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name.to_owned(),
        };
        // And a line break must not begin a new line of a log.
        let name = match shown.chars().any(char::is_control) {
            true => shown.escape_debug().to_string(),
            false => shown,
        };
        Self { name, kind, rule }
    }
}

/// The name of a bounded context: `snake_case` in streams (`bank::…`), `CamelCase` in message types
/// (`Bank.Deposited.v1`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomainName {
    snake: Arc<str>,
    camel: Arc<str>,
}

impl DomainName {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`InvalidName`] unless the name starts with a lower-case ASCII letter and goes on with
    /// lower-case ASCII letters, digits and single underscores.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        if !is_snake_case(name) {
            return Err(InvalidName::new(
                name,
                "domain name",
                "write snake_case, as in `bank` or `cargo_shipping`",
            ));
        }
        Ok(Self {
            snake: name.into(),
            camel: camel_case(name).into(),
        })
    }

    /// As streams spell it: `cargo_shipping`.
    pub fn as_str(&self) -> &str {
        &self.snake
    }

    /// As message types spell it: `CargoShipping`.
    pub fn camel(&self) -> &str {
        &self.camel
    }

    /// The category of one kind of aggregate in this domain: `bank::bank_account`.
    ///
    /// # Errors
    /// [`InvalidName`] where `aggregate` breaks the rules of [`Category`].
    pub fn category(&self, aggregate: &str) -> Result<Category, InvalidName> {
        Category::new(format!("{}::{aggregate}", self.snake))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.snake)
    }
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

fn camel_case(snake: &str) -> String {
    let mut camel = String::with_capacity(snake.len());
    for word in snake.split('_') {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// The longest name of a stream or a category, in bytes: what every store can index.
pub const MAX_NAME_BYTES: usize = 2_000;

fn check_text(name: &str, kind: &'static str) -> Result<(), InvalidName> {
    if name.len() > MAX_NAME_BYTES {
        return Err(InvalidName::new(
            name,
            kind,
            "it is longer than 2,000 bytes",
        ));
    }
    // All bytes of all control characters, and of others; most names have none and are done.
    let may_control = |byte: u8| byte < 0x20 || matches!(byte, 0x7f | 0xc2);
    if name.bytes().any(may_control) && name.chars().any(char::is_control) {
        return Err(InvalidName::new(name, kind, "it holds a control character"));
    }
    Ok(())
}

/// All streams of one kind, such as `bank::bank_account`, or `bank::bank_account:snapshot`.
///
/// The rules are Message DB's: what stands before a stream's first `-` is its category, so a
/// category holds none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(Arc<str>);

impl Category {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`InvalidName`] where the name is empty, holds a `-` or a control character, or is longer
    /// than [`MAX_NAME_BYTES`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        check_text(name, "category")?;
        if name.is_empty() {
            return Err(InvalidName::new(name, "category", "it is empty"));
        }
        if name.contains('-') {
            let rule = "a category ends at the first `-`, so it cannot hold one; write `_`";
            return Err(InvalidName::new(name, "category", rule));
        }
        Ok(Self(name.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stream of one instance: `{category}-{id}`.
    ///
    /// # Errors
    /// [`InvalidName`] where the id is empty or the name would break the rules of [`StreamName`].
    pub fn stream(&self, id: impl fmt::Display) -> Result<StreamName, InvalidName> {
        StreamName::new(format!("{}-{id}", self.0))
    }
}

/// The name of one stream: `{category}-{id}`, as in
/// `bank::bank_account-01929a4e-5f6a-7c3e-8a51-3f1d2c4b5a69`.
///
/// The id is everything after the first `-` and may hold further ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

/// A map by names that are looked up at every append: hashed by foldhash, in a tenth of the time that
/// the standard library's hash takes for a name, and seeded by chance as that is.
pub(crate) type ByName<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

impl std::borrow::Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl StreamName {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`InvalidName`] where there is no `-` with a category before and an id after it, a control
    /// character, or more than [`MAX_NAME_BYTES`] bytes.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        check_text(name, "stream name")?;
        match name.split_once('-') {
            Some((category, id)) if !category.is_empty() && !id.is_empty() => Ok(Self(name.into())),
            _ => Err(InvalidName::new(
                name,
                "stream name",
                "write `{category}-{id}`",
            )),
        }
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first `-`.
    pub fn category(&self) -> Category {
        Category(self.category_str().into())
    }

    /// What stands before the first `-`, borrowed.
    pub fn category_str(&self) -> &str {
        self.halves().0
    }

    /// What stands after the first `-`.
    pub fn id(&self) -> &str {
        self.halves().1
    }

    /// The id up to its first `+`: Message DB's cardinal id, by which compound ids
    /// (`cart-123+456`) belong together.
    pub fn cardinal_id(&self) -> &str {
        self.id().split('+').next().unwrap_or_default()
    }

    fn halves(&self) -> (&str, &str) {
        self.0
            .split_once('-')
            .expect("a stream name is made with a `-`")
    }
}

macro_rules! text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(name: &str) -> Result<Self, InvalidName> {
                Self::new(name)
            }
        }
    };
}

text!(Category);
text!(StreamName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_with_plain_integers() {
        assert_eq!(Version::new(2), 2);
        assert!(Version::new(2) > 1);
        assert_eq!(Version::EMPTY.previous(), None);
    }

    #[test]
    fn a_domain_is_snake_case_in_streams_and_camel_case_in_types() {
        let name = DomainName::new("cargo_shipping2").unwrap();

        assert_eq!(
            (name.as_str(), name.camel()),
            ("cargo_shipping2", "CargoShipping2")
        );
        for wrong in [
            "", "Bank", "my-bank", "2bank", "_bank", "bank_", "my__bank", "bänk", "a::b",
        ] {
            assert!(DomainName::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stream_splits_at_its_first_dash() {
        let name = StreamName::new("shop::cart:command-a-b+c-d").unwrap();

        assert_eq!(name.category().as_str(), "shop::cart:command");
        assert_eq!(name.id(), "a-b+c-d");
        assert_eq!(name.cardinal_id(), "a-b");
        for wrong in ["", "cart", "-1", "cart-", "cart-\u{0}"] {
            assert!(StreamName::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_category_with_a_dash_is_refused_in_words() {
        let error = Category::new("bank-account").unwrap_err().to_string();

        assert_eq!(
            error,
            "`bank-account` is no category: a category ends at the first `-`, so it cannot hold one; write `_`"
        );
    }

    #[test]
    fn a_control_character_stays_on_its_line() {
        let error = StreamName::new("a-b\nc").unwrap_err().to_string();

        assert_eq!(
            error,
            r"`a-b\nc` is no stream name: it holds a control character"
        );
    }

    #[test]
    fn a_name_of_megabytes_makes_a_short_message() {
        let error = StreamName::new("x".repeat(1 << 20))
            .unwrap_err()
            .to_string();

        assert!(error.len() < 300, "{error}");
    }
}
