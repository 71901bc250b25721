//! The same append once more, as after a lost acknowledgement: it is written once.

use es_core::store::{EventStore, Expected, StreamAppend};

use super::Harness;
use super::support::{
    STREAM, append, append_all, at, conflict, events, numbers, part, read, read_all, try_append,
};

/// Repeating an append answers its first outcome and writes nothing.
pub async fn the_same_append_again_answers_its_first_outcome(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;
    let first = append(&store, STREAM, at(1), events(2..=3)).await;

    let again = append(&store, STREAM, at(1), events(2..=3)).await;

    assert_eq!(again, first);
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 3]);
}

/// Repeating the append that began a stream answers its first outcome.
pub async fn the_append_that_began_a_stream_can_be_repeated(harness: impl Harness) {
    let store = harness.open().await;
    let first = append(&store, STREAM, at(0), events(1..=2)).await;

    let again = append(&store, STREAM, at(0), events(1..=2)).await;

    assert_eq!(again, first);
    assert_eq!(read_all(&store, 2).await.len(), 2);
}

/// Others may have appended since: the first outcome is still the answer.
pub async fn an_append_can_be_repeated_after_others_have_appended(harness: impl Harness) {
    let store = harness.open().await;
    let first = append(&store, STREAM, at(0), events(1..=2)).await;
    append(&store, "test::thing-2", at(0), events(3..=3)).await;
    append(&store, STREAM, at(2), events(4..=5)).await;

    let again = append(&store, STREAM, at(0), events(1..=2)).await;

    assert_eq!(again, first);
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2, 4, 5]);
}

/// Some of the events stand there and some do not: that is another append, and it conflicts.
pub async fn some_events_but_not_all_conflict(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=2)).await;

    let more = try_append(&store, STREAM, at(0), events(1..=3)).await;
    let other = try_append(&store, STREAM, at(0), events([1, 9])).await;
    let first = try_append(&store, STREAM, at(0), events([9, 2])).await;
    let inner = try_append(&store, STREAM, at(0), events([1, 9, 2])).await;

    for outcome in [more, other, first, inner] {
        assert_eq!(conflict(outcome).actual, 2);
    }
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2]);
}

/// The same events in another order are another append.
pub async fn the_same_events_in_another_order_conflict(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events([1, 2])).await;

    let outcome = try_append(&store, STREAM, at(0), events([2, 1])).await;

    assert_eq!(conflict(outcome).actual, 2);
}

/// The same events behind another version are another append.
pub async fn the_same_events_behind_another_version_conflict(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;
    append(&store, STREAM, at(1), events(2..=2)).await;

    let outcome = try_append(&store, STREAM, at(0), events(2..=2)).await;

    assert_eq!(conflict(outcome).actual, 2);
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2]);
}

/// A unit of several streams answers its first outcome too.
pub async fn a_unit_of_several_streams_can_be_repeated(harness: impl Harness) {
    let store = harness.open().await;
    let unit = || {
        vec![
            part("test::a-1", at(0), events(1..=2)),
            part("test::b-1", at(0), events(3..=3)),
        ]
    };
    answers_its_first_outcome(&store, unit).await;
}

/// A part that only checked answers the version it checked, whoever has appended since.
pub async fn a_part_that_only_checked_answers_its_first_outcome(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=2)).await;
    let unit = || {
        vec![
            part("test::a-1", at(2), events([])),
            part("test::b-1", at(0), events(3..=3)),
        ]
    };
    answers_its_first_outcome(&store, unit).await;
}

/// Appends a unit that leaves `test::a-1` at version 2 and makes three events of all, lets somebody
/// else go on there, and appends it again.
async fn answers_its_first_outcome(store: &impl EventStore, unit: impl Fn() -> Vec<StreamAppend>) {
    let Some(first) = append_all(store, unit()).await else {
        return;
    };
    append(store, "test::a-1", at(2), events(4..=4)).await;

    let again = append_all(store, unit()).await;

    assert_eq!(
        again.map(|again| again.expect("a repeated unit has been written")),
        Some(first.expect("the versions hold"))
    );
    assert_eq!(read_all(store, 4).await.len(), 4);
}

/// A part without events that expected nothing answers the present version.
pub async fn a_part_that_asked_nothing_answers_the_present_version(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=1)).await;
    let unit = || {
        vec![
            part("test::a-1", Expected::Any, events([])),
            part("test::b-1", at(0), events(2..=3)),
        ]
    };
    let Some(first) = append_all(&store, unit()).await else {
        return;
    };
    append(&store, "test::a-1", at(1), events(4..=4)).await;

    let again = append_all(&store, unit()).await;

    let first = first.expect("the versions hold");
    let again = again.and_then(Result::ok).expect("it has been written");
    assert_eq!((first[0].version.get(), again[0].version.get()), (1, 2));
    assert_eq!(again[1], first[1]);
}

/// A unit with events for any version is known again by its other parts, since it was written whole.
pub async fn events_for_any_version_are_known_again_by_the_other_parts(harness: impl Harness) {
    let store = harness.open().await;
    let unit = || {
        vec![
            part("test::a-1", Expected::Any, events(1..=1)),
            part("test::b-1", at(0), events(2..=2)),
        ]
    };
    let Some(first) = append_all(&store, unit()).await else {
        return;
    };
    let first = first.expect("the versions hold");
    append(&store, "test::a-1", at(1), events(3..=3)).await;

    let again = append_all(&store, unit()).await.expect("it is declared");

    assert_eq!(again.expect("it stands there")[1], first[1]);
    assert_eq!(numbers(&read_all(&store, 3).await), [1, 2, 3]);
}

/// Events for any version alone are not known again: nothing tells a repetition from a new append.
pub async fn events_for_any_version_prove_nothing(harness: impl Harness) {
    let store = harness.open().await;
    let unit = || {
        vec![
            part("test::a-1", Expected::Any, events(1..=1)),
            part("test::b-1", at(0), events([])),
        ]
    };
    let Some(first) = append_all(&store, unit()).await else {
        return;
    };
    first.expect("the versions hold");
    append(&store, "test::b-1", at(0), events(2..=2)).await;

    let again = append_all(&store, unit()).await.expect("it is declared");

    assert_eq!(conflict(again).stream.as_str(), "test::b-1");
    assert_eq!(numbers(&read_all(&store, 2).await), [1, 2]);
}

/// Where half a unit stands there, somebody else wrote it: it conflicts.
pub async fn half_a_unit_that_stands_conflicts(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=2)).await;

    let unit = vec![
        part("test::a-1", at(0), events(1..=2)),
        part("test::b-1", at(0), events(3..=3)),
    ];
    let Some(outcome) = append_all(&store, unit).await else {
        return;
    };

    assert_eq!(conflict(outcome).actual, 2);
    assert!(read(&store, "test::b-1").await.is_empty());
}
