//! What people see in the `sqlite3` shell.

use es_core::store::{Durability, EventStore, EventStoreExt as _, StoreErrorKind};
use es_stores::Synchronous;
use es_stores::conformance::Harness;

use super::{Folder, append, events, folder};

#[tokio::test]
async fn payloads_that_are_json_can_be_queried() {
    let folder = folder();
    let store = folder.open().await;
    let payloads: [&[u8]; 3] = [
        br#"{"cents":5,"by":{"name":"Ada"}}"#,
        br#"{"cents":7}"#,
        b"{\"cents\":30}",
    ];
    append(&store, "bank::account-1", 0, events(1, &payloads))
        .await
        .unwrap();

    let (cents, name): (i64, String) = folder
        .shell()
        .query_row(
            "SELECT sum(data ->> '$.cents'), max(data ->> '$.by.name') FROM event_log WHERE category = 'bank::account'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();

    assert_eq!((cents, name.as_str()), (42, "Ada"));
}

#[tokio::test]
async fn the_log_shows_names_times_and_ids_as_text() {
    let folder = folder();
    let store = folder.open().await;
    let id = 0x0192_9a4e_5f6a_7c3e_8a51_3f1d_2c4b_5a69;
    append(&store, "bank::account-1-a", 0, events(id, &[b"{}"]))
        .await
        .unwrap();

    let row: (i64, String, String, i64, String, String, String) = folder
        .shell()
        .query_row(
            "SELECT position, stream, category, version, time, id, type FROM event_log",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            },
        )
        .unwrap();

    assert_eq!((row.0, row.3), (1, 1));
    assert_eq!((&*row.1, &*row.2), ("bank::account-1-a", "bank::account"));
    assert_eq!(row.4, "2024-06-15T12:00:00.123456Z");
    assert_eq!(row.5, "01929a4e-5f6a-7c3e-8a51-3f1d2c4b5a69");
    assert_eq!(row.6, "Test.Happened.v1");
}

#[tokio::test]
async fn the_position_of_an_event_deleted_by_hand_is_not_given_again() {
    let folder = folder();
    let store = folder.open().await;
    append(&store, "a-1", 0, events(1, &[b"{}"; 3]))
        .await
        .unwrap();
    folder.shell().execute_batch("DELETE FROM events").unwrap();

    append(&store, "b-1", 0, events(4, &[b"{}"])).await.unwrap();

    assert_eq!(store.head().await.unwrap(), 4);
}

#[tokio::test]
async fn what_is_declared_follows_the_option() {
    for (synchronous, durability) in [
        (Synchronous::Full, Durability::Power),
        (Synchronous::Normal, Durability::Process),
    ] {
        let folder = Folder::new(synchronous);

        let capabilities = folder.open().await.capabilities();

        assert_eq!(
            (capabilities.durability, capabilities.multi_stream),
            (durability, true)
        );
    }
}

#[tokio::test]
async fn a_damaged_row_is_told_with_its_stream_version_and_type() {
    for damage in [
        "UPDATE events SET id = x'00' WHERE version = 2",
        "UPDATE events SET time = 9223372036854775807 WHERE version = 2",
        "UPDATE events SET version = -2 WHERE version = 2",
    ] {
        let folder = folder();
        let store = folder.open().await;
        append(&store, "bank::account-1", 0, events(1, &[b"{}", b"{}"]))
            .await
            .unwrap();
        folder.shell().execute(damage, []).unwrap();

        let error = store.read_all().collect().await.unwrap_err();

        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{damage}");
        let told = error.to_string();
        assert!(told.contains("2 of `bank::account-1`, a `"), "{told}");
        assert!(
            told.contains("holds a value that no store writes"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_part_of_the_schema_that_is_missing_is_told() {
    for damage in [
        "DROP INDEX events_by_category",
        "PRAGMA foreign_keys = OFF; DROP TABLE categories",
    ] {
        let folder = folder();
        let store = folder.open().await;
        append(&store, "bank::account-1", 0, events(1, &[b"{}"]))
            .await
            .unwrap();
        drop(store);
        folder.shell().execute_batch(damage).unwrap();

        let refused = match es_stores::SqliteStore::open(folder.path()).await {
            Ok(store) => store
                .read_category("bank::account")
                .collect()
                .await
                .unwrap_err(),
            Err(error) => error,
        };

        assert_eq!(
            refused.kind(),
            StoreErrorKind::Corrupt,
            "{damage}: {refused}"
        );
        assert!(refused.to_string().contains("is missing"), "{refused}");
    }
}
