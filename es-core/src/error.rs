//! Errors by operation: what a caller can act on is a variant, the rest is a source.
//!
//! A message says all there is to say by itself, so nothing that it repeats is a source as well.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::aggregate::Kept;
use crate::invariant::Violations;
use crate::repository::{Committed, main_stream, repeat};
use crate::store::{Append, EventStore, ExpectedVersionError, StoreError};
use crate::stream::{InvalidName, StreamName, Version};

/// A domain can not be built or used as it was described.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A name breaks its rules.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Two aggregates of one domain have one category: their streams would mix.
    #[error(
        "`{first}` and `{second}` both have the category `{category}` in the domain `{domain}`; \
         give one of them another: `#[aggregate(event_sourced, category = \"...\")]`"
    )]
    CategoryTaken {
        /// The domain.
        domain: String,
        /// The category.
        category: String,
        /// The type that joined first.
        first: String,
        /// The type that came second.
        second: String,
    },
    /// A state-stored aggregate in a domain whose store keeps events alone.
    #[error(
        "`{aggregate}` is state-stored, and the store of the domain `{domain}` keeps events alone; \
         take one that keeps states, such as SQLite, PostgreSQL or the one in memory, or write \
         `#[aggregate(event_sourced)]`"
    )]
    NoStates {
        /// The domain.
        domain: String,
        /// The type.
        aggregate: String,
    },
    /// Snapshots can not be taken after every 0 events.
    #[error(
        "`snapshot_every` is 0, expected was 1 or more; `#[aggregate(event_sourced, snapshots = off)]` turns them off"
    )]
    SnapshotEveryZero,
    /// Snapshots were configured of a category that no aggregate of the program has.
    #[error(
        "snapshots of `{category}` are configured, but no aggregate of this program has that category"
    )]
    UnknownCategory {
        /// The category, without the domain.
        category: String,
    },
    /// Snapshots were configured of an aggregate that is compiled without.
    #[error(
        "snapshots of `{category}` are configured, but `{aggregate}` takes none: it has `snapshots = \
         off`, or its state is what is stored; remove one of the two"
    )]
    NoSnapshots {
        /// The category, without the domain.
        category: String,
        /// The type.
        aggregate: String,
    },
}

