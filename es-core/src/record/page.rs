//! Pages: what reads fill and readers borrow from.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{NewEvent, RecordedEvent};
use crate::stream::{Position, Version};

/// A buffer of events that reads fill and readers borrow from: reused from page to page, so that
/// reading does not allocate by event.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Streams and types, apart from the bytes so that nobody needs to look whether they are text.
    names: String,
    bytes: Vec<u8>,
    entries: Vec<PageEntry>,
    has_more: bool,
}

#[derive(Clone, Debug)]
struct PageEntry {
    stream: Range<usize>,
    event_type: Range<usize>,
    data: Range<usize>,
    metadata: Range<usize>,
    id: Uuid,
    time: DateTime<Utc>,
    version: Version,
    position: Position,
}

/// What a store puts into a [`Page`]: an event by reference.
#[derive(Clone, Copy, Debug)]
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

impl Page {
    /// An empty page; it grows to what is read into it and keeps its room.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the events and keeps the room.
    pub fn clear(&mut self) {
        self.names.clear();
        self.bytes.clear();
        self.entries.clear();
        self.has_more = false;
    }

    /// Adds an event, copying its bytes. Names and metadata that repeat from one event to the next
    /// are kept once.
    pub fn push(&mut self, event: PageEvent<'_>) {
        let last = self.entries.last();
        let stream = match last {
            Some(last) if self.names[last.stream.clone()] == *event.stream => last.stream.clone(),
            _ => append_name(&mut self.names, event.stream),
        };
        let NewEvent {
            id,
            time,
            event_type,
            data,
            metadata,
        } = event.event;
        let event_type = match last {
            Some(last) if self.names[last.event_type.clone()] == *event_type => {
                last.event_type.clone()
            }
            _ => append_name(&mut self.names, event_type),
        };
        let metadata = match last {
            Some(last) if self.bytes[last.metadata.clone()] == *metadata => last.metadata.clone(),
            _ => append_bytes(&mut self.bytes, metadata),
        };
        let data = append_bytes(&mut self.bytes, data);
        self.entries.push(PageEntry {
            stream,
            event_type,
            data,
            metadata,
            id,
            time,
            version: event.version,
            position: event.position,
        });
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
        self.names.len() + self.bytes.len()
    }

    /// The size it has grown to, which clearing keeps.
    pub(crate) fn room_bytes(&self) -> usize {
        self.names.capacity()
            + self.bytes.capacity()
            + self.entries.capacity() * size_of::<PageEntry>()
    }

    /// The event at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<RecordedEvent<'_>> {
        let entry = self.entries.get(index)?;
        Some(RecordedEvent {
            stream: Cow::Borrowed(&self.names[entry.stream.clone()]),
            version: entry.version,
            position: entry.position,
            id: entry.id,
            time: entry.time,
            event_type: Cow::Borrowed(&self.names[entry.event_type.clone()]),
            data: Cow::Borrowed(&self.bytes[entry.data.clone()]),
            metadata: Cow::Borrowed(&self.bytes[entry.metadata.clone()]),
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
}

fn append_name(names: &mut String, name: &str) -> Range<usize> {
    let start = names.len();
    names.push_str(name);
    start..names.len()
}

fn append_bytes(bytes: &mut Vec<u8>, more: &[u8]) -> Range<usize> {
    let start = bytes.len();
    bytes.extend_from_slice(more);
    start..bytes.len()
}
