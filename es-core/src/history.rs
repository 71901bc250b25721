//! The past: aggregates as they were, and their lives event by event.

use std::fmt;
use std::ops::Deref;

use crate::aggregate::Aggregate;
use crate::domain::Domain;
use crate::error::LoadError;
use crate::record::{Metadata, Page, ReadRequest, Source};
use crate::repository::{Replay, decode_metadata};
use crate::stream::StreamName;

/// An aggregate as it was: readable, and nothing else.
///
/// It derefs to the aggregate without `DerefMut`, so calling anything that changes it does not
/// compile.
#[derive(Debug, PartialEq, Eq)]
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

/// A walk through the life of an aggregate: from [`Repository::history`](crate::Repository::history).
#[must_use = "nothing is read before `next` is awaited"]
pub struct History<A: Aggregate> {
    domain: Domain,
    stream: Option<StreamName>,
    invalid: Option<LoadError>,
    id: A::Id,
    aggregate: Option<A>,
    request: Option<ReadRequest>,
    page: Page,
    next: usize,
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
        let request = stream
            .clone()
            .map(|name| ReadRequest::new(Source::Stream { name, from: None }));
        let page = Page::new();
        Self {
            domain,
            stream,
            invalid,
            id,
            aggregate: None,
            request,
            page,
            next: 0,
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
        let Some(stream) = &self.stream else {
            return Ok(None);
        };
        while self.next >= self.page.len() {
            let Some(mut request) = self.request.take() else {
                return match self.aggregate {
                    Some(_) => Ok(None),
                    None => Err(LoadError::NotFound {
                        stream: stream.clone(),
                    }),
                };
            };
            if let Err(error) = self.domain.store().read(&request, &mut self.page).await {
                // The next call reads the same page again.
                self.page.clear();
                self.next = 0;
                self.request = Some(request);
                return Err(error.into());
            }
            self.next = 0;
            if request.advance(&self.page) {
                self.request = Some(request);
            }
        }
        let recorded = self
            .page
            .get(self.next)
            .expect("the loop stops at an event");
        let metadata = decode_metadata(stream, &recorded)?;
        let mut replay = Replay::new(self.domain.name(), stream, &self.id);
        replay.aggregate = self.aggregate.take();
        let applied = replay.apply_kept(&recorded);
        self.aggregate = replay.aggregate;
        let event = applied?;
        self.next += 1;
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