/// An aggregate could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The stream has no events.
    #[error("there is no `{stream}`")]
    NotFound {
        /// The stream.
        stream: StreamName,
    },
    /// The stream is not as long as the version asked for.
    #[error("`{stream}` has no version {asked}, its last is version {last}")]
    NoSuchVersion {
        /// The stream.
        stream: StreamName,
        /// The version asked for.
        asked: Version,
        /// The last version.
        last: Version,
    },
    /// The stream begins later than the time asked for.
    #[error("`{stream}` does not go back to {asked}, it begins at {first}")]
    NotYet {
        /// The stream.
        stream: StreamName,
        /// The time asked for.
        asked: DateTime<Utc>,
        /// The time of the first event.
        first: DateTime<Utc>,
    },
    /// A stored event is none that this program can apply.
    #[error("version {version} of `{stream}` is a `{event_type}`: {problem}")]
    Event {
        /// The stream.
        stream: StreamName,
        /// The version of the event in it.
        version: Version,
        /// The stored type.
        event_type: String,
        /// What is wrong with it.
        problem: EventProblem,
    },
    /// A version is missing in the stream, or comes twice: the store is damaged.
    #[error("`{stream}` goes on with version {found} where version {expected} was expected")]
    Gap {
        /// The stream.
        stream: StreamName,
        /// The version that should come.
        expected: Version,
        /// The version that came.
        found: Version,
    },
    /// The part of a stream's name after the category is no id of the aggregate.
    #[error("the id in `{stream}` is no `{expected}`: {problem}")]
    Id {
        /// The stream.
        stream: String,
        /// The type of the aggregate's ids.
        expected: &'static str,
        /// What its `FromStr` said.
        problem: String,
    },
    /// A stored state is none of the aggregate.
    #[error(
        "the state of `{stream}` at version {version} does not decode: {problem}; give a field that is \
         new `#[serde(default)]`, and one that was renamed `#[serde(alias = \"..\")]`"
    )]
    State {
        /// The aggregate's stream.
        stream: StreamName,
        /// How often it was written.
        version: Version,
        /// What its `Deserialize` said.
        problem: serde_json::Error,
    },
    /// The id can not be part of a stream's name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The aggregate can not be a member of the domain.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store could not read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a stored event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventProblem {
    /// The aggregate has no handler for a type of this name.
    #[error("`{aggregate}` applies no such event, expected was one of {known}")]
    UnknownType {
        /// The aggregate.
        aggregate: &'static str,
        /// The types it applies, as they are stored.
        known: String,
    },
    /// It was stored in a version that this program does not know.
    #[error("versions 1 to {newest} are known; was it written by a newer program?")]
    UnknownVersion {
        /// The newest version known.
        newest: u32,
    },
    /// The payload has another shape than the event.
    #[error("its payload does not decode: {0}")]
    Payload(serde_json::Error),
    /// The payload has fields that the event does not know.
    #[error(
        "its payload has {}, which the event has not: give it back as a field, raise the event's \
         version and add an upcaster, or leave it out with `#[event(unknown_fields = \"ignore\")]`",
        names(fields)
    )]
    UnknownFields {
        /// Their names.
        fields: Vec<String>,
    },
    /// The metadata is not what it should be.
    #[error("its metadata does not decode: {0}")]
    Metadata(serde_json::Error),
    /// The stream begins with an event that does not create.
    #[error("it does not create a `{aggregate}`, and no event before it did")]
    CreatesNothing {
        /// The aggregate.
        aggregate: &'static str,
    },
    /// The event creates what is there already.
    #[error("it creates a `{aggregate}`, which version 1 did already")]
    CreatesAgain {
        /// The aggregate.
        aggregate: &'static str,
    },
}

fn names(fields: &[String]) -> String {
    let names: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    names.join(", ")
}

/// What was raised could not be saved. It stays pending in the aggregate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// Somebody else appended first; nothing was written. Load again and decide again, or use
    /// [`Repository::update`](crate::Repository::update), which does.
    #[error(transparent)]
    Conflict(#[from] ExpectedVersionError),
    /// Whether it was written is not known. [`OutcomeUnknown::retry`] finds out, or writes it.
    #[error(transparent)]
    OutcomeUnknown(#[from] OutcomeUnknown),
    /// An event could not be encoded; nothing was written.
    #[error("the event `{event}` of `{stream}` could not be encoded: {problem}")]
    Encode {
        /// The stream.
        stream: StreamName,
        /// The stored name of the event.
        event: &'static str,
        /// What its `Serialize` said.
        problem: serde_json::Error,
    },
    /// A state could not be encoded; nothing was written.
    #[error("the state of `{stream}` could not be encoded: {problem}")]
    EncodeState {
        /// The aggregate's stream.
        stream: StreamName,
        /// What its `Serialize` said.
        problem: serde_json::Error,
    },
    /// Invariants do not hold; nothing was written, and nothing is until they do. Load the aggregate
    /// again.
    #[error(transparent)]
    Violated(Violations),
    /// A unit of work holds the aggregate already: change that one.
    #[error(
        "the unit of work holds `{stream}` already; change that one, by the handle that it gave out"
    )]
    HeldTwice {
        /// The aggregate's stream.
        stream: StreamName,
    },
    /// The aggregate has no id: it was made by a literal and never raised an event, or its state is
    /// stored and its id can not be made up.
    #[error("this `{aggregate}` {}", no_id(aggregate, *kept))]
    NothingRaised {
        /// The aggregate.
        aggregate: &'static str,
        /// What is kept of it.
        kept: Kept,
    },
    /// The id can not be part of a stream's name; nothing was written.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The aggregate can not be a member of the domain; nothing was written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store could not write; nothing was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SaveError {
    /// Whether somebody else was faster: nothing was written.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

