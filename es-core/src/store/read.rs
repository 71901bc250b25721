//! Reading for people: an iterator over pages.

use std::marker::PhantomData;

use super::{EventStore, StoreError, StoreErrorKind};
use crate::record::{ConsumerGroup, Direction, Page, ReadRequest, RecordedEvent, Source};
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
            Category::new(name).map(|name| Source::Category {
                name,
                from: None,
                group: None,
            }),
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
    cursor: Result<Cursor, InvalidName>,
    remaining: usize,
    at: PhantomData<At>,
}

impl<'a, S: EventStore + ?Sized, At> Events<'a, S, At> {
    fn new(store: &'a S, source: Result<Source, InvalidName>) -> Self {
        Self {
            store,
            cursor: source.map(|source| Cursor::new(ReadRequest::new(source))),
            remaining: usize::MAX,
            at: PhantomData,
        }
    }

    fn change(mut self, change: impl FnOnce(&mut ReadRequest)) -> Self {
        if let Ok(cursor) = &mut self.cursor {
            change(&mut cursor.request);
        }
        self
    }

    /// Reads at most `events`.
    pub fn limit(mut self, events: usize) -> Self {
        self.remaining = events;
        self
    }

    /// Reads from new to old.
    pub fn backwards(self) -> Self {
        self.change(|request| request.direction = Direction::Backwards)
    }

    /// Reads pages of at most `events`. Unless told so, the first page holds at most 1,000, and
    /// those behind it twice as many each time, up to 8,000.
    pub fn page_size(self, events: usize) -> Self {
        self.change(|request| (request.max_events, request.grows) = (events.max(1), false))
    }

    /// The next event, or `None` behind the last. It borrows from the page: keep it for longer by
    /// [`RecordedEvent::into_owned`].
    ///
    /// A call that is given up loses nothing: the next one goes on where the last event was.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read, or the name asked for is none. The next call
    /// reads the same page again.
    pub async fn next(&mut self) -> Result<Option<RecordedEvent<'_>>, StoreError> {
        if self.remaining == 0 {
            return Ok(None);
        }
        let cursor = self.cursor.as_mut().map_err(|invalid| {
            StoreError::new(StoreErrorKind::Invalid, format!("read: {invalid}"))
        })?;
        let event = cursor.next(self.store, self.remaining).await?;
        self.remaining -= usize::from(event.is_some());
        Ok(event)
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
}

impl<S: EventStore + ?Sized> Events<'_, S, Version> {
    /// Begins at `version`, which is read too.
    pub fn from(self, version: Version) -> Self {
        self.change(|request| {
            if let Source::Stream { from, .. } = &mut request.source {
                *from = Some(version);
            }
        })
    }
}

impl<S: EventStore + ?Sized> Events<'_, S, Position> {
    /// Begins at `position`, which is read too.
    pub fn from(self, position: Position) -> Self {
        self.change(|request| {
            if let Source::Category { from, .. } | Source::All { from } = &mut request.source {
                *from = Some(position);
            }
        })
    }

    /// Reads only the streams of one member of a consumer group. Only a category is shared out:
    /// reading everything is not changed by this.
    pub fn group(self, member: ConsumerGroup) -> Self {
        self.change(|request| {
            if let Source::Category { group, .. } = &mut request.source {
                *group = Some(member);
            }
        })
    }
}

/// A place in what is being read, page by page.
#[derive(Debug)]
pub(crate) struct Cursor {
    request: ReadRequest,
    page: Page,
    next: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The page is not what was asked for: its read has not begun, failed, or was given up.
    Unread,
    Read,
    Finished,
}

impl Cursor {
    pub(crate) fn new(request: ReadRequest) -> Self {
        Self {
            request,
            page: Page::new(),
            next: 0,
            state: State::Unread,
        }
    }

    /// The next event, which from then on is behind the cursor.
    async fn next<S: EventStore + ?Sized>(
        &mut self,
        store: &S,
        wanted: usize,
    ) -> Result<Option<RecordedEvent<'_>>, StoreError> {
        if self.read_up_to_next(store, wanted).await? {
            self.pass();
            Ok(self.page.get(self.next - 1))
        } else {
            Ok(None)
        }
    }

    /// The event that the cursor stands before; it stays there.
    pub(crate) async fn peek<S: EventStore + ?Sized>(
        &mut self,
        store: &S,
    ) -> Result<Option<RecordedEvent<'_>>, StoreError> {
        self.read_up_to_next(store, usize::MAX).await?;
        Ok(self.page.get(self.next))
    }

    /// Goes behind the event that was peeked at.
    pub(crate) fn pass(&mut self) {
        self.next += 1;
    }

    /// Reads until there is a next event in the page; answers whether there is. No more than
    /// `wanted` are read.
    async fn read_up_to_next<S: EventStore + ?Sized>(
        &mut self,
        store: &S,
        wanted: usize,
    ) -> Result<bool, StoreError> {
        loop {
            match self.state {
                State::Read if self.next < self.page.len() => return Ok(true),
                State::Read if !self.request.advance(&self.page) => self.state = State::Finished,
                State::Finished => return Ok(false),
                State::Read | State::Unread => {
                    self.request.max_events = self.request.max_events.min(wanted);
                    // A read that fails or is given up may leave anything in the page.
                    self.state = State::Unread;
                    self.next = 0;
                    self.page.clear();
                    store.read(&self.request, &mut self.page).await?;
                    self.state = State::Read;
                }
            }
        }
    }
}
