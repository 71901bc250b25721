//! The stores that come with the crate, by their settings.

use super::read;
use es_core::store::Durability;

#[tokio::test]
async fn without_a_section_events_are_in_memory() {
    for toml in [
        "name = \"bank\"",
        "name = \"bank\"\n[event_store]\nprovider = \"memory\"",
    ] {
        let domain = read(toml).unwrap().domain().await.unwrap();

        assert_eq!(domain.store().capabilities().durability, Durability::None);
    }
}

#[tokio::test]
async fn the_section_goes_before_the_options_of_the_uri() {
    let folder = tempfile::tempdir().unwrap();
    let durability = async |options: &str, settings: &str| {
        let folder = folder.path().display();
        let toml = format!(
            "[event_store]\ndatabase_uri = \"sqlite://{folder}/bank.db{options}\"\n{settings}"
        );
        let store = read(&toml).unwrap().store().await.unwrap();
        store.capabilities().durability
    };

    let normal = "synchronous = \"normal\"";
    assert_eq!(durability("", "").await, Durability::Power);
    assert_eq!(
        durability("?synchronous=normal", "").await,
        Durability::Process
    );
    assert_eq!(
        durability("?synchronous=full", normal).await,
        Durability::Process
    );
    let all = "readers = 2\nlock_wait = \"5s\"\nmax_size_bytes = 10_000_000\nprovider = \"sqlite\"";
    assert_eq!(durability("", all).await, Durability::Power);
}

#[tokio::test]
async fn the_builder_can_be_told_more() {
    let config = read("name = \"bank\"\nsnapshot_every = 25").unwrap();

    let domain = config
        .builder()
        .await
        .unwrap()
        .snapshot_every(50)
        .build()
        .unwrap();

    assert!(format!("{domain:?}").contains("snapshot_every: 50"));
}
