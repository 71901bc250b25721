//! What the cases share: fixed ids and times, short ways to append and to read, and deadlines.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::record::{Direction, NewEvent, NewEvents, Page, ReadRequest, RecordedEvent, Source};
use es_core::store::{
    Append, AppendError, Appended, EventStore, EventStoreExt, Expected, ExpectedVersionError,
    StoreErrorKind, StreamAppend,
};
use es_core::stream::{Category, Position, StreamName, Version};
use uuid::Uuid;

/// Long enough for a slow machine; nothing waits for it unless a promise is broken.
const DEADLINE: Duration = Duration::from_mins(1);

/// The type of the events of [`events`].
pub(super) const TYPE: &str = "Test.Happened.v1";

/// The stream most cases need.
pub(super) const STREAM: &str = "test::thing-1";

/// The category of [`STREAM`].
pub(super) const CATEGORY: &str = "test::thing";

pub(super) fn name(name: &str) -> StreamName {
    StreamName::new(name).expect("the suite writes proper names")
}

pub(super) fn at(version: u64) -> Expected {
    Expected::Version(Version::new(version))
}

/// The id of event `number`.
pub(super) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

/// The number of the event with `id`.
pub(super) fn number(id: Uuid) -> u64 {
    u64::try_from(id.as_u128() & 0xffff_ffff_ffff).expect("48 bits fit")
}

/// The numbers of `events`.
pub(super) fn numbers(events: &[RecordedEvent<'_>]) -> Vec<u64> {
    events.iter().map(|event| number(event.id)).collect()
}

/// The time of event `number`: so many microseconds after a summer's noon.
pub(super) fn time(number: u64) -> DateTime<Utc> {
    let number = i64::try_from(number).expect("the suite counts not that far");
    DateTime::from_timestamp(1_718_452_800, 0).expect("the year 2024 is in range")
        + TimeDelta::microseconds(number)
}

/// Events with the numbers told: each number makes an id, a time and a payload.
pub(super) fn events(numbers: impl IntoIterator<Item = u64>) -> NewEvents {
    let mut events = NewEvents::new();
    for number in numbers {
        events.push(NewEvent {
            id: id(number),
            time: time(number),
            event_type: TYPE,
            data: format!("{{\"number\":{number}}}").as_bytes(),
            metadata: b"",
        });
    }
    events
}

/// Event 1 with another payload.
pub(super) fn event_of(data: &[u8]) -> NewEvents {
    event(1, data)
}

/// The event with this number and another payload.
pub(super) fn event(number: u64, data: &[u8]) -> NewEvents {
    let mut events = NewEvents::new();
    events.push(NewEvent {
        id: id(number),
        time: time(number),
        event_type: TYPE,
        data,
        metadata: b"",
    });
    events
}

/// A payload of so many bytes that every store takes: a text, in JSON.
pub(super) fn text(bytes: usize) -> Vec<u8> {
    let mut text = vec![b'x'; bytes];
    text[0] = b'"';
    text[bytes - 1] = b'"';
    text
}

/// Appends to one stream.
pub(super) async fn try_append(
    store: &impl EventStore,
    stream: &str,
    expected: Expected,
    events: NewEvents,
) -> Result<Appended, AppendError> {
    let append = Append::to(name(stream), expected, events);
    let appended = store.append(Arc::new(append)).await?;
    assert_eq!(appended.len(), 1, "one stream has one answer");
    Ok(appended[0])
}

/// Appends to one stream what must succeed.
pub(super) async fn append(
    store: &impl EventStore,
    stream: &str,
    expected: Expected,
    events: NewEvents,
) -> Appended {
    try_append(store, stream, expected, events)
        .await
        .unwrap_or_else(|error| panic!("could not append to `{stream}`: {error:?}"))
}

/// Appends one after the other, each event by itself, what must succeed; answers the last position.
pub(super) async fn append_each(
    store: &impl EventStore,
    places: impl IntoIterator<Item = (&str, u64)>,
) -> Position {
    let mut last = Position::START;
    for (stream, number) in places {
        let appended = append(store, stream, Expected::Any, events([number])).await;
        last = appended.position.expect("an event has been written");
    }
    last
}

/// A part of a unit.
pub(super) fn part(stream: &str, expected: Expected, events: NewEvents) -> StreamAppend {
    StreamAppend {
        stream: name(stream),
        expected,
        events,
    }
}

/// Appends a unit of several streams. Where the store declares that it can not, it must refuse that
/// and leave all streams as they were: then there is no outcome.
pub(super) async fn append_all(
    store: &impl EventStore,
    parts: Vec<StreamAppend>,
) -> Option<Result<Vec<Appended>, AppendError>> {
    if store.capabilities().multi_stream {
        let unit = Append::all(parts).expect("the suite names no stream twice");
        return Some(store.append(Arc::new(unit)).await);
    }
    append_refused(store, parts, StoreErrorKind::Unsupported).await;
    None
}

/// Appends what the store must refuse, leaving all streams as they were.
pub(super) async fn append_refused(
    store: &impl EventStore,
    parts: Vec<StreamAppend>,
    kind: StoreErrorKind,
) {
    let unit = Arc::new(Append::all(parts).expect("the suite names no stream twice"));
    let mut before = Vec::new();
    for part in unit.streams() {
        before.push(read(store, part.stream.as_str()).await);
    }

    let refusal = store.append(Arc::clone(&unit)).await;

    match refusal {
        Err(AppendError::Store(error)) => {
            assert_eq!(error.kind(), kind, "{error:?}");
        }
        other => panic!("expected was a refusal as {kind:?}, found was {other:?}"),
    }
    for (part, before) in unit.streams().iter().zip(before) {
        assert_eq!(read(store, part.stream.as_str()).await, before);
    }
}

/// The conflict that `outcome` must be.
pub(super) fn conflict<T: std::fmt::Debug>(
    outcome: Result<T, AppendError>,
) -> ExpectedVersionError {
    match outcome {
        Err(AppendError::Conflict(conflict)) => conflict,
        other => panic!("expected was a conflict, found was {other:?}"),
    }
}

/// All events of a stream: acknowledged ones are there at once.
pub(super) async fn read(store: &impl EventStore, stream: &str) -> Vec<RecordedEvent<'static>> {
    let read = store.read_stream(stream).collect().await;
    read.unwrap_or_else(|error| panic!("could not read `{stream}`: {error:?}"))
}

