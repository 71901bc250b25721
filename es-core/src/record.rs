//! Events as stores see them: bytes with a name, a place and a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::stream::{Category, Position, StreamName, Version};

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

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("only text is written into a text range")
}

/// An event as a store gives it back.
///
/// Borrowed from a [`Page`] while reading; [`RecordedEvent::into_owned`] keeps one for longer.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedEvent<'a> {
    /// The stream it belongs to.
    pub stream: Cow<'a, str>,
    /// Its number in the stream, from 1.
    pub version: Version,
    /// Its place in the whole store.
    pub position: Position,
    /// Made by the writer, kept over retries.
    pub id: Uuid,
    /// When it happened, by the writer's clock.
    pub time: DateTime<Utc>,
    /// `{Domain}.{Event}.v{version}`.
    pub event_type: Cow<'a, str>,
    /// The payload as it was written.
    pub data: Cow<'a, [u8]>,
    /// The metadata as JSON; empty where there is none.
    pub metadata: Cow<'a, [u8]>,
}

impl RecordedEvent<'_> {
    /// A copy that borrows nothing.
    pub fn into_owned(self) -> RecordedEvent<'static> {
        RecordedEvent {
            stream: Cow::Owned(self.stream.into_owned()),
            version: self.version,
            position: self.position,
            id: self.id,
            time: self.time,
            event_type: Cow::Owned(self.event_type.into_owned()),
            data: Cow::Owned(self.data.into_owned()),
            metadata: Cow::Owned(self.metadata.into_owned()),
        }
    }

    /// Everything that travels beside the payload, decoded.
    ///
    /// # Errors
    /// Where the stored metadata is not the JSON object it should be.
    pub fn metadata(&self) -> Result<Metadata, serde_json::Error> {
        let context = if self.metadata.is_empty() {
            Context::default()
        } else {
            serde_json::from_slice(&self.metadata)?
        };
        Ok(Metadata {
            event_id: self.id,
            event_type: self.event_type.clone().into_owned(),
            version: self.version,
            position: self.position,
            time: self.time,
            context,
        })
    }

    /// The payload as text, where it is UTF-8 (JSON is).
    pub fn data_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.data).ok()
    }
}

impl fmt::Debug for RecordedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("stream", &self.stream)
            .field("version", &self.version.get())
            .field("position", &self.position.get())
            .field("id", &self.id)
            .field("time", &self.time)
            .field("event_type", &self.event_type)
            .field("data", &String::from_utf8_lossy(&self.data))
            .field("metadata", &String::from_utf8_lossy(&self.metadata))
            .finish()
    }
}

/// What travels beside an event's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The event's id.
    pub event_id: Uuid,
    /// The stored type, `{Domain}.{Event}.v{version}`.
    pub event_type: String,
    /// Its number in the stream, from 1.
    pub version: Version,
    /// Its place in the whole store.
    pub position: Position,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What the writer said about the circumstances.
    pub context: Context,
}

impl Metadata {
    /// The id shared by everything that one request caused.
    pub fn correlation_id(&self) -> Option<&str> {
        self.context.correlation_id.as_deref()
    }

    /// The id of the command or event that caused this one.
    pub fn causation_id(&self) -> Option<&str> {
        self.context.causation_id.as_deref()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.context.headers.get(name).map(String::as_str)
    }
}

/// The circumstances under which events are raised: stored with each of them.
///
/// ```
/// use es_core::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = Domain::builder("bank").build()?;
/// let in_request = domain.with_context(
///     Context::new().correlation_id("request-7").causation_id("command-3").header("tenant", "acme"),
/// );
/// # let _ = in_request;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// The id shared by everything that one request caused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The id of the command or event that caused what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// Whatever else the program wants beside its events.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Context {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id shared by everything that one request caused.
    #[must_use]
    pub fn correlation_id(mut self, id: impl fmt::Display) -> Self {
        self.correlation_id = Some(id.to_string());
        self
    }

    /// Sets the id of the command or event that caused what follows.
    #[must_use]
    pub fn causation_id(mut self, id: impl fmt::Display) -> Self {
        self.causation_id = Some(id.to_string());
        self
    }

    /// Adds a header; a later value of one name replaces the earlier.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The stored form: JSON, empty where nothing is said.
    pub(crate) fn encode(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        serde_json::to_vec(self).expect("strings and maps of strings always encode")
    }
}

