//! Installing Message DB, and databases without one.

use es_core::store::{EventStoreExt, StoreErrorKind};
use es_stores::conformance::Harness as _;
use es_stores::message_db::install;
use es_stores::{MessageDbOptions, MessageDbStore};

use super::{Database, package};
use crate::on_servers::{Place as _, append, tells};
use crate::servers::session;

#[tokio::test]
async fn what_is_installed_works_in_a_database_of_any_name() {
    let place = Database::empty().await;

    install(place.uri().as_str(), package()).await.unwrap();

    let store = place.open().await;
    append(&store, "a-1", 0, 1).await;
    assert_eq!(store.read_stream("a-1").collect().await.unwrap().len(), 1);
}

#[tokio::test]
async fn installing_again_does_nothing() {
    let place = Database::new();
    append(&place.open().await, "a-1", 0, 1).await;

    install(place.uri().as_str(), package()).await.unwrap();
    install(place.uri().as_str(), "/no/such/folder")
        .await
        .unwrap();

    let events = place.open().await.read_stream("a-1").collect().await;
    assert_eq!(events.unwrap().len(), 1);
}

#[tokio::test]
async fn many_may_install_at_once() {
    let place = Database::empty().await;

    let installs = (0..8).map(|_| {
        let uri = place.uri();
        tokio::spawn(async move { install(uri.as_str(), package()).await })
    });
    for installed in installs.collect::<Vec<_>>() {
        installed.await.unwrap().unwrap();
    }

    place.open().await;
}

#[tokio::test]
async fn a_folder_without_the_package_is_told() {
    let place = Database::empty().await;
    let uri = place.uri();
    let folder = tempfile::tempdir().unwrap();

    let refusal = install(uri.as_str(), folder.path()).await.unwrap_err();

    let path = folder.path().to_str().unwrap();
    tells(
        &refusal,
        StoreErrorKind::Invalid,
        &[path, "npm pack @eventide/message-db"],
    );
    std::fs::create_dir(folder.path().join("roles")).unwrap();
    let role = package().join("database/roles/message-store.sql");
    std::fs::copy(role, folder.path().join("roles/message-store.sql")).unwrap();
    let refusal = install(uri.as_str(), folder.path()).await.unwrap_err();
    tells(
        &refusal,
        StoreErrorKind::Invalid,
        &["schema/message-store.sql"],
    );
}

#[tokio::test]
async fn an_installation_that_fails_leaves_nothing_behind() {
    let place = Database::empty().await;
    let session = session(&place.uri()).await;
    session.batch_execute("CREATE SCHEMA message_store; CREATE VIEW message_store.stream_summary AS SELECT 1 AS one").await.unwrap();

    let refusal = install(place.uri().as_str(), package()).await.unwrap_err();

    assert!(
        refusal.to_string().contains("views/stream-summary.sql"),
        "{refusal:?}"
    );
    let table = session
        .query_one("SELECT to_regclass('message_store.messages')::text", &[])
        .await;
    assert_eq!(table.unwrap().get::<_, Option<String>>(0), None);
}

#[tokio::test]
async fn a_database_without_message_db_is_no_store() {
    let place = Database::empty().await;

    let refusal = MessageDbStore::connect(place.uri().as_str())
        .await
        .unwrap_err();

    let words = ["es_stores::message_db::install", "npm pack", "docker run"];
    tells(&refusal, StoreErrorKind::NotAStore, &words);
}

#[tokio::test]
async fn a_message_db_that_is_too_old_is_told() {
    let place = Database::new();
    let session = place.session().await;
    session
        .batch_execute("DROP FUNCTION acquire_lock")
        .await
        .unwrap();

    let refusal = MessageDbStore::connect(place.uri().as_str())
        .await
        .unwrap_err();

    tells(
        &refusal,
        StoreErrorKind::NotAStore,
        &["acquire_lock", "database/update"],
    );
}

#[tokio::test]
async fn a_suffix_that_makes_no_name_is_refused() {
    let long = "x".repeat(200);
    for suffix in ["", "a\nb", &long] {
        let options = MessageDbOptions::new().snapshot_suffix(suffix);

        let refusal = MessageDbStore::connect_with("postgres://nowhere/x", options).await;

        assert_eq!(refusal.unwrap_err().kind(), StoreErrorKind::Invalid);
    }
}
