//! What is read: a stream, a category, or everything.

use std::fmt;
use std::str::FromStr;

use es_core::record::Source;
use es_core::stream::{Category, InvalidName, Position, StreamName, Version};

use crate::failure::Failure;

/// A stream, a category, or everything, as it is written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Stream(StreamName),
    Category(Category),
    All,
}

/// How everything is written.
pub(crate) const ALL: &str = "$all";

impl FromStr for Target {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text {
            ALL => Ok(Self::All),
            text if text.contains('-') => StreamName::new(text).map(Self::Stream),
            text => Category::new(text).map(Self::Category),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(name) => name.fmt(f),
            Self::Category(name) => name.fmt(f),
            Self::All => f.write_str(ALL),
        }
    }
}

impl Target {
    /// What is read, from a version of a stream or a position of anything else.
    pub(crate) fn source(&self, from: Option<u64>) -> Source {
        match self {
            Self::Stream(name) => Source::Stream {
                name: name.clone(),
                from: from.map(Version::new),
            },
            Self::Category(name) => Source::Category {
                name: name.clone(),
                from: from.map(Position::new),
                group: None,
            },
            Self::All => Source::All {
                from: from.map(Position::new),
            },
        }
    }

    /// `of_stream` is what the numbers of events count in.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }

    /// The stream, where one is needed.
    pub(crate) fn stream(self, verb: &str) -> Result<StreamName, Failure> {
        match self {
            Self::Stream(name) => Ok(name),
            Self::Category(category) => Err(Failure::usage(format!(
                "`{category}` is a category, `{verb}` needs a stream, as in `{category}-{{id}}`"
            ))
            .help(format!("`es streams list {category}` lists them"))),
            Self::All => Err(Failure::usage(format!(
                "`{ALL}` is everything, `{verb}` needs a stream, as in `bank::bank_account-{{id}}`"
            ))
            .help("`es streams list` lists them")),
        }
    }
}
