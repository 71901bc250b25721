//! What outlives the store's value, where it declares that something does.

use es_core::store::{Durability, EventStore};

use super::Harness;
use super::support::{
    STREAM, append, at, conflict, event, events, numbers, read, read_all, text, try_append,
};

/// Acknowledged events are all there after the store was closed and opened again, each the same.
pub async fn acknowledged_events_are_there_after_reopening(harness: impl Harness) {
    let Some(store) = durable(&harness).await else {
        return;
    };
    append(&store, STREAM, at(0), events(1..=3)).await;
    append(&store, "test::thing-2", at(0), event(501, &text(10_000))).await;
    append(&store, STREAM, at(3), events(4..=500)).await;
    let before = read_all(&store, 501).await;
    drop(store);

    let store = harness.open().await;

    assert_eq!(read_all(&store, 501).await, before);
    assert_eq!(read(&store, STREAM).await.len(), 500);
    assert_eq!(
        store.head().await.expect("the head is read"),
        before[500].position
    );
}

/// Versions and positions go on where they were.
pub async fn versions_and_positions_go_on_after_reopening(harness: impl Harness) {
    if durable(&harness).await.is_none() {
        return;
    }
    for version in 0..5 {
        let store = harness.open().await;
        append(&store, STREAM, at(version), events([version + 1])).await;
    }

    let store = harness.open().await;

    let all = read_all(&store, 5).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5]);
    assert!(all.is_sorted_by(|a, b| a.position < b.position && a.version < b.version));
}

/// Expected versions and repeated appends are known after reopening.
pub async fn a_repeated_append_is_known_after_reopening(harness: impl Harness) {
    let Some(store) = durable(&harness).await else {
        return;
    };
    let first = append(&store, STREAM, at(0), events(1..=2)).await;
    append(&store, STREAM, at(2), events(3..=3)).await;
    drop(store);
    let store = harness.open().await;

    let again = append(&store, STREAM, at(0), events(1..=2)).await;
    let stale = try_append(&store, STREAM, at(2), events(4..=4)).await;

    assert_eq!(again, first);
    assert_eq!(conflict(stale).actual, 3);
    assert_eq!(read(&store, STREAM).await.len(), 3);
}

/// The store, if it promises that anything outlives it.
async fn durable<H: Harness>(harness: &H) -> Option<H::Store> {
    let store = harness.open().await;
    match store.capabilities().durability {
        Durability::None => None,
        Durability::Process | Durability::Power => Some(store),
    }
}
