//! Events on their way into a store.

use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::text;

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

    /// Adds an event, copying its bytes.
    pub fn push(&mut self, event: NewEvent<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(event.event_type.as_bytes());
        let split = self.bytes.len();
        self.bytes.extend_from_slice(event.data);
        self.finish(start, split, event.id, event.time, event.metadata);
    }

    /// Adds an event whose `encode` writes the type and then the data, and answers where the type
    /// ends. Nothing is added where it fails.
    pub(crate) fn encode<X>(
        &mut self,
        id: Uuid,
        time: DateTime<Utc>,
        metadata: &[u8],
        encode: impl FnOnce(&mut Vec<u8>) -> Result<usize, X>,
    ) -> Result<(), X> {
        let start = self.bytes.len();
        match encode(&mut self.bytes) {
            Ok(split) => {
                self.finish(start, split, id, time, metadata);
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    fn finish(
        &mut self,
        start: usize,
        split: usize,
        id: Uuid,
        time: DateTime<Utc>,
        metadata: &[u8],
    ) {
        let end = self.bytes.len();
        let metadata = match self.entries.last() {
            // The events of one commit nearly always share their metadata.
            Some(last) if self.bytes[last.metadata.clone()] == *metadata => last.metadata.clone(),
            _ => {
                self.bytes.extend_from_slice(metadata);
                end..self.bytes.len()
            }
        };
        self.entries.push(NewEntry {
            id,
            time,
            event_type: start..split,
            data: split..end,
            metadata,
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

    /// The event at `index`, from 0.
    ///
    /// # Panics
    /// When `index` is not below [`NewEvents::len`].
    pub fn get(&self, index: usize) -> NewEvent<'_> {
        let entry = &self.entries[index];
        NewEvent {
            id: entry.id,
            time: entry.time,
            event_type: text(&self.bytes[entry.event_type.clone()]),
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
        self.bytes.len()
    }
}
