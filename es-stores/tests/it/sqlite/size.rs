//! A database that is full.

use std::sync::Arc;

use es_core::store::{
    Append, AppendError, EventStore, Expected, Snapshot, SnapshotStore, StoreErrorKind,
    StreamAppend,
};
use es_core::stream::StreamName;
use es_stores::conformance::Harness;
use es_stores::{SqliteOptions, SqliteStore};
use futures_util::future::join_all;

use super::{Folder, append, count, events, folder};

const MIB: u64 = 1 << 20;

async fn bounded(folder: &Folder, bytes: u64) -> SqliteStore {
    let options = SqliteOptions::new().max_size_bytes(bytes);
    SqliteStore::open_with(folder.path(), options)
        .await
        .unwrap()
}

fn kind(outcome: Result<(), AppendError>) -> Option<StoreErrorKind> {
    match outcome {
        Ok(()) => None,
        Err(AppendError::Store(error)) => Some(error.kind()),
        Err(error) => panic!("nothing was written, and that is known: {error:?}"),
    }
}

/// Appends pages until there is no room; answers how many fitted.
async fn fill(store: &SqliteStore) -> u64 {
    let payload = [b'x'; 10_000];
    for version in 0.. {
        let outcome = append(store, "a-1", version, events(version.into(), &[&payload])).await;
        if let Some(kind) = kind(outcome) {
            assert_eq!(kind, StoreErrorKind::Full);
            return version;
        }
    }
    unreachable!("every disk is full one day")
}

#[tokio::test]
async fn a_full_database_says_so_and_can_still_be_read() {
    let folder = folder();
    let store = bounded(&folder, MIB).await;

    let fitted = fill(&store).await;

    assert!((50..105).contains(&fitted), "{fitted} fitted");
    assert_eq!(count(&store, "a-1").await as u64, fitted);
    assert_eq!(
        kind(append(&store, "a-1", fitted, events(1_000, &vec![b"x"; 5_000])).await),
        Some(StoreErrorKind::Full)
    );
    let stream = StreamName::new("a-1").unwrap();
    assert!(store.load(&stream).await.unwrap().is_none());
}

#[tokio::test]
async fn a_unit_that_does_not_fit_is_not_written_by_halves() {
    let folder = folder();
    let store = bounded(&folder, MIB).await;
    let part = |stream, events| StreamAppend {
        stream: StreamName::new(stream).unwrap(),
        expected: Expected::Any,
        events,
    };
    let unit = Append::all(vec![
        part("a-1", events(1, &[b"small"])),
        part(
            "b-1",
            events(
                2,
                &[b"small".to_vec(), vec![b'x'; 2 << 20], b"small".to_vec()],
            ),
        ),
    ]);

    let outcome = store.append(Arc::new(unit.unwrap())).await.map(drop);

    assert_eq!(kind(outcome), Some(StoreErrorKind::Full));
    assert_eq!(
        (count(&store, "a-1").await, count(&store, "b-1").await),
        (0, 0)
    );
    append(&store, "b-1", 0, events(2, &[b"small"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn when_room_is_given_the_same_append_succeeds() {
    let folder = folder();
    let store = bounded(&folder, MIB).await;
    let fitted = fill(&store).await;
    drop(store);

    let store = folder.open().await;

    let payload = [b'x'; 10_000];
    append(&store, "a-1", fitted, events(fitted.into(), &[&payload]))
        .await
        .unwrap();
    assert_eq!(count(&store, "a-1").await as u64, fitted + 1);
}

#[tokio::test]
async fn neighbours_in_a_batch_do_not_fail_with_the_guilty_one() {
    let folder = folder();
    let store = bounded(&folder, MIB).await;
    let giant = vec![b'x'; 2 << 20];
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut appends = join_all((0..21).map(|number| {
        let (store, giant) = (store.clone(), &giant);
        async move {
            let payload = if number == 10 { &giant[..] } else { b"small" };
            append(
                &store,
                &format!("a-{number}"),
                0,
                events(number, &[payload]),
            )
            .await
        }
    }));

    // All wait for the lock, so all but the first share a batch.
    super::sharing::begin(&mut appends).await;
    shell.execute_batch("COMMIT").unwrap();
    let outcomes = appends.await;

    for (number, outcome) in outcomes.into_iter().enumerate() {
        let expected = (number == 10).then_some(StoreErrorKind::Full);
        assert_eq!(kind(outcome), expected, "append {number}");
        let written = usize::from(number != 10);
        assert_eq!(count(&store, &format!("a-{number}")).await, written);
    }
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_fails_alone() {
    let folder = folder();
    let store = bounded(&folder, MIB).await;
    let snapshot = Snapshot {
        stream: StreamName::new("a-1").unwrap(),
        version: es_core::stream::Version::new(1),
        time: chrono::DateTime::UNIX_EPOCH,
        fingerprint: es_core::store::Fingerprint::new(1),
        state: vec![0; 2 << 20],
    };

    let saved = store.save(snapshot).await;

    assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::Full);
    append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
}
