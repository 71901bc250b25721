//! Pages: what reads fill and readers borrow from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::block::Block;
use super::{NewEvent, ReadRequest, RecordedEvent};
use crate::stream::{Position, Version};

/// A buffer of events that reads fill and readers borrow from: reused from page to page, so that
/// reading does not allocate by event.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What was pushed; nothing where events are shared.
    own: Block,
    shared: Option<Shared>,
    has_more: bool,
}

/// Events that a store holds and never changes: read where they stand, without a copy.
#[derive(Clone, Debug)]
struct Shared {
    block: Arc<Block>,
    range: Range<usize>,
    size_bytes: usize,
}

/// What a store puts into a [`Page`]: an event by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEvent<'a> {
    /// The stream's name.
    pub stream: &'a str,
    /// The number in the stream, from 1.
    pub version: Version,
    /// The place in the whole store.
    pub position: Position,
    /// The event itself.
    pub event: NewEvent<'a>,
}

/// What replaying looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replayed<'a> {
    pub(crate) version: Version,
    pub(crate) time: DateTime<Utc>,
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a [u8],
}

impl Page {
    /// An empty page; it grows to what is read into it and keeps its room.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the events and keeps the room.
    pub fn clear(&mut self) {
        self.own.clear();
        self.shared = None;
        self.has_more = false;
    }

    /// Adds an event, copying its bytes. Names and metadata that repeat from one event to the next
    /// are kept once.
    pub fn push(&mut self, event: PageEvent<'_>) {
        debug_assert!(self.shared.is_none(), "what is shared does not change");
        self.own.push(event);
    }

    /// Adds all events of another page, copying their bytes.
    ///
    /// # Panics
    /// Where they are 2^32 or more together.
    pub fn append(&mut self, page: &Page) {
        debug_assert!(self.shared.is_none(), "what is shared does not change");
        match &page.shared {
            None => self.own.append(&page.own),
            Some(Shared { block, range, .. }) => {
                for index in range.clone() {
                    self.own.push(block.event(index));
                }
            }
        }
    }

    /// Takes the events of a block from `index` on that `request` asks for, without copying them,
    /// in place of what it held.
    pub(crate) fn share(&mut self, block: &Arc<Block>, index: usize, request: &ReadRequest) {
        self.clear();
        let (range, size_bytes) = block.page_from(index, request);
        self.shared = Some(Shared {
            block: Arc::clone(block),
            range,
            size_bytes,
        });
    }

    /// Takes the events of a block from `index` on that `request` asks for, in place of what it held.
    pub(crate) fn copy(&mut self, block: &Block, index: usize, request: &ReadRequest) {
        self.clear();
        self.own.fill_from(block, index, request);
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        match &self.shared {
            Some(shared) => shared.range.len(),
            None => self.own.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the store has more events after this page's last.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Said by the store: whether it has more events after this page's last.
    pub fn set_has_more(&mut self, more: bool) {
        self.has_more = more;
    }

    /// The size of everything in the page.
    pub fn size_bytes(&self) -> usize {
        match &self.shared {
            Some(shared) => shared.size_bytes,
            None => self.own.size_bytes(),
        }
    }

    /// The size it has grown to, which clearing keeps.
    pub(crate) fn room_bytes(&self) -> usize {
        self.own.room_bytes()
    }

    /// The event at `index`, from 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<RecordedEvent<'_>> {
        let (block, range) = self.events();
        if index >= range.len() {
            return None;
        }
        let PageEvent {
            stream,
            version,
            position,
            event,
        } = block.event(range.start + index);
        Some(RecordedEvent {
            stream: Cow::Borrowed(stream),
            version,
            position,
            id: event.id,
            time: event.time,
            event_type: Cow::Borrowed(event.event_type),
            data: Cow::Borrowed(event.data),
            metadata: Cow::Borrowed(event.metadata),
        })
    }

    /// The last event.
    pub fn last(&self) -> Option<RecordedEvent<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The events in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = RecordedEvent<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The events in their order, as far as replaying looks at them.
    pub(crate) fn replayed(&self) -> impl Iterator<Item = Replayed<'_>> {
        let (block, range) = self.events();
        block.replayed(range)
    }

    /// Where its events are.
    #[inline]
    fn events(&self) -> (&Block, Range<usize>) {
        match &self.shared {
            Some(shared) => (&shared.block, shared.range.clone()),
            None => (&self.own, 0..self.own.len()),
        }
    }
}
