//! Events on their way into a store.

use std::convert::Infallible;
use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An event on its way into a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEvent<'a> {
    /// Made once and kept over retries: what makes an append idempotent.
    pub id: Uuid,
    /// When it happened, in whole microseconds.
    pub time: DateTime<Utc>,
    /// `{Domain}.{Event}.v{version}`, as in `Bank.Deposited.v1`.
    pub event_type: &'a str,
    /// The payload.
    pub data: &'a [u8],
    /// Correlation, causation and headers as JSON; empty where there are none.
    pub metadata: &'a [u8],
}

/// The events of one append to one stream, in one buffer.
#[derive(Clone, Debug, Default)]
pub struct NewEvents {
    /// The types, apart from the bytes so that nobody needs to look whether they are text.
    types: String,
    bytes: Vec<u8>,
    entries: Vec<NewEntry>,
}

#[derive(Clone, Debug)]
struct NewEntry {
    id: Uuid,
    time: DateTime<Utc>,
    event_type: Range<usize>,
    data: Range<usize>,
    metadata: Range<usize>,
}

impl NewEvents {
    /// No events yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No events yet, with room for so many of a usual size.
    pub(crate) fn with_room_for(events: usize) -> Self {
        // What `serde_json` begins with for a payload.
        const USUAL_BYTES: usize = 128;
        Self {
            types: String::with_capacity(USUAL_BYTES),
            bytes: Vec::with_capacity(events * USUAL_BYTES),
            entries: Vec::with_capacity(events),
        }
    }

    /// Adds an event, copying its bytes.
    pub fn push(&mut self, event: NewEvent<'_>) {
        let pushed: Result<(), Infallible> = self.encode(
            event.id,
            event.time,
            event.metadata,
            |types| types.push_str(event.event_type),
            |bytes| {
                bytes.extend_from_slice(event.data);
                Ok(())
            },
        );
        let Ok(()) = pushed;
    }

    /// Adds an event whose type and data are written where they will stand. Nothing is added where
    /// that fails.
    pub(crate) fn encode<X>(
        &mut self,
        id: Uuid,
        time: DateTime<Utc>,
        metadata: &[u8],
        event_type: impl FnOnce(&mut String),
        data: impl FnOnce(&mut Vec<u8>) -> Result<(), X>,
    ) -> Result<(), X> {
        let start = self.bytes.len();
        if let Err(error) = data(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        let entry = NewEntry {
            id,
            time,
            data: start..self.bytes.len(),
            event_type: self.write_type(event_type),
            metadata: self.write_metadata(metadata),
        };
        self.entries.push(entry);
        Ok(())
    }

    /// A type that repeats from one event to the next is kept once.
    fn write_type(&mut self, write: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.types.len();
        write(&mut self.types);
        match self.entries.last() {
            Some(last) if self.types[last.event_type.clone()] == self.types[start..] => {
                self.types.truncate(start);
                last.event_type.clone()
            }
            _ => start..self.types.len(),
        }
    }

    /// The events of one commit nearly always share their metadata, which is kept once.
    fn write_metadata(&mut self, metadata: &[u8]) -> Range<usize> {
        match self.entries.last() {
            Some(last) if self.bytes[last.metadata.clone()] == *metadata => last.metadata.clone(),
            _ => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(metadata);
                start..self.bytes.len()
            }
        }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The event at `index`, from 0.
    ///
    /// # Panics
    /// When `index` is not below [`NewEvents::len`].
    pub fn get(&self, index: usize) -> NewEvent<'_> {
        let entry = &self.entries[index];
        NewEvent {
            id: entry.id,
            time: entry.time,
            event_type: &self.types[entry.event_type.clone()],
            data: &self.bytes[entry.data.clone()],
            metadata: &self.bytes[entry.metadata.clone()],
        }
    }

    /// The events in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = NewEvent<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// The size of all types, payloads and metadata.
    pub fn size_bytes(&self) -> usize {
        self.types.len() + self.bytes.len()
    }
}
