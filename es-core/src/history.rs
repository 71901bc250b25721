//! The past: aggregates as they were, and their lives event by event.

use std::fmt;
use std::ops::Deref;

use crate::aggregate::Aggregate;
use crate::became::Became;
use crate::error::LoadError;
use crate::record::{Metadata, ReadRequest, Source};
use crate::repository::{Replay, Repository, decode_metadata};
use crate::store::Cursor;
use crate::stream::{StreamName, Version};

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
    repository: Repository<A>,
    id: A::Id,
    reading: Option<(StreamName, Cursor)>,
    aggregate: Option<A>,
    version: Version,
}

/// One stored event in the life of an aggregate.
#[non_exhaustive]
pub struct HistoryEntry<'a, A: Aggregate> {
    /// What happened: one event, unless an [`#[upcast]`](macro@crate::upcast) says otherwise.
    pub events: Became<A::Event>,
    /// When, where and under which circumstances.
    pub metadata: Metadata,
    /// The state after it.
    pub state: &'a A,
}

impl<A: Aggregate> History<A> {
    pub(crate) fn new(repository: Repository<A>, id: A::Id) -> Self {
        Self {
            repository,
            id,
            reading: None,
            aggregate: None,
            version: Version::EMPTY,
        }
    }

    /// The next stored event and the state after it, or `None` behind the last.
    ///
    /// An event that was upcast to none before there was any state is passed over.
    ///
    /// A call that is given up loses nothing: the next one goes on where the last event was.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] where the stream has no events; [`LoadError`] where it can not be
    /// read or replayed.
    pub async fn next(&mut self) -> Result<Option<HistoryEntry<'_, A>>, LoadError> {
        let (events, metadata) = loop {
            let (stream, cursor) = match &mut self.reading {
                Some(reading) => reading,
                none => none.insert(begin(self.repository.stream(&self.id)?)),
            };
            let domain = self.repository.domain();
            let Some(recorded) = cursor.peek(domain.store()).await? else {
                return match self.aggregate {
                    Some(_) => Ok(None),
                    None => Err(LoadError::NotFound {
                        stream: stream.clone(),
                    }),
                };
            };
            let metadata = decode_metadata(stream, &recorded)?;
            let mut replay = Replay::new(domain, stream, &self.id);
            replay.go_on(self.aggregate.take(), self.version);
            let applied = replay.apply_kept(&recorded);
            (self.aggregate, self.version) = replay.end();
            let events = applied?;
            cursor.pass();
            if self.aggregate.is_some() {
                break (events, metadata);
            }
        };
        let state = self.aggregate.as_ref().expect("an event was applied to it");
        Ok(Some(HistoryEntry {
            events,
            metadata,
            state,
        }))
    }
}

fn begin(stream: StreamName) -> (StreamName, Cursor) {
    let name = stream.clone();
    let request = ReadRequest::new(Source::Stream { name, from: None });
    (stream, Cursor::new(request))
}

impl<A: Aggregate> fmt::Debug for History<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("aggregate", &A::NAME)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<A: Aggregate> fmt::Debug for HistoryEntry<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryEntry")
            .field("events", &self.events)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