/// All events of a category, once there are as many as told.
pub(super) async fn read_category(
    store: &impl EventStore,
    category: &str,
    count: usize,
) -> Vec<RecordedEvent<'static>> {
    let source = Source::Category {
        name: Category::new(category).expect("the suite writes proper names"),
        from: None,
        group: None,
    };
    visible(store, &source, count).await;
    let read = store.read_category(category).collect().await;
    read.unwrap_or_else(|error| panic!("could not read `{category}`: {error:?}"))
}

/// All events of the store, once there are as many as told.
pub(super) async fn read_all(store: &impl EventStore, count: usize) -> Vec<RecordedEvent<'static>> {
    visible(store, &Source::All { from: None }, count).await;
    let read = store.read_all().collect().await;
    read.unwrap_or_else(|error| panic!("could not read everything: {error:?}"))
}

/// Waits until `source` shows at least `count` events, and `head` the last of them.
pub(super) async fn visible(store: &impl EventStore, source: &Source, count: usize) {
    let mut page = Page::new();
    within_deadline(async {
        let last = loop {
            let mut request = ReadRequest::new(source.clone());
            request.max_bytes = usize::MAX;
            let (mut seen, mut last) = (0, Position::START);
            loop {
                page_of(store, &request, &mut page).await;
                seen += page.len();
                last = page.last().map_or(last, |last| last.position);
                if !request.advance(&page) {
                    break;
                }
            }
            if seen >= count {
                break last;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        while store.head().await.expect("the head is read") < last {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// A request for pages of `max_events`.
pub(super) fn request(source: Source, direction: Direction, max_events: usize) -> ReadRequest {
    let mut request = ReadRequest::new(source);
    request.direction = direction;
    (request.max_events, request.grows) = (max_events, false);
    request
}

/// Reads one page.
pub(super) async fn page_of(store: &impl EventStore, request: &ReadRequest, page: &mut Page) {
    let read = store.read(request, page).await;
    read.unwrap_or_else(|error| panic!("could not read {request:?}: {error:?}"));
}

/// The three sources that hold the events of [`STREAM`].
pub(super) fn sources() -> [Source; 3] {
    [
        Source::Stream {
            name: name(STREAM),
            from: None,
        },
        Source::Category {
            name: name(STREAM).category(),
            from: None,
            group: None,
        },
        Source::All { from: None },
    ]
}

/// Both ways.
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::Forwards, Direction::Backwards];

/// What `work` answers, which must come in time.
pub(super) async fn within_deadline<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DEADLINE, work).await;
    done.unwrap_or_else(|_| panic!("nothing happened for {DEADLINE:?}"))
}

/// Polls `work` once, and tells what it answered if it is done with that.
pub(super) async fn poll_once<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = std::future::ready(()) => None,
    }
}
