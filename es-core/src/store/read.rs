//! Reading for people: an iterator over pages.

use std::marker::PhantomData;

use super::{EventStore, StoreError, StoreErrorKind};
use crate::record::{Direction, Page, ReadRequest, RecordedEvent, Source};
use crate::stream::{Category, InvalidName, Position, StreamName, Version};

/// What is convenient on every store.
pub trait EventStoreExt: EventStore {
    /// Reads one stream by version, from its first event unless told otherwise.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # async fn read(domain: &Domain) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut events = domain.store().read_stream("bank::bank_account-1").from(Version::new(5)).limit(10);
    /// while let Some(event) = events.next().await? {
    ///     println!("{} {}", event.version, event.event_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn read_stream(&self, name: impl AsRef<str>) -> Events<'_, Self, Version> {
        Events::new(
            self,
            StreamName::new(name).map(|name| Source::Stream { name, from: None }),
        )
    }

    /// Reads all streams of a category (`bank::bank_account`) in the order of their positions.
    fn read_category(&self, name: impl AsRef<str>) -> Events<'_, Self, Position> {
        Events::new(
            self,
            Category::new(name).map(|name| Source::Category { name, from: None }),
        )
    }

    /// Reads the whole store in the order of positions.
    fn read_all(&self) -> Events<'_, Self, Position> {
        Events::new(self, Ok(Source::All { from: None }))
    }

    /// The last event of a stream, if it has any.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read or the name is no stream name.
    fn read_last(
        &self,
        name: impl AsRef<str>,
    ) -> impl Future<Output = Result<Option<RecordedEvent<'static>>, StoreError>> + Send {
        let mut events = self.read_stream(name).backwards().limit(1);
        async move { Ok(events.next().await?.map(RecordedEvent::into_owned)) }
    }
}

impl<S: EventStore + ?Sized> EventStoreExt for S {}

/// Events being read, one after the other. Reads a page at a time and holds no more than that.
#[derive(Debug)]
#[must_use = "nothing is read before `next` is awaited"]
pub struct Events<'a, S: ?Sized, At> {
    store: &'a S,
    request: Result<ReadRequest, InvalidName>,
    page: Page,
    next: usize,
    remaining: usize,
    state: State,
    at: PhantomData<At>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unread,
    Reading,
    Finished,
}

impl<'a, S: EventStore + ?Sized, At> Events<'a, S, At> {
    fn new(store: &'a S, source: Result<Source, InvalidName>) -> Self {
        Self {
            store,
            request: source.map(ReadRequest::new),
            page: Page::new(),
            next: 0,
            remaining: usize::MAX,
            state: State::Unread,
            at: PhantomData,
        }
    }

    /// Reads at most `events`.
    pub fn limit(mut self, events: usize) -> Self {
        self.remaining = events;
        self
    }

    /// Reads from new to old.
    pub fn backwards(mut self) -> Self {
        if let Ok(request) = &mut self.request {
            request.direction = Direction::Backwards;
        }
        self
    }

    /// Reads pages of at most `events`, 1,000 unless told otherwise.
    pub fn page_size(mut self, events: usize) -> Self {
        if let Ok(request) = &mut self.request {
            request.max_events = events.max(1);
        }
        self
    }

    /// The next event, or `None` behind the last. It borrows from the page: keep it for longer by
    /// [`RecordedEvent::into_owned`].
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read, or the name asked for is none. The next call
    /// reads the same page again.
    pub async fn next(&mut self) -> Result<Option<RecordedEvent<'_>>, StoreError> {
        if self.remaining == 0 {
            return Ok(None);
        }
        while self.next >= self.page.len() {
            if !self.read_page().await? {
                return Ok(None);
            }
        }
        self.remaining -= 1;
        self.next += 1;
        Ok(self.page.get(self.next - 1))
    }

    /// All remaining events, held in memory at once.
    ///
    /// # Errors
    /// As [`Events::next`].
    pub async fn collect(mut self) -> Result<Vec<RecordedEvent<'static>>, StoreError> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            events.push(event.into_owned());
        }
        Ok(events)
    }

    async fn read_page(&mut self) -> Result<bool, StoreError> {
        let request = self.request.as_mut().map_err(|invalid| {
            StoreError::new(StoreErrorKind::Invalid, format!("read: {invalid}"))
        })?;
        if self.state == State::Finished {
            return Ok(false);
        }
        if self.state == State::Reading && !request.advance(&self.page) {
            self.state = State::Finished;
            return Ok(false);
        }
        // Until the read has ended well, an emptied page must not be taken for the end.
        self.state = State::Unread;
        self.page.clear();
        self.next = 0;
        request.max_events = request.max_events.min(self.remaining);
        self.store.read(request, &mut self.page).await?;
        self.state = State::Reading;
        Ok(true)
    }
}

impl<S: EventStore + ?Sized> Events<'_, S, Version> {
    /// Begins at `version`, which is read too.
    pub fn from(mut self, version: Version) -> Self {
        if let Ok(ReadRequest {
            source: Source::Stream { from, .. },
            ..
        }) = &mut self.request
        {
            *from = Some(version);
        }
        self
    }
}

impl<S: EventStore + ?Sized> Events<'_, S, Position> {
    /// Begins at `position`, which is read too.
    pub fn from(mut self, position: Position) -> Self {
        if let Ok(ReadRequest { source, .. }) = &mut self.request
            && let Source::Category { from, .. } | Source::All { from } = source
        {
            *from = Some(position);
        }
        self
    }
}