fn no_id(aggregate: &str, kept: Kept) -> String {
    match kept {
        Kept::Events => format!(
            "has raised no event yet: make it by a function of `{aggregate}` that raises the first, \
             by `Self::raise_new`"
        ),
        Kept::State => {
            "has no id, and none can be made up: give it one where it is made, as in `Self { .. \
             }.with_id(id)`"
                .to_owned()
        }
    }
}

/// An append that may or may not have been written: the store did not answer, also when asked
/// again.
///
/// It holds the prepared append with its event ids, so that [`OutcomeUnknown::retry`] writes it at
/// most once. Where a state was written over meanwhile nobody can find out any more, and it stays
/// unknown: load the aggregate again and look.
pub struct OutcomeUnknown {
    store: Arc<dyn EventStore>,
    append: Arc<Append>,
    cause: StoreError,
}

impl OutcomeUnknown {
    pub(crate) fn new(
        store: &Arc<dyn EventStore>,
        append: &Arc<Append>,
        cause: StoreError,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            append: Arc::clone(append),
            cause,
        }
    }

    /// The stream that was appended to, the first of several.
    pub fn stream(&self) -> &StreamName {
        main_stream(&self.append)
    }

    /// Repeats the append: answers its first outcome if it was written, writes it if it was not.
    ///
    /// # Errors
    /// [`SaveError::Conflict`] where it was not written and now can not be;
    /// [`SaveError::OutcomeUnknown`], which can be retried in its turn, as long as the store can
    /// not tell.
    pub async fn retry(self) -> Result<Committed, SaveError> {
        let appended = repeat(&self.store, &self.append, self.cause).await?;
        let streams = self.append.streams().iter().map(|part| &part.stream);
        let states = self.append.states().iter().map(|write| &write.stream);
        let main = main_stream(&self.append);
        // Where a state and its events have one name, the state comes last and its version counts.
        let of_main = streams
            .chain(states)
            .zip(&appended)
            .filter(|(it, _)| *it == main);
        let version = of_main.last().map_or(Version::EMPTY, |(_, it)| it.version);
        let position = appended.iter().filter_map(|part| part.position).max();
        Ok(Committed::new((), version, position))
    }
}

impl fmt::Debug for OutcomeUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeUnknown")
            .field("stream", self.stream())
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for OutcomeUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it is not known whether events were appended to `{}`; `retry` finds out and writes \
             them at most once",
            self.stream()
        )
    }
}

impl StdError for OutcomeUnknown {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

/// An aggregate could not be updated.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpdateError<E> {
    /// The domain said no: what the closure returned as its error. Nothing was written.
    Rejected(E),
    /// The aggregate could not be loaded.
    Load(LoadError),
    /// What was decided could not be saved.
    Save(SaveError),
}

impl<E> UpdateError<E> {
    /// What the domain said no with, where it did.
    pub fn into_rejection(self) -> Option<E> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Load(_) | Self::Save(_) => None,
        }
    }

    /// Whether others were faster until the deadline: nothing was written.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Save(SaveError::Conflict(_)))
    }
}

impl<E: fmt::Display> fmt::Display for UpdateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => fmt::Display::fmt(rejection, f),
            Self::Load(error) => fmt::Display::fmt(error, f),
            Self::Save(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> StdError for UpdateError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Rejected(_) => None,
            Self::Load(error) => error.source(),
            Self::Save(error) => error.source(),
        }
    }
}

impl<E> From<LoadError> for UpdateError<E> {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl<E> From<SaveError> for UpdateError<E> {
    fn from(error: SaveError) -> Self {
        Self::Save(error)
    }
}
