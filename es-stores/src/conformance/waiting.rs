//! Waiting for events that are still to come.

use std::sync::Arc;

use es_core::store::EventStore;
use es_core::stream::Position;

use super::Harness;
use super::support::{
    STREAM, append, append_each, at, events, poll_once, read_all, within_deadline,
};

/// Whoever is behind does not wait, and is told the head.
pub async fn whoever_is_behind_does_not_wait(harness: impl Harness) {
    let store = harness.open().await;
    let last = append_each(&store, [(STREAM, 1), (STREAM, 2)]).await;
    read_all(&store, 2).await;

    let head = within_deadline(store.wait_beyond(Position::START)).await;

    assert_eq!(head.expect("the head is read"), last);
}

/// An append wakes whoever waits for it, and the event can be read then.
pub async fn an_append_wakes_whoever_waits(harness: impl Harness) {
    let store = Arc::new(harness.open().await);
    let mut waiters = Vec::new();
    for _ in 0..10 {
        let store = Arc::clone(&store);
        waiters.push(tokio::spawn(async move {
            let head = store.wait_beyond(Position::START).await;
            (
                head.expect("the head is read"),
                read_all(&store, 0).await.len(),
            )
        }));
    }

    let last = append(&store, STREAM, at(0), events(1..=1)).await.position;

    for waiter in waiters {
        let (head, visible) = within_deadline(waiter).await.expect("the waiter is well");
        assert_eq!((Some(head), visible), (last, 1));
    }
}

/// Whoever has seen everything waits until there is more.
pub async fn whoever_has_seen_everything_waits(harness: impl Harness) {
    let store = harness.open().await;
    let last = append_each(&store, [(STREAM, 1)]).await;
    read_all(&store, 1).await;
    let mut waiting = store.wait_beyond(last);

    let waited = waits(&store, &mut waiting).await;
    append(&store, STREAM, at(1), events(2..=2)).await;

    assert!(waited, "there was nothing to be told");
    let head = within_deadline(waiting).await;
    assert!(head.expect("the head is read") > last);
}

/// Whoever waits behind any position waits, up to the last there could ever be.
pub async fn no_position_is_too_far_to_wait_behind(harness: impl Harness) {
    let store = harness.open().await;
    append_each(&store, [(STREAM, 1)]).await;
    read_all(&store, 1).await;

    for far in [1 << 62, i64::MAX.unsigned_abs(), u64::MAX] {
        let waiting = store.wait_beyond(Position::new(far));
        assert!(waits(&store, waiting).await, "behind {far}");
    }
}

/// An append that writes nothing wakes nobody, and a wait that is given up harms nobody.
pub async fn a_wait_can_be_given_up(harness: impl Harness) {
    let store = harness.open().await;
    for _ in 0..100 {
        assert!(
            poll_once(store.wait_beyond(Position::START))
                .await
                .is_none()
        );
    }

    append(&store, STREAM, at(0), events([])).await;
    assert!(waits(&store, store.wait_beyond(Position::START)).await);
    append(&store, STREAM, at(0), events(1..=1)).await;

    let head = within_deadline(store.wait_beyond(Position::START)).await;
    assert!(head.expect("the head is read") > Position::START);
}

/// Whether `waiting` still waits when the store has been asked for other things meanwhile.
async fn waits<T>(store: &impl EventStore, waiting: impl Future<Output = T>) -> bool {
    let others = async {
        for _ in 0..20 {
            store.head().await.expect("the head is read");
        }
    };
    tokio::select! {
        biased;
        _ = waiting => false,
        () = within_deadline(others) => true,
    }
}
