//! Units of several streams: whole or not at all, or refused where the store declares so.

use es_core::store::{Append, EventStore, Expected};

use super::Harness;
use super::support::{
    STREAM, append, append_all, at, conflict, events, numbers, part, read, read_all,
};

/// A unit writes to all its streams and answers for each in order.
pub async fn a_unit_writes_to_all_its_streams(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::b-1", at(0), events(1..=2)).await;

    let unit = vec![
        part("test::b-1", at(2), events(3..=3)),
        part("test::a-1", at(0), events(4..=5)),
        part("test::c-1", Expected::Any, events(6..=6)),
    ];
    let Some(outcome) = append_all(&store, unit).await else {
        return;
    };

    let appended = outcome.expect("all versions hold");
    let (b, a) = (
        read(&store, "test::b-1").await,
        read(&store, "test::a-1").await,
    );
    assert_eq!(numbers(&b), [1, 2, 3]);
    assert_eq!(numbers(&a), [4, 5]);
    assert_eq!(numbers(&read(&store, "test::c-1").await), [6]);
    let versions: Vec<_> = appended.iter().map(|it| it.version.get()).collect();
    assert_eq!(versions, [3, 2, 1]);
    assert_eq!(appended[0].position, Some(b[2].position));
    assert_eq!(appended[1].position, Some(a[1].position));
}

/// A unit of no streams has nothing to write, and says so.
pub async fn a_unit_of_no_streams_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;

    if store.capabilities().multi_stream {
        let outcome = append_all(&store, Vec::new()).await;
        let outcome = outcome.expect("units are taken");
        assert_eq!(outcome.expect("nothing can be in the way"), []);
    }
    assert!(read_all(&store, 0).await.is_empty());
}

/// A conflict in the last stream keeps the others from being written too.
pub async fn a_conflict_in_the_last_stream_writes_nothing_anywhere(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::c-1", at(0), events(1..=1)).await;

    let unit = vec![
        part("test::a-1", at(0), events(2..=2)),
        part("test::b-1", Expected::Any, events(3..=3)),
        part("test::c-1", at(0), events(4..=4)),
    ];
    let Some(outcome) = append_all(&store, unit).await else {
        return;
    };

    let conflict = conflict(outcome);
    assert_eq!(conflict.stream.as_str(), "test::c-1");
    assert_eq!((conflict.expected.get(), conflict.actual.get()), (0, 1));
    assert!(read(&store, "test::a-1").await.is_empty());
    assert!(read(&store, "test::b-1").await.is_empty());
    assert_eq!(numbers(&read_all(&store, 1).await), [1]);
}

/// Where several versions do not hold, the first of the unit's order is told.
pub async fn of_several_conflicts_the_first_is_told(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=1)).await;
    append(&store, "test::c-1", at(0), events(2..=3)).await;

    let unit = vec![
        part("test::b-1", at(0), events(4..=4)),
        part("test::c-1", at(1), events(5..=5)),
        part("test::a-1", at(0), events(6..=6)),
    ];
    let Some(outcome) = append_all(&store, unit).await else {
        return;
    };

    let conflict = conflict(outcome);
    assert_eq!(conflict.stream.as_str(), "test::c-1");
    assert_eq!((conflict.expected.get(), conflict.actual.get()), (1, 2));
    assert_eq!(numbers(&read_all(&store, 3).await), [1, 2, 3]);
}

/// Where no part has events, all versions are checked and nothing is written.
pub async fn a_unit_without_events_only_checks(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=2)).await;
    let unit = |version| {
        vec![
            part("test::a-1", at(version), events([])),
            part("test::b-1", at(0), events([])),
            part("test::c-1", Expected::Any, events([])),
        ]
    };

    let Some(stale) = append_all(&store, unit(1)).await else {
        return;
    };
    let holds = append_all(&store, unit(2)).await;

    assert_eq!(conflict(stale).actual, 2);
    let appended = holds.and_then(Result::ok).expect("the versions hold");
    let appended: Vec<_> = appended
        .iter()
        .map(|it| (it.version.get(), it.position))
        .collect();
    assert_eq!(appended, [(2, None), (0, None), (0, None)]);
    assert_eq!(read_all(&store, 2).await.len(), 2);
}

/// A unit of a hundred streams in ten categories is written whole.
pub async fn a_unit_of_a_hundred_streams_is_written_whole(harness: impl Harness) {
    let store = harness.open().await;
    // Neither the streams nor their categories are in the order of the alphabet.
    let stream = |number: u64| format!("test::kind{}-{}", number * 7 % 10, 1_000 - number);
    let unit = (0..100).map(|number| part(&stream(number), at(0), events([number])));

    let Some(outcome) = append_all(&store, unit.collect()).await else {
        return;
    };

    let appended = outcome.expect("all versions hold");
    let all = read_all(&store, 100).await;
    assert!(all.is_sorted_by(|a, b| a.position < b.position));
    for (number, appended) in (0..100).zip(appended) {
        let stored = read(&store, &stream(number)).await;
        assert_eq!(numbers(&stored), [number]);
        assert_eq!(
            (appended.version.get(), appended.position),
            (1, Some(stored[0].position))
        );
    }
}

/// A part without events only checks its stream's version.
pub async fn a_part_without_events_only_checks(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::a-1", at(0), events(1..=1)).await;
    let unit = |version| {
        vec![
            part("test::a-1", at(version), events([])),
            part("test::b-1", at(0), events(2..=2)),
        ]
    };

    let Some(stale) = append_all(&store, unit(0)).await else {
        return;
    };
    let holds = append_all(&store, unit(1)).await;

    assert_eq!(conflict(stale).stream.as_str(), "test::a-1");
    let appended = holds
        .and_then(Result::ok)
        .expect("the version holds, and so does the declaration");
    assert_eq!((appended[0].version.get(), appended[0].position), (1, None));
    assert_eq!(appended[1].version, 1);
    assert_eq!(numbers(&read(&store, "test::a-1").await), [1]);
}

/// A unit that names one stream twice is refused before it reaches the store.
pub async fn a_stream_named_twice_is_refused(harness: impl Harness) {
    let store = harness.open().await;

    let refusal = Append::all(vec![
        part(STREAM, at(0), events(1..=1)),
        part("test::thing-2", at(0), events(2..=2)),
        part(STREAM, at(1), events(3..=3)),
    ]);

    let refusal = refusal.expect_err("a stream stands twice");
    assert_eq!(refusal.0.as_str(), STREAM);
    assert_eq!(store.head().await.expect("the head is read"), 0);
}
