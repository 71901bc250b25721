//! Users other than the owner.

use es_core::store::{EventStore, EventStoreExt, Fingerprint, Snapshot, StoreErrorKind};
use es_core::stream::{Position, StreamName, Version};
use es_stores::MessageDbStore;

use super::Database;
use crate::on_servers::{Place as _, append, tells};
use crate::servers::{Uri, fresh_name};

/// A user with the rights that are granted here, and what removes it.
async fn user(place: &Database, grant: &str) -> (Uri, String) {
    let name = fresh_name();
    let session = place.session().await;
    let make = format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'x'; {}",
        grant.replace("{user}", &name)
    );
    session.batch_execute(&make).await.unwrap();
    (place.uri().user(&name, "x"), name)
}

async fn forget(place: &Database, name: &str) {
    let drop = format!("DROP OWNED BY {name}; DROP ROLE {name}");
    place.session().await.batch_execute(&drop).await.unwrap();
}

#[tokio::test]
async fn whoever_has_message_dbs_role_reads_writes_and_keeps_snapshots() {
    let place = Database::new();
    let (uri, name) = user(&place, "GRANT message_store TO {user}").await;

    let store = MessageDbStore::connect(uri.as_str()).await.unwrap();
    append(&store, "a-1", 0, 1).await;
    let head = store.wait_beyond(Position::START).await.unwrap();
    let snapshots = store.snapshots().unwrap();
    let stream = StreamName::new("a-1").unwrap();
    let saved = Snapshot {
        stream: stream.clone(),
        version: Version::new(1),
        time: chrono::DateTime::UNIX_EPOCH,
        fingerprint: Fingerprint::new(7),
        state: b"{}".to_vec(),
    };
    snapshots.save(saved.clone()).await.unwrap();

    assert_eq!(head, 1);
    assert_eq!(store.read_all().collect().await.unwrap().len(), 1);
    assert_eq!(snapshots.load(&stream).await.unwrap(), Some(saved));
    for refusal in [
        snapshots.delete(&stream).await.map(|_| ()),
        snapshots.delete_all().await.map(|_| ()),
    ] {
        let words = ["GRANT DELETE ON message_store.messages"];
        tells(&refusal.unwrap_err(), StoreErrorKind::Unsupported, &words);
    }
    assert!(snapshots.load(&stream).await.unwrap().is_some());
    drop(store);
    forget(&place, &name).await;
}

#[tokio::test]
async fn whoever_has_no_rights_is_denied() {
    let place = Database::new();
    let (uri, name) = user(&place, "").await;

    let refusal = MessageDbStore::connect(uri.as_str()).await.unwrap_err();

    assert_eq!(refusal.kind(), StoreErrorKind::Denied, "{refusal:?}");
    forget(&place, &name).await;
}
