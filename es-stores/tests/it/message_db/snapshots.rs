//! Where snapshots stand, and which are ours.

use es_core::store::{EventStore, Fingerprint, Snapshot};
use es_core::stream::{StreamName, Version};
use es_stores::MessageDbOptions;
use es_stores::conformance::Harness as _;
use serde_json::json;

use super::{Database, stored};

fn snapshot(version: u64) -> Snapshot {
    Snapshot {
        stream: StreamName::new("bank::account-a-1").unwrap(),
        version: Version::new(version),
        time: chrono::DateTime::UNIX_EPOCH,
        fingerprint: Fingerprint::new(7),
        state: format!("{{\"cents\": {version}}}").into_bytes(),
    }
}

#[tokio::test]
async fn a_snapshot_is_a_message_that_protean_takes_for_none_of_its_own() {
    let place = Database::new();
    let store = place.open().await;

    store.snapshots().unwrap().save(snapshot(3)).await.unwrap();

    let rows = stored(&place.session().await, "bank::account:snapshot-a-1").await;
    let (data, metadata) = &rows[0];
    assert_eq!(*data, json!({"_version": 2, "_es": {"cents": 3}}));
    assert_eq!(metadata["_es"]["fingerprint"], "0000000000000007");
}

#[tokio::test]
async fn a_suffix_keeps_snapshots_apart() {
    let place = Database::new();
    let store = place
        .store_with(MessageDbOptions::new().snapshot_suffix("es"))
        .await;

    let snapshots = store.snapshots().unwrap();
    snapshots.save(snapshot(3)).await.unwrap();

    let session = place.session().await;
    let rows = stored(&session, "bank::account:snapshot-a-1+es").await;
    assert_eq!(rows[0].0, json!({"_version": -1, "_es": {"cents": 3}}));
    assert!(
        stored(&session, "bank::account:snapshot-a-1")
            .await
            .is_empty()
    );
    assert_eq!(
        snapshots.load(&snapshot(3).stream).await.unwrap(),
        Some(snapshot(3))
    );
}

#[tokio::test]
async fn snapshots_of_others_are_passed_over() {
    let place = Database::new();
    let store = place.open().await;
    let session = place.session().await;
    let snapshots = store.snapshots().unwrap();
    let foreign = "SELECT write_message(gen_random_uuid()::varchar, 'bank::account:snapshot-a-1', \
                   'SNAPSHOT', '{\"_version\": 7}', $1::text::jsonb)";
    session.execute(foreign, &[&None::<&str>]).await.unwrap();
    assert_eq!(snapshots.load(&snapshot(3).stream).await.unwrap(), None);
    snapshots.save(snapshot(3)).await.unwrap();
    session.execute(foreign, &[&None::<&str>]).await.unwrap();
    session
        .execute(foreign, &[&Some("[\"_es\"]")])
        .await
        .unwrap();
    session
        .execute(foreign, &[&Some("{\"_es\": {\"version\": {}}}")])
        .await
        .unwrap();

    let loaded = snapshots.load(&snapshot(3).stream).await.unwrap();
    snapshots.save(snapshot(4)).await.unwrap();

    assert_eq!(loaded, None, "what does not read is none");
    assert_eq!(
        snapshots.load(&snapshot(3).stream).await.unwrap(),
        Some(snapshot(4))
    );
    assert!(snapshots.delete(&snapshot(3).stream).await.unwrap());
    let left = stored(&session, "bank::account:snapshot-a-1").await;
    assert_eq!(left.len(), 2, "those of others stay");
}
