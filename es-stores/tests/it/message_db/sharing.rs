//! Locks and ids, which all programs on one Message DB share.

use std::sync::Arc;

use es_core::record::{NewEvent, NewEvents};
use es_core::store::{
    Append, AppendError, EventStore, EventStoreExt, Expected, StoreErrorKind, StreamAppend,
};
use es_core::stream::{StreamName, Version};
use uuid::Uuid;

use super::Database;
use crate::on_servers::{append, tells};
use crate::servers::in_time;
use es_stores::conformance::Harness as _;

fn unit(stream: &str, id: Uuid) -> StreamAppend {
    let mut events = NewEvents::new();
    events.push(NewEvent {
        id,
        time: chrono::DateTime::UNIX_EPOCH,
        event_type: "Test.Done.v1",
        data: b"{}",
        metadata: b"",
    });
    StreamAppend {
        stream: StreamName::new(stream).unwrap(),
        expected: Expected::Version(Version::EMPTY),
        events,
    }
}

#[tokio::test]
async fn an_id_that_stands_elsewhere_fails_its_unit_and_no_other() {
    let place = Database::new();
    let store = place.open().await;
    let taken = Uuid::new_v4();
    let first = Append::all(vec![unit("a-0", taken)]).unwrap();
    store.append(Arc::new(first)).await.unwrap();

    let appends = (1..=32).map(|number| {
        let id = if number == 7 { taken } else { Uuid::new_v4() };
        let unit = Append::all(vec![unit(&format!("a-{number}"), id)]).unwrap();
        let store = store.clone();
        tokio::spawn(async move { store.append(Arc::new(unit)).await })
    });
    for (append, number) in appends.collect::<Vec<_>>().into_iter().zip(1..) {
        match in_time(append).await.unwrap() {
            Ok(_) => assert_ne!(number, 7),
            Err(AppendError::Store(refusal)) => {
                assert_eq!(number, 7, "{refusal:?}");
                tells(
                    &refusal,
                    StoreErrorKind::Invalid,
                    &["unique over all its streams"],
                );
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    assert_eq!(store.read_category("a").collect().await.unwrap().len(), 32);
}

#[tokio::test]
async fn a_session_that_holds_a_categorys_lock_stalls_no_reader() {
    let place = Database::new();
    let store = place.open().await;
    append(&store, "a-1", 0, 1).await;
    let other = place.session().await;
    let lock = "SELECT pg_advisory_lock(hash_64('a')), pg_advisory_lock(hash_64('b'))";
    other.batch_execute(lock).await.unwrap();

    append(&store, "c-1", 0, 2).await;

    let head = in_time(store.wait_beyond(es_core::stream::Position::new(1)))
        .await
        .unwrap();
    assert_eq!(head, 2);
    assert_eq!(store.read_all().collect().await.unwrap().len(), 2);
}

/// Whoever takes locks in another order than we do is waited for, not given in to.
#[tokio::test]
async fn units_over_categories_survive_a_writer_who_locks_in_its_own_order() {
    let place = Database::new();
    let store = place.open().await;
    let other = place.session().await;
    let foreign = tokio::spawn(async move {
        for _ in 0..20 {
            for categories in [["a", "b"], ["b", "a"]] {
                let locks = categories
                    .map(|it| format!("SELECT acquire_lock('{it}-1');"))
                    .join("");
                // It may be the one that gives way.
                let _ = other.batch_execute(&format!("BEGIN; {locks} COMMIT")).await;
                let _ = other.batch_execute("ROLLBACK").await;
            }
        }
    });

    for number in 0..20 {
        let parts = ["a", "b"].map(|it| unit(&format!("{it}-{number}"), Uuid::new_v4()));
        let unit = Append::all(parts.to_vec()).unwrap();
        in_time(store.append(Arc::new(unit))).await.unwrap();
    }

    foreign.await.unwrap();
    assert_eq!(store.read_category("b").collect().await.unwrap().len(), 20);
}
