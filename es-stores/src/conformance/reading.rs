//! Reading a stream, a category or everything, from either end.

use es_core::record::{Detail, Direction, Page, RecordedEvent, Source};
use es_core::store::{EventStoreExt, StoreErrorKind};
use es_core::stream::{Position, Version};

use super::Harness;
use super::support::{
    CATEGORY, STREAM, append, append_each, at, event, events, name, numbers, page_of, read,
    read_all, read_category, request,
};

/// A stream that does not exist is an empty one.
pub async fn an_unknown_stream_is_empty(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;

    assert!(read(&store, "test::thing-2").await.is_empty());
    assert!(read(&store, "test::other-1").await.is_empty());
}

/// A stream is read from a version, which is read too.
pub async fn a_stream_is_read_from_a_version(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=12)).await;

    for (from, expected) in [(0, 1), (1, 1), (5, 5), (12, 12)] {
        let read = store
            .read_stream(STREAM)
            .from(Version::new(from))
            .collect()
            .await;

        let read = read.expect("the stream is read");
        assert!(numbers(&read).into_iter().eq(expected..=12), "from {from}");
    }
}

/// Behind the end there is nothing to read.
pub async fn behind_the_end_there_is_nothing(harness: impl Harness) {
    let store = harness.open().await;
    let last = append_each(&store, [(STREAM, 1), (STREAM, 2)]).await;
    read_category(&store, CATEGORY, 2).await;
    read_all(&store, 2).await;

    for behind in [3, 1_000, u64::MAX] {
        let stream = store
            .read_stream(STREAM)
            .from(Version::new(behind))
            .collect()
            .await;
        assert_eq!(stream.expect("the stream is read"), []);
    }
    for behind in [last.next(), Position::new(u64::MAX)] {
        let category = store.read_category(CATEGORY).from(behind).collect().await;
        assert_eq!(category.expect("the category is read"), []);
        let all = store.read_all().from(behind).collect().await;
        assert_eq!(all.expect("everything is read"), []);
    }
}

/// A read for a replay has the same pages, with versions, times, types and payloads; the rest may be
/// missing.
pub async fn a_replay_has_what_it_looks_at(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=5)).await;
    append(&store, STREAM, at(5), event(6, br#"{"of":"another size"}"#)).await;
    append(&store, "test::thing-2", at(0), events(7..=8)).await;

    let (mut full, mut replay) = (Page::new(), Page::new());
    for direction in [Direction::Forwards, Direction::Backwards] {
        for from in [None, Some(Version::new(2)), Some(Version::new(9))] {
            let name = name(STREAM);
            let mut asked = request(Source::Stream { name, from }, direction, 4);
            page_of(&store, &asked, &mut full).await;
            asked.detail = Detail::Replay;
            page_of(&store, &asked, &mut replay).await;

            let looked_at = |page: &Page| -> Vec<_> {
                let events = page.iter().map(RecordedEvent::into_owned);
                let parts =
                    events.map(|it| (it.stream, it.version, it.time, it.event_type, it.data));
                parts.collect()
            };
            assert_eq!(looked_at(&replay), looked_at(&full), "{asked:?}");
            assert_eq!(replay.has_more(), full.has_more(), "{asked:?}");
        }
    }
}

/// Backwards, a stream begins at its end or at the version told.
pub async fn a_stream_is_read_backwards(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=4)).await;

    let backwards = || store.read_stream(STREAM).backwards();
    let whole = backwards().collect().await.expect("the stream is read");
    let from_two = backwards().from(Version::new(2)).collect().await;
    let from_behind = backwards().from(Version::new(u64::MAX)).collect().await;
    let from_zero = backwards().from(Version::EMPTY).collect().await;

    assert_eq!(numbers(&whole), [4, 3, 2, 1]);
    assert_eq!(numbers(&from_two.expect("the stream is read")), [2, 1]);
    assert_eq!(
        numbers(&from_behind.expect("the stream is read")),
        [4, 3, 2, 1]
    );
    assert_eq!(from_zero.expect("the stream is read"), []);
}

/// A category and everything are read from a position, which is read too, in either direction.
pub async fn a_category_and_everything_are_read_from_a_position(harness: impl Harness) {
    let store = harness.open().await;
    append_each(
        &store,
        [
            (STREAM, 1),
            ("test::other-1", 2),
            (STREAM, 3),
            ("test::thing-2", 4),
        ],
    )
    .await;
    read_category(&store, CATEGORY, 3).await;
    let all = read_all(&store, 4).await;
    let second = all[1].position;

    let category = store.read_category(CATEGORY).from(second).collect().await;
    let category_back = store
        .read_category(CATEGORY)
        .from(second)
        .backwards()
        .collect()
        .await;
    let everything = store.read_all().from(second).collect().await;
    let everything_back = store.read_all().from(second).backwards().collect().await;

    assert_eq!(numbers(&category.expect("the category is read")), [3, 4]);
    assert_eq!(numbers(&category_back.expect("the category is read")), [1]);
    assert_eq!(numbers(&everything.expect("everything is read")), [2, 3, 4]);
    assert_eq!(
        numbers(&everything_back.expect("everything is read")),
        [2, 1]
    );
}

