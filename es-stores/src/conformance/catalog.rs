//! What a store tells of itself, where it tells anything.

use std::collections::BTreeSet;

use es_core::store::{Catalog, EventStore, Snapshot, StreamsRequest};
use es_core::stream::{Category, StreamName, Version};

use super::Harness;
use super::snapshots::snapshot;
use super::support::{TYPE, append, append_each, at, event_of, events, name, read_all, time};

/// The streams asked for, told in pages of two.
async fn streams_of(catalog: &dyn Catalog, category: Option<&str>) -> Vec<(String, u64, u64)> {
    let mut request = StreamsRequest {
        category: category.map(|name| Category::new(name).expect("the suite writes proper names")),
        after: None,
        max: 2,
    };
    let mut streams = Vec::new();
    loop {
        let page = catalog.streams(&request).await.expect("streams are listed");
        assert!(page.len() <= 2, "at most two were asked for: {page:?}");
        for entry in &page {
            assert_eq!(entry.event_type, TYPE);
            let last = entry.time - time(0);
            let last = last
                .num_microseconds()
                .expect("the suite counts not that far");
            let stream = entry.stream.to_string();
            streams.push((stream, entry.version.get(), last.unsigned_abs()));
        }
        match page.last() {
            Some(last) => request.after = Some(last.stream.clone()),
            None => return streams,
        }
    }
}

/// Each stream is told once, with how many events it has and its last.
pub async fn streams_are_listed_once_with_their_last_events(harness: impl Harness) {
    let store = harness.open().await;
    append_each(
        &store,
        [
            ("test::thing-b", 1),
            ("test::thing-a", 2),
            ("test::thing-b", 3),
            ("test::other-é", 4),
            ("test::thing:fact-a", 5),
            ("test::thing_2-a", 6),
            ("test::Thing-A", 7),
            ("test::thing-a", 8),
            ("test::thing-b", 9),
        ],
    )
    .await;
    read_all(&store, 9).await;
    let Some(catalog) = store.catalog() else {
        return;
    };

    let all = streams_of(catalog, None).await;
    let mut things = streams_of(catalog, Some("test::thing")).await;

    let told = |stream: &str, version, last| (stream.to_owned(), version, last);
    let expected = BTreeSet::from([
        told("test::thing-b", 3, 9),
        told("test::thing-a", 2, 8),
        told("test::other-é", 1, 4),
        told("test::thing:fact-a", 1, 5),
        told("test::thing_2-a", 1, 6),
        told("test::Thing-A", 1, 7),
    ]);
    assert_eq!(all.len(), 6, "{all:?}");
    assert_eq!(BTreeSet::from_iter(all), expected);
    things.sort_unstable();
    assert_eq!(
        things,
        [told("test::thing-a", 2, 8), told("test::thing-b", 3, 9)]
    );
    assert_eq!(streams_of(catalog, Some("test::none")).await, []);
}

/// The position told of a stream is that of its last event.
pub async fn the_position_of_a_stream_is_that_of_its_last_event(harness: impl Harness) {
    let store = harness.open().await;
    let places = [
        ("test::thing-a", 1),
        ("test::thing-b", 2),
        ("test::thing-a", 3),
    ];
    let last = append_each(&store, places).await;
    read_all(&store, 3).await;
    let Some(catalog) = store.catalog() else {
        return;
    };
    let (category, after) = (None, None);
    let request = StreamsRequest {
        category,
        after,
        max: 10,
    };

    let streams = catalog.streams(&request).await.expect("streams are listed");

    let of_a = streams
        .iter()
        .find(|entry| entry.stream == name("test::thing-a"));
    assert_eq!(of_a.map(|entry| entry.position), Some(last));
}

/// Types are counted category by category: events, streams begun, bytes, the first and the last.
pub async fn types_are_counted_by_category(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::thing-a", at(0), events(1..=3)).await;
    append(&store, "test::thing-b", at(0), events([7])).await;
    append(&store, "test::other-a", at(0), events([5])).await;
    read_all(&store, 5).await;
    let Some(catalog) = store.catalog() else {
        return;
    };

    let types = catalog.types().await.expect("types are counted");

    let counted = types.iter().map(|entry| {
        assert_eq!(entry.event_type, TYPE);
        let category = entry.category.as_str();
        (category, entry.events, entry.begun, entry.first, entry.last)
    });
    assert_eq!(
        counted.collect::<Vec<_>>(),
        [
            ("test::other", 1, 1, time(5), time(5)),
            ("test::thing", 4, 2, time(1), time(7)),
        ]
    );
    assert!(
        types[1].bytes > types[0].bytes && types[0].bytes > 0,
        "{types:?}"
    );
}

/// Nothing is told of an empty store.
pub async fn an_empty_store_lists_nothing(harness: impl Harness) {
    let store = harness.open().await;
    let Some(catalog) = store.catalog() else {
        return;
    };

    assert_eq!(streams_of(catalog, None).await, []);
    assert_eq!(catalog.types().await.expect("types are counted"), []);
    let snapshots = catalog.snapshots(None, 10).await;
    assert_eq!(snapshots.expect("snapshots are listed"), []);
    let about = catalog.about().await.expect("a store tells what it is");
    assert!(
        !about.kind.is_empty() && !about.place.is_empty(),
        "{about:?}"
    );
}

/// Snapshots are told each once, the latest of each stream, and neither as streams nor as events.
pub async fn snapshots_are_listed_once(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::thing-a", at(0), event_of(b"{}")).await;
    read_all(&store, 1).await;
    let (Some(catalog), Some(snapshots)) = (store.catalog(), store.snapshots()) else {
        return;
    };
    let kept = [
        ("test::thing-a", 1),
        ("test::thing-b-1", 2),
        ("test::other-c", 3),
    ];
    for (stream, version) in kept {
        let older = snapshot(stream, version, 1);
        let newer = Snapshot {
            version: Version::new(version + 10),
            ..older.clone()
        };
        snapshots.save(older).await.expect("it is kept");
        snapshots.save(newer).await.expect("it is kept");
    }

    let (mut listed, mut after) = (BTreeSet::new(), None::<StreamName>);
    loop {
        let page = catalog.snapshots(after.as_ref(), 2).await;
        let page = page.expect("snapshots are listed");
        assert!(page.len() <= 2, "at most two were asked for: {page:?}");
        for entry in &page {
            assert!(entry.bytes > 0, "{entry:?}");
            let told = (entry.stream.to_string(), entry.version.get());
            assert!(listed.insert(told), "{entry:?} is told twice");
        }
        match page.last() {
            Some(last) => after = Some(last.stream.clone()),
            None => break,
        }
    }

    let expected = kept.map(|(stream, version)| (stream.to_owned(), version + 10));
    assert_eq!(listed, BTreeSet::from(expected));
    assert_eq!(streams_of_all(catalog).await, ["test::thing-a"]);
    let types = catalog.types().await.expect("types are counted");
    assert_eq!(types.iter().map(|entry| entry.events).sum::<u64>(), 1);
}

async fn streams_of_all(catalog: &dyn Catalog) -> Vec<String> {
    let streams = streams_of(catalog, None).await.into_iter();
    streams.map(|(stream, ..)| stream).collect()
}
