//! Expected versions: they hold, or nothing is written.

use es_core::store::{EventStore, Expected, ExpectedVersionError};
use es_core::stream::Version;

use super::Harness;
use super::support::{
    STREAM, append, at, conflict, events, name, numbers, read, read_all, try_append,
};

/// A version that holds is appended behind.
pub async fn a_version_that_holds_is_appended_behind(harness: impl Harness) {
    let store = harness.open().await;

    append(&store, STREAM, at(0), events(1..=3)).await;
    let appended = append(&store, STREAM, at(3), events(4..=4)).await;

    assert_eq!(appended.version, 4);
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 3, 4]);
}

/// A writer that has seen too little conflicts.
pub async fn a_version_too_low_conflicts_and_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=3)).await;

    let outcome = try_append(&store, STREAM, at(2), events(4..=5)).await;

    assert_eq!(conflict(outcome), told(STREAM, 2, 3));
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 3]);
}

/// A writer that has seen more than there is conflicts.
pub async fn a_version_too_high_conflicts_and_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=3)).await;

    let outcome = try_append(&store, STREAM, at(4), events(4..=4)).await;

    assert_eq!(conflict(outcome), told(STREAM, 4, 3));
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 3]);
}

/// Whoever takes an existing stream for a new one conflicts.
pub async fn a_stream_taken_for_new_conflicts_where_there_is_one(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;

    let outcome = try_append(&store, STREAM, at(0), events(2..=2)).await;

    assert_eq!(conflict(outcome), told(STREAM, 0, 1));
}

/// Whoever takes a new stream for an existing one conflicts, and no stream comes of it.
pub async fn a_stream_taken_for_old_conflicts_where_there_is_none(harness: impl Harness) {
    let store = harness.open().await;

    let outcome = try_append(&store, STREAM, at(1), events(1..=1)).await;

    assert_eq!(conflict(outcome), told(STREAM, 1, 0));
    assert!(read(&store, STREAM).await.is_empty());
    assert!(read_all(&store, 0).await.is_empty());
}

/// The largest version there is conflicts like any other.
pub async fn the_largest_version_conflicts(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;

    let outcome = try_append(&store, STREAM, at(u64::MAX), events(2..=2)).await;

    assert_eq!(conflict(outcome), told(STREAM, u64::MAX, 1));
}

/// An append without events conflicts where the version does not hold.
pub async fn no_events_check_the_expected_version(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=2)).await;

    let low = try_append(&store, STREAM, at(1), events([])).await;
    let high = try_append(&store, STREAM, at(3), events([])).await;

    assert_eq!(conflict(low), told(STREAM, 1, 2));
    assert_eq!(conflict(high), told(STREAM, 3, 2));
}

/// Where any version is expected, a new stream is begun and an old one continued.
pub async fn any_version_appends_to_a_new_and_to_an_old_stream(harness: impl Harness) {
    let store = harness.open().await;

    let new = append(&store, STREAM, Expected::Any, events(1..=2)).await;
    let old = append(&store, STREAM, Expected::Any, events(3..=3)).await;

    assert_eq!((new.version.get(), old.version.get()), (2, 3));
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 3]);
}

/// A conflict leaves nothing behind that the next append would stumble over.
pub async fn after_a_conflict_the_next_append_goes_on_without_a_gap(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;
    conflict(try_append(&store, STREAM, at(0), events(2..=2)).await);

    append(&store, STREAM, at(1), events(2..=2)).await;

    let all = read_all(&store, 2).await;
    assert_eq!(numbers(&all), [1, 2]);
    assert_eq!(
        store.head().await.expect("the head is read"),
        all[1].position
    );
}

fn told(stream: &str, expected: u64, actual: u64) -> ExpectedVersionError {
    ExpectedVersionError {
        stream: name(stream),
        expected: Version::new(expected),
        actual: Version::new(actual),
    }
}
