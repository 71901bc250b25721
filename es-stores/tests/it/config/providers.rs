//! Providers that a program registers.

use std::time::Duration;

use super::{read, with};
use es_core::store::{Durability, MemoryStore, StoreError, StoreErrorKind};
use es_stores::{Config, DomainError, Settings};

/// A provider with settings of every type.
async fn open(mut settings: Settings) -> Result<MemoryStore, DomainError> {
    let uri = settings.required("database_uri")?;
    if !uri.starts_with("umadb:") {
        return Err(settings.refuse("database_uri", "is no `umadb:`").into());
    }
    let batch = settings.integer::<u8>("batch")?.unwrap_or(50);
    let patience = settings.duration("patience")?;
    let eager = settings.boolean("eager")?.unwrap_or_default();
    let fsync = settings.one_of("fsync", &[("always", true), ("never", false)])?;
    settings.finish()?;
    if uri.ends_with("down") {
        let down = StoreError::new(StoreErrorKind::Unavailable, "reach the server");
        return Err(down.into());
    }
    let expected = (100, Some(Duration::from_millis(1_500)), true, Some(false));
    assert!(uri.ends_with("plain") || (batch, patience, eager, fsync) == expected);
    Ok(MemoryStore::new())
}

fn section(settings: &str) -> Config {
    let toml = format!("name = \"bank\"\n[event_store]\nprovider = \"umadb\"\n{settings}");
    read(&toml).unwrap().provider("umadb", open)
}

#[tokio::test]
async fn one_is_given_its_settings() {
    let settings = "database_uri = \"umadb://host\"\nbatch = 100\npatience = \"1500ms\"\n\
                    eager = true\nfsync = \"never\"";

    assert!(section(settings).domain().await.is_ok());
}

#[tokio::test]
async fn what_it_refuses_is_told_where_it_stands() {
    for (settings, told) in [
        (
            "",
            "line 2: `event_store.database_uri` is missing; write it",
        ),
        (
            "database_uri = \"http://\"",
            "line 4: `event_store.database_uri` is no `umadb:`",
        ),
        (
            "database_uri = \"umadb://plain\"\nbatch = 1000",
            "line 5: `event_store.batch` is too large",
        ),
        (
            "database_uri = \"umadb://plain\"\nbatchs = 5",
            "line 5: the key `event_store.batchs` is unknown, did you mean `batch`?",
        ),
        (
            "database_uri = \"umadb://down\"",
            "line 4: `event_store.database_uri`: could not reach the server",
        ),
    ] {
        let error = section(settings).domain().await.unwrap_err();

        assert_eq!(error.to_string(), told);
    }
}

#[tokio::test]
async fn the_variable_reaches_it_by_its_scheme_and_the_uri_too() {
    let by_variable = with(&[("ES_STORE_URI", "umadb://plain")])
        .toml("name = \"bank\"")
        .unwrap();
    let by_variable = by_variable.provider("umadb", open);
    let by_uri = read("name = \"bank\"\n[event_store]\ndatabase_uri = \"umadb://plain\"").unwrap();
    let down = with(&[("ES_STORE_URI", "umadb://down")]).toml("").unwrap();

    assert!(by_variable.domain().await.is_ok());
    assert!(by_uri.provider("umadb", open).domain().await.is_ok());
    assert_eq!(
        down.provider("umadb", open)
            .store()
            .await
            .unwrap_err()
            .to_string(),
        "`ES_STORE_URI`: could not reach the server"
    );
}

#[tokio::test]
async fn one_of_this_crate_can_be_replaced() {
    let config = read("name = \"bank\"\n[event_store]\nprovider = \"sqlite\"").unwrap();
    let config = config.provider("sqlite", |settings| async move {
        settings.finish()?;
        Ok(MemoryStore::new())
    });

    let store = config.store().await.unwrap();

    assert_eq!(store.capabilities().durability, Durability::None);
}