/// A buffer of events that reads fill and readers borrow from: reused from page to page, so that
/// reading does not allocate by event.
#[derive(Clone, Debug, Default)]
pub struct Page {
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
        self.bytes.clear();
        self.entries.clear();
        self.has_more = false;
    }

    /// Adds an event, copying its bytes. Names that repeat from one event to the next are kept
    /// once.
    pub fn push(&mut self, event: PageEvent<'_>) {
        let last = self.entries.last();
        let stream = last.map(|last| last.stream.clone());
        let event_type = last.map(|last| last.event_type.clone());
        let metadata = last.map(|last| last.metadata.clone());

        let stream = self.write(event.stream.as_bytes(), stream);
        let event_type = self.write(event.event.event_type.as_bytes(), event_type);
        let metadata = self.write(event.event.metadata, metadata);
        let data = self.write(event.event.data, None);
        self.entries.push(PageEntry {
            stream,
            event_type,
            data,
            metadata,
            id: event.event.id,
            time: event.event.time,
            version: event.version,
            position: event.position,
        });
    }

    fn write(&mut self, bytes: &[u8], same: Option<Range<usize>>) -> Range<usize> {
        match same {
            Some(range) if self.bytes[range.clone()] == *bytes => range,
            _ => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
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

    /// Whether the store may have more events after this page's last.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Said by the store: whether it may have more events after this page's last.
    pub fn set_has_more(&mut self, more: bool) {
        self.has_more = more;
    }

    /// The size of everything in the page.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The event at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<RecordedEvent<'_>> {
        let entry = self.entries.get(index)?;
        Some(RecordedEvent {
            stream: Cow::Borrowed(text(&self.bytes[entry.stream.clone()])),
            version: entry.version,
            position: entry.position,
            id: entry.id,
            time: entry.time,
            event_type: Cow::Borrowed(text(&self.bytes[entry.event_type.clone()])),
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

/// Where a read looks and where it begins. `from` is inclusive; `None` is the beginning, or the end
/// when reading backwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One stream, by version.
    Stream {
        /// The stream.
        name: StreamName,
        /// The first version to read.
        from: Option<Version>,
    },
    /// All streams of a category, by position.
    Category {
        /// The category.
        name: Category,
        /// The first position to read.
        from: Option<Position>,
    },
    /// The whole store, by position.
    All {
        /// The first position to read.
        from: Option<Position>,
    },
}

/// Which way a read goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From old to new.
    #[default]
    Forwards,
    /// From new to old.
    Backwards,
}

/// What one page of a read should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadRequest {
    /// Where to read.
    pub source: Source,
    /// Which way.
    pub direction: Direction,
    /// The most events in the page, at least 1.
    pub max_events: usize,
    /// The size after which a page takes no further event; it always takes one.
    pub max_bytes: usize,
}

impl ReadRequest {
    /// The events of a page unless another number is asked for.
    pub const DEFAULT_MAX_EVENTS: usize = 1_000;
    /// The bytes of a page unless another number is asked for: 1 MiB.
    pub const DEFAULT_MAX_BYTES: usize = 1 << 20;

    /// A read of `source` from old to new in pages of the default size.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            direction: Direction::Forwards,
            max_events: Self::DEFAULT_MAX_EVENTS,
            max_bytes: Self::DEFAULT_MAX_BYTES,
        }
    }

    /// Moves the beginning behind the last event of `page`; answers whether anything can be there.
    pub fn advance(&mut self, page: &Page) -> bool {
        let Some(last) = page.last() else {
            return false;
        };
        if !page.has_more() {
            return false;
        }
        match (&mut self.source, self.direction) {
            (Source::Stream { from, .. }, Direction::Forwards) => *from = Some(last.version.next()),
            (Source::Stream { from, .. }, Direction::Backwards) => {
                *from = last.version.previous();
                return last.version > 1;
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Forwards) => {
                *from = Some(last.position.next());
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Backwards) => {
                *from = last.position.previous();
                return last.position > 1;
            }
        }
        true
    }

    /// Whether `page` has taken all it should: the check a store makes before each push.
    pub fn is_filled_by(&self, page: &Page) -> bool {
        page.len() >= self.max_events.max(1)
            || (!page.is_empty() && page.size_bytes() >= self.max_bytes)
    }
}
