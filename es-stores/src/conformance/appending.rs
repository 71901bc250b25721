//! What an append does and answers.

use es_core::store::{EventStore, Expected};
use es_core::stream::Position;

use super::Harness;
use super::support::{STREAM, append, append_each, at, events, numbers, read, read_all};

/// A stream's events have the versions 1, 2, 3 and so on.
pub async fn versions_count_from_one_without_gaps(harness: impl Harness) {
    let store = harness.open().await;

    append(&store, STREAM, at(0), events(1..=2)).await;
    append(&store, STREAM, at(2), events(3..=3)).await;
    append(&store, STREAM, at(3), events(4..=6)).await;

    let versions: Vec<_> = read(&store, STREAM)
        .await
        .iter()
        .map(|it| it.version.get())
        .collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
}

/// The answer tells the stream's version and the position of the last event written.
pub async fn an_append_answers_the_version_and_position_of_its_last_event(harness: impl Harness) {
    let store = harness.open().await;

    let first = append(&store, STREAM, at(0), events(1..=1)).await;
    let second = append(&store, STREAM, at(1), events(2..=3)).await;

    let stored = read(&store, STREAM).await;
    assert_eq!((first.version.get(), second.version.get()), (1, 3));
    assert_eq!(first.position, Some(stored[0].position));
    assert_eq!(second.position, Some(stored[2].position));
}

/// Each stream counts for itself.
pub async fn streams_count_apart(harness: impl Harness) {
    let store = harness.open().await;

    append(&store, "test::thing-1", at(0), events(1..=2)).await;
    let other = append(&store, "test::thing-2", at(0), events(3..=3)).await;

    assert_eq!(other.version, 1);
    assert_eq!(numbers(&read(&store, "test::thing-1").await), [1, 2]);
    assert_eq!(numbers(&read(&store, "test::thing-2").await), [3]);
}

/// Positions grow over the whole store, inside an append and from one to the next.
pub async fn positions_only_grow(harness: impl Harness) {
    let store = harness.open().await;

    append(&store, "test::a-1", at(0), events(1..=3)).await;
    append(&store, "test::b-1", at(0), events(4..=5)).await;
    append(&store, "test::a-1", at(3), events(6..=6)).await;

    let all = read_all(&store, 6).await;
    assert!(all.is_sorted_by(|a, b| a.position < b.position), "{all:?}");
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5, 6]);
}

/// The first position is 1 or later: 0 lies before every event.
pub async fn the_first_position_lies_behind_the_start(harness: impl Harness) {
    let store = harness.open().await;

    let appended = append(&store, STREAM, at(0), events(1..=1)).await;

    assert!(appended.position > Some(Position::START));
}

/// An append of no events answers the present version and no position, and writes nothing.
pub async fn an_append_of_no_events_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=2)).await;

    let known = append(&store, STREAM, at(2), events([])).await;
    let unknown = append(&store, "test::thing-2", Expected::Any, events([])).await;

    assert_eq!((known.version.get(), known.position), (2, None));
    assert_eq!((unknown.version.get(), unknown.position), (0, None));
    assert_eq!(read_all(&store, 2).await.len(), 2);
}

/// A stream that was appended nothing is still a new one.
pub async fn an_append_of_no_events_makes_no_stream(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events([])).await;

    let appended = append(&store, STREAM, at(0), events(1..=1)).await;

    assert_eq!(appended.version, 1);
}

/// An acknowledged event is in the next read of its stream.
pub async fn an_acknowledged_event_is_read_at_once(harness: impl Harness) {
    let store = harness.open().await;

    for number in 1..=100 {
        append(&store, STREAM, at(number - 1), events([number])).await;

        assert_eq!(read(&store, STREAM).await.len() as u64, number);
    }
}

/// Many events fit into one append.
pub async fn ten_thousand_events_fit_into_one_append(harness: impl Harness) {
    let store = harness.open().await;

    let appended = append(&store, STREAM, at(0), events(1..=10_000)).await;

    let stored = read(&store, STREAM).await;
    assert_eq!(appended.version, 10_000);
    assert!(numbers(&stored).into_iter().eq(1..=10_000));
    assert!(stored.iter().map(|it| it.version.get()).eq(1..=10_000));
}

/// The head is the position of the last event.
pub async fn the_head_is_the_position_of_the_last_event(harness: impl Harness) {
    let store = harness.open().await;

    let last = append_each(
        &store,
        [("test::a-1", 1), ("test::b-1", 2), ("test::a-1", 3)],
    )
    .await;

    read_all(&store, 3).await;
    assert_eq!(store.head().await.expect("the head is read"), last);
}

/// The head of an empty store lies before every event.
pub async fn an_empty_store_has_its_head_at_the_start(harness: impl Harness) {
    let store = harness.open().await;

    let head = store.head().await.expect("the head is read");

    assert_eq!(head, Position::START);
    assert!(read_all(&store, 0).await.is_empty());
}
