//! What can go wrong in a store, by what the caller can do about it.

use std::error::Error as StdError;
use std::fmt;

use crate::stream::{StreamName, Version};

/// Somebody else appended first: the stream is not at the version that was expected. Nothing was
/// written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream `{stream}` is at version {actual}, expected was version {expected}")]
pub struct ExpectedVersionError {
    /// The stream.
    pub stream: StreamName,
    /// The version the writer had seen.
    pub expected: Version,
    /// The version the stream is at.
    pub actual: Version,
}

/// Why an append was not acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else appended first; nothing was written. Load again and decide again.
    #[error(transparent)]
    Conflict(#[from] ExpectedVersionError),
    /// The store can not know whether it was written. Repeat the very same append.
    #[error("the outcome of an append is unknown")]
    OutcomeUnknown(#[source] StoreError),
    /// It was surely not written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store could not do what it was asked for.
///
/// The message says what was tried; [`StoreError::kind`] what a program may act on; the driver's
/// own error is the source.
pub struct StoreError {
    kind: StoreErrorKind,
    action: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a program may act on in a [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store can not be reached or opened.
    Unavailable,
    /// The store was written by a newer version of this library. Update the program.
    NewerSchema,
    /// What was opened is not a store of events.
    NotAStore,
    /// The store holds something it should not: a file is damaged.
    Corrupt,
    /// The store may not be written to.
    ReadOnly,
    /// The store does not let this user in, or not do this.
    Denied,
    /// There is no room left.
    Full,
    /// Somebody else holds the store for longer than this one waits.
    Busy,
    /// The store can not do this at all; see its capabilities.
    Unsupported,
    /// What was asked for makes no sense, such as a stream name without an id.
    Invalid,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error of `kind` while doing `action`, which reads on from "could not".
    pub fn new(kind: StoreErrorKind, action: impl Into<String>) -> Self {
        Self {
            kind,
            action: action.into(),
            source: None,
        }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a program may act on.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.action)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: could not {}", self.kind, self.action)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