/// Backwards, a category and everything begin at their end.
pub async fn a_category_and_everything_are_read_backwards(harness: impl Harness) {
    let store = harness.open().await;
    append_each(
        &store,
        [
            (STREAM, 1),
            ("test::other-1", 2),
            (STREAM, 3),
            ("test::thing-2", 4),
        ],
    )
    .await;
    read_category(&store, CATEGORY, 3).await;
    read_all(&store, 4).await;

    let category = store.read_category(CATEGORY).backwards().collect().await;
    let everything = store.read_all().backwards().collect().await;

    assert_eq!(numbers(&category.expect("the category is read")), [4, 3, 1]);
    assert_eq!(
        numbers(&everything.expect("everything is read")),
        [4, 3, 2, 1]
    );
}

/// A limit is kept, whether it lies inside a page, on its edge or behind it.
pub async fn a_limit_is_kept(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=10)).await;

    for limit in [0, 1, 3, 4, 6, 10, 11, usize::MAX] {
        let read = store
            .read_stream(STREAM)
            .page_size(3)
            .limit(limit)
            .collect()
            .await;

        let expected = 1..=u64::try_from(limit).expect("64 bits hold it").min(10);
        let read = read.expect("the stream is read");
        assert!(numbers(&read).into_iter().eq(expected), "limit {limit}");
    }
}

/// Start, direction and limit go together.
pub async fn a_start_a_direction_and_a_limit_go_together(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=10)).await;

    let read = store
        .read_stream(STREAM)
        .from(Version::new(8))
        .backwards()
        .limit(3);

    let read = read.collect().await.expect("the stream is read");
    assert_eq!(numbers(&read), [8, 7, 6]);
}

/// Events come one by one, and none comes after the last.
pub async fn events_come_one_by_one_until_there_are_none(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=5)).await;
    let mut reading = store.read_stream(STREAM).page_size(2);

    let mut versions = Vec::new();
    while let Some(event) = reading.next().await.expect("the stream is read") {
        versions.push(event.version.get());
    }

    assert_eq!(versions, [1, 2, 3, 4, 5]);
    assert!(reading.next().await.expect("the stream is read").is_none());
}

/// The last event of a stream is read alone, and an unknown stream has none.
pub async fn the_last_event_is_read_alone(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=3)).await;
    append(&store, "test::thing-2", at(0), events(4..=4)).await;

    let last = store.read_last(STREAM).await.expect("the stream is read");
    let none = store
        .read_last("test::thing-3")
        .await
        .expect("the stream is read");

    assert_eq!(
        last.map(|last| (last.version.get(), last.id)),
        Some((3, super::support::id(3)))
    );
    assert_eq!(none, None);
}

/// The last event of a category, or of all, is read alone: it is the one with the highest position,
/// whatever its version.
pub async fn the_last_event_of_many_streams_is_read_alone(harness: impl Harness) {
    let store = harness.open().await;
    append_each(
        &store,
        [
            (STREAM, 1),
            (STREAM, 2),
            ("test::thing-2", 3),
            ("test::other-1", 4),
        ],
    )
    .await;
    read_category(&store, CATEGORY, 3).await;
    read_all(&store, 4).await;

    let category = store.read_category(CATEGORY).backwards().limit(1);
    let category = category.collect().await.expect("the category is read");
    let all = store.read_all().backwards().limit(1);
    let all = all.collect().await.expect("everything is read");
    let none = store.read_category("test::none").backwards().limit(1);
    let none = none.collect().await.expect("the category is read");

    assert_eq!(numbers(&category), [3]);
    assert_eq!(numbers(&all), [4]);
    assert_eq!(none, []);
}

/// A name that is none is refused, and the store is not asked.
pub async fn a_name_that_is_none_is_refused(harness: impl Harness) {
    let store = harness.open().await;

    let refusals = [
        store.read_stream("").collect().await,
        store.read_stream("test::thing").collect().await,
        store.read_stream("test::thing-").collect().await,
        store.read_stream("test::thing-\u{0}").collect().await,
        store.read_category("test::thing-1").collect().await,
        store.read_category("").collect().await,
    ];
    let last = store.read_last("thing").await;

    for refusal in refusals {
        assert_eq!(
            refusal.expect_err("no such name").kind(),
            StoreErrorKind::Invalid
        );
    }
    assert_eq!(
        last.expect_err("no such name").kind(),
        StoreErrorKind::Invalid
    );
}

/// Each event tells its stream, in whichever read it comes.
pub async fn each_event_tells_its_stream(harness: impl Harness) {
    let store = harness.open().await;
    append_each(
        &store,
        [
            ("test::thing-1", 1),
            ("test::thing-2", 2),
            ("test::thing-1", 3),
        ],
    )
    .await;

    let stream = read(&store, "test::thing-2").await;
    let category = read_category(&store, CATEGORY, 3).await;
    let all = read_all(&store, 3).await;

    assert_eq!(stream[0].stream, "test::thing-2");
    for events in [&category, &all] {
        let streams: Vec<_> = events.iter().map(|event| &*event.stream).collect();
        assert_eq!(streams, ["test::thing-1", "test::thing-2", "test::thing-1"]);
    }
    assert_eq!(category, all);
    assert_eq!(all[1], stream[0]);
}
