//! The past: aggregates as they were, and their lives event by event.

use std::fmt;
use std::ops::Deref;

use crate::aggregate::Aggregate;
use crate::domain::Domain;
use crate::error::LoadError;
use crate::record::{Metadata, ReadRequest, Source};
use crate::repository::{Replay, decode_metadata};
use crate::store::Cursor;
use crate::stream::StreamName;

/// An aggregate as it was: readable, and nothing else.
///
/// It derefs to the aggregate without `DerefMut`, so calling anything that changes it does not
/// compile.
#[derive(PartialEq, Eq)]
pub struct Historical<A>(A);

impl<A> Historical<A> {
    pub(crate) fn new(aggregate: A) -> Self {
        Self(aggregate)
    }
}

impl<A> Deref for Historical<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: Aggregate> fmt::Debug for Historical<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Historical")
            .field("aggregate", &A::NAME)
            .field("id", self.id())
            .field("version", &self.version().get())
            .finish_non_exhaustive()
    }
}

/// A walk through the life of an aggregate: from [`Repository::history`](crate::Repository::history).
#[must_use = "nothing is read before `next` is awaited"]
pub struct History<A: Aggregate> {
    domain: Domain,
    stream: Option<StreamName>,
    invalid: Option<LoadError>,
    id: A::Id,
    aggregate: Option<A>,
    cursor: Option<Cursor>,
}

/// One event in the life of an aggregate.
#[non_exhaustive]
pub struct HistoryEntry<'a, A: Aggregate> {
    /// What happened.
    pub event: A::Event,
    /// When, where and under which circumstances.
    pub metadata: Metadata,
    /// The state after it.
    pub state: &'a A,
}

impl<A: Aggregate> History<A> {
    pub(crate) fn new(domain: Domain, stream: Result<StreamName, LoadError>, id: A::Id) -> Self {
        let (stream, invalid) = match stream {
            Ok(stream) => (Some(stream), None),
            Err(error) => (None, Some(error)),
        };
        let source = stream
            .clone()
            .map(|name| Source::Stream { name, from: None });
        let cursor = source.map(|source| Cursor::new(ReadRequest::new(source)));
        Self {
            domain,
            stream,
            invalid,
            id,
            aggregate: None,
            cursor,
        }
    }

    /// The next event and the state after it, or `None` behind the last.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] where the stream has no events; [`LoadError`] where it can not be
    /// read or replayed.
    pub async fn next(&mut self) -> Result<Option<HistoryEntry<'_, A>>, LoadError> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        let (Some(stream), Some(cursor)) = (&self.stream, &mut self.cursor) else {
            return Ok(None);
        };
        let Some(recorded) = cursor.peek(self.domain.store()).await? else {
            return match self.aggregate {
                Some(_) => Ok(None),
                None => Err(LoadError::NotFound {
                    stream: stream.clone(),
                }),
            };
        };
        let metadata = decode_metadata(stream, &recorded)?;
        let mut replay = Replay::new(self.domain.name(), stream, &self.id);
        replay.aggregate = self.aggregate.take();
        let applied = replay.apply_kept(&recorded);
        self.aggregate = replay.aggregate;
        let event = applied?;
        cursor.pass();
        let state = self.aggregate.as_ref().expect("an event was applied to it");
        Ok(Some(HistoryEntry {
            event,
            metadata,
            state,
        }))
    }
}

impl<A: Aggregate> fmt::Debug for History<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<A: Aggregate> fmt::Debug for HistoryEntry<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryEntry")
            .field("event", &self.event)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
