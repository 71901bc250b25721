//! Several stores on the same data, as several processes have them.

use std::sync::Arc;

use es_core::store::{AppendError, EventStore};

use super::{PLAIN, Place, all_of, append, at, numbers, range, unit};
use crate::servers::{in_time, shared};

/// What another store was acknowledged is in the next read of its stream.
pub(crate) async fn a_stream_of_another_store_is_read_at_once<P: Place>() {
    let place = P::on(&shared()).await;
    let (one, other) = (place.open().await, place.open().await);

    for version in 0..50 {
        let (writer, reader) = if version % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        append(writer, "test::a-1", version, version).await;

        assert_eq!(numbers(reader, "test::a-1").await, range(0..=version));
    }
    assert_eq!(all_of(&one, 50).await, all_of(&other, 50).await);
}

/// Whoever waits hears of the appends of others, each time.
pub(crate) async fn an_append_of_another_store_wakes_whoever_waits<P: Place>() {
    let place = P::on(&shared()).await;
    let (one, other) = (Arc::new(place.open().await), place.open().await);
    let mut last = one.head().await.expect("the head is read");

    for version in 0..10 {
        let waiter = {
            let one = Arc::clone(&one);
            tokio::spawn(async move { one.wait_beyond(last).await })
        };
        append(&other, "test::a-1", version, version).await;

        let head = in_time(waiter).await.unwrap().expect("the head is read");
        assert!(head > last);
        last = head;
    }
}

/// Of two stores that expect one version exactly one writes, though each shares its commits out by
/// itself.
pub(crate) async fn two_stores_never_write_one_version_twice<P: Place>() {
    let place = P::on(&shared()).await;
    let stores = [Arc::new(place.open().await), Arc::new(place.open().await)];

    for version in 0..50 {
        let attempts = [0, 1, 2, 3].map(|writer: u64| {
            let store = Arc::clone(&stores[usize::from(writer % 2 == 1)]);
            let unit = unit("test::a-1", at(version), PLAIN, [4 * version + writer]);
            tokio::spawn(async move { store.append(unit).await })
        });
        let mut won = 0;
        for attempt in attempts {
            match in_time(attempt).await.unwrap() {
                Ok(_) => won += 1,
                Err(AppendError::Conflict(conflict)) => assert_eq!(conflict.actual, version + 1),
                Err(error) => panic!("neither written nor a conflict: {error:?}"),
            }
        }
        assert_eq!(won, 1, "version {version}");
    }
    assert_eq!(numbers(&*stores[0], "test::a-1").await.len(), 50);
}
