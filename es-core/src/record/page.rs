//! Pages: what reads fill and readers borrow from.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{NewEvent, ReadRequest, RecordedEvent};
use crate::stream::{Position, Version};

/// A buffer of events that reads fill and readers borrow from: reused from page to page, so that
/// reading does not allocate by event.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Streams and types, apart from the bytes so that nobody needs to look whether they are text.
    names: String,
    bytes: Vec<u8>,
    heads: Vec<Head>,
    entries: Vec<PageEntry>,
    has_more: bool,
}

/// What events that follow each other have in common more often than not, and is then kept once.
#[derive(Clone, Debug)]
struct Head {
    stream: Range<usize>,
    event_type: Range<usize>,
    metadata: Range<usize>,
}

/// What each event has for itself, in one line of the processor's cache.
#[derive(Clone, Debug)]
struct PageEntry {
    data: Range<usize>,
    id: Uuid,
    version: Version,
    position: Position,
    time: DateTime<Utc>,
    head: u32,
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
        self.names.clear();
        self.bytes.clear();
        self.heads.clear();
        self.entries.clear();
        self.has_more = false;
    }

    /// Adds an event, copying its bytes. Names and metadata that repeat from one event to the next
    /// are kept once.
    pub fn push(&mut self, event: PageEvent<'_>) {
        let head = self.head_of(&event);
        let NewEvent { id, time, data, .. } = event.event;
        let data = append_bytes(&mut self.bytes, data);
        self.entries.push(PageEntry {
            data,
            id,
            version: event.version,
            position: event.position,
            time,
            head,
        });
    }

    /// Adds the events of another page from `index` on, until `request` has what it asks for.
    ///
    /// Events of one head follow each other in the bytes as well, and are copied together.
    pub(crate) fn fill_from(&mut self, page: &Page, index: usize, request: &ReadRequest) {
        let mut rest = page.entries.get(index..).unwrap_or_default();
        while let Some(first) = rest.first() {
            if request.is_filled_by(self) {
                self.has_more = true;
                return;
            }
            let head = self.head_of(&page.page_event(first));
            let before = |entry: &PageEntry| entry.data.start - first.data.start;
            let max_events = request.max_events.max(1) - self.len();
            let max_bytes = request.max_bytes.saturating_sub(self.size_bytes());
            let behind_first = rest[1..].iter().take(max_events - 1);
            let run = 1 + behind_first
                .take_while(|entry| entry.head == first.head && before(entry) < max_bytes)
                .count();
            let start = self.bytes.len();
            let end = rest[run - 1].data.end;
            self.bytes
                .extend_from_slice(&page.bytes[first.data.start..end]);
            self.entries.extend(rest[..run].iter().map(|entry| {
                let start = start + before(entry);
                let data = start..start + entry.data.len();
                PageEntry {
                    data,
                    head,
                    ..*entry
                }
            }));
            rest = &rest[run..];
        }
    }

    /// The last head where all of it is this event's too, and otherwise a new one.
    fn head_of(&mut self, event: &PageEvent<'_>) -> u32 {
        let PageEvent { stream, event, .. } = event;
        let kept = self.heads.last().map(|last| {
            let stream = self.kept_name(&last.stream, stream);
            let event_type = self.kept_name(&last.event_type, event.event_type);
            let same_metadata = self.bytes[last.metadata.clone()] == *event.metadata;
            let metadata = same_metadata.then(|| last.metadata.clone());
            (stream, event_type, metadata)
        });
        let (kept_stream, kept_type, kept_metadata) = kept.unwrap_or_default();
        if kept_stream.is_none() || kept_type.is_none() || kept_metadata.is_none() {
            self.heads.push(Head {
                stream: kept_stream.unwrap_or_else(|| append_name(&mut self.names, stream)),
                event_type: kept_type
                    .unwrap_or_else(|| append_name(&mut self.names, event.event_type)),
                metadata: kept_metadata
                    .unwrap_or_else(|| append_bytes(&mut self.bytes, event.metadata)),
            });
        }
        self.last_head()
    }

    fn kept_name(&self, kept: &Range<usize>, name: &str) -> Option<Range<usize>> {
        (self.names[kept.clone()] == *name).then(|| kept.clone())
    }

    fn last_head(&self) -> u32 {
        u32::try_from(self.heads.len() - 1).expect("a page holds fewer events than 2^32")
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
            + self.heads.capacity() * size_of::<Head>()
            + self.entries.capacity() * size_of::<PageEntry>()
    }

    /// The event at `index`, from 0.
    #[inline]
    pub fn get(&self, index: usize) -> Option<RecordedEvent<'_>> {
        let entry = self.entries.get(index)?;
        let PageEvent {
            stream,
            version,
            position,
            event,
        } = self.page_event(entry);
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

    /// The event at `index`, as it was pushed.
    #[inline]
    pub(crate) fn pushed(&self, index: usize) -> PageEvent<'_> {
        self.page_event(&self.entries[index])
    }

    /// The events in their order, as far as replaying looks at them.
    pub(crate) fn replayed(&self) -> impl Iterator<Item = Replayed<'_>> {
        self.entries.iter().map(|entry| Replayed {
            version: entry.version,
            time: entry.time,
            event_type: &self.names[self.head(entry).event_type.clone()],
            data: &self.bytes[entry.data.clone()],
        })
    }

    #[inline]
    fn page_event(&self, entry: &PageEntry) -> PageEvent<'_> {
        let head = self.head(entry);
        PageEvent {
            stream: &self.names[head.stream.clone()],
            version: entry.version,
            position: entry.position,
            event: NewEvent {
                id: entry.id,
                time: entry.time,
                event_type: &self.names[head.event_type.clone()],
                data: &self.bytes[entry.data.clone()],
                metadata: &self.bytes[head.metadata.clone()],
            },
        }
    }

    #[inline]
    fn head(&self, entry: &PageEntry) -> &Head {
        &self.heads[entry.head as usize]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Source;

    /// Filling from a page is `push` by the run: the two must not differ in what a page takes.
    #[test]
    fn a_page_filled_from_another_holds_what_pushing_event_by_event_would() {
        let log = log();
        for (from, max_events, max_bytes) in limits(log.len()) {
            let mut request = ReadRequest::new(Source::All { from: None });
            (request.max_events, request.max_bytes) = (max_events, max_bytes);

            let mut filled = Page::new();
            filled.fill_from(&log, from, &request);

            let pushed = pushed(&log, from, &request);
            let case = format!("from {from}, {max_events} events, {max_bytes} bytes");
            assert!(filled.iter().eq(pushed.iter()), "{case}");
            assert_eq!(filled.has_more(), pushed.has_more(), "{case}");
            assert_eq!(filled.size_bytes(), pushed.size_bytes(), "{case}");
        }
    }

    fn limits(len: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let all_events = move |from| (0..=len + 1).map(move |events| (from, events));
        let all = (0..=len + 1).flat_map(all_events);
        all.flat_map(|(from, events)| [0, 1, 20, 40, 75, 1_000].map(|bytes| (from, events, bytes)))
    }

    fn pushed(log: &Page, from: usize, request: &ReadRequest) -> Page {
        let mut page = Page::new();
        for index in from..log.len() {
            if request.is_filled_by(&page) {
                page.set_has_more(true);
                break;
            }
            page.push(log.pushed(index));
        }
        page
    }

    /// Runs of one, two and three events, with and without metadata, with and without data.
    fn log() -> Page {
        let runs = [
            ("A", "", &["1", "22", ""][..]),
            ("B", "", &["333"]),
            ("A", "", &["", "1"]),
            ("A", "{}", &["1", "1"]),
            ("B", "{}", &["4444", "", "1"]),
        ];
        let mut page = Page::new();
        for (event_type, metadata, payloads) in runs {
            for data in payloads {
                let number = page.len() as u64 + 1;
                page.push(PageEvent {
                    stream: "bank::account-1",
                    version: Version::new(number),
                    position: Position::new(number * 3),
                    event: NewEvent {
                        id: Uuid::from_u128(number.into()),
                        time: DateTime::UNIX_EPOCH,
                        event_type,
                        data: data.as_bytes(),
                        metadata: metadata.as_bytes(),
                    },
                });
            }
        }
        page
    }
}
