//! Reading page by page: no more is held than one.

use es_core::record::{Direction, Page, ReadRequest, RecordedEvent, Source};
use es_core::store::EventStore;

use crate::failure::Failure;

/// A walk through what is read.
pub(crate) struct Walk<'a> {
    store: &'a dyn EventStore,
    request: ReadRequest,
    page: Page,
    begun: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(store: &'a dyn EventStore, source: Source) -> Self {
        Self {
            store,
            request: ReadRequest::new(source),
            page: Page::new(),
            begun: false,
        }
    }

    pub(crate) fn direction(mut self, direction: Direction) -> Self {
        self.request.direction = direction;
        self
    }

    /// Reads no more than so many events in the first page, for who wants no more.
    pub(crate) fn wanting(mut self, events: Option<usize>) -> Self {
        if let Some(events) = events {
            self.request.max_events = self.request.max_events.min(events.max(1));
        }
        self
    }

    /// The next page, or `None` behind the last.
    pub(crate) async fn next_page(&mut self) -> Result<Option<&Page>, Failure> {
        if self.begun && !self.request.advance(&self.page) {
            return Ok(None);
        }
        self.begun = true;
        self.page.clear();
        self.store.read(&self.request, &mut self.page).await?;
        Ok((!self.page.is_empty()).then_some(&self.page))
    }
}

/// A walk event by event.
pub(crate) struct Cursor<'a> {
    walk: Walk<'a>,
    next: usize,
    ended: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(store: &'a dyn EventStore, source: Source) -> Self {
        Self {
            walk: Walk::new(store, source),
            next: 0,
            ended: false,
        }
    }

    /// The event that it stands before; it stays there.
    pub(crate) async fn peek(&mut self) -> Result<Option<RecordedEvent<'_>>, Failure> {
        if self.next >= self.walk.page.len() && !self.ended {
            self.next = 0;
            self.ended = self.walk.next_page().await?.is_none();
        }
        match self.ended {
            true => Ok(None),
            false => Ok(self.walk.page.get(self.next)),
        }
    }

    /// Goes behind the event that was peeked at.
    pub(crate) fn pass(&mut self) {
        self.next += 1;
    }

    /// The event that was passed last.
    pub(crate) fn passed(&self) -> Option<RecordedEvent<'_>> {
        self.walk.page.get(self.next.checked_sub(1)?)
    }
}
