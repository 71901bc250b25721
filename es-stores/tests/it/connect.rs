//! Stores by URI.

use es_core::store::{Durability, EventStore as _, StoreError, StoreErrorKind};
use es_stores::connect;

async fn refusal(uri: &str) -> StoreError {
    connect(uri)
        .await
        .expect_err("nothing that could be opened")
}

#[tokio::test]
async fn memory_is_a_new_store_each_time() {
    for uri in ["memory://", "memory:", "MEMORY://"] {
        let store = connect(uri).await.unwrap();

        assert_eq!(store.capabilities().durability, Durability::None);
    }
}

#[tokio::test]
async fn sqlite_takes_a_path_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.db");
    let path = path.to_str().unwrap();
    for (uri, durability) in [
        (format!("sqlite://{path}"), Durability::Power),
        (format!("sqlite:{path}?synchronous=full"), Durability::Power),
        (
            format!("sqlite://{path}?synchronous=normal"),
            Durability::Process,
        ),
        (
            format!("sqlite://{}", path.replace(' ', "%20")),
            Durability::Power,
        ),
    ] {
        let store = connect(&uri).await.unwrap();

        assert_eq!(store.capabilities().durability, durability, "{uri}");
        drop(store);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_uri_that_names_no_store_is_refused_in_words() {
    for (uri, words) in [
        (
            "bank.db",
            "could not connect: the URI has no scheme; write one of `memory`, `sqlite`, `postgres` and `message-db`, as in `sqlite://bank.db`",
        ),
        (
            "mysql://root:secret@host/db",
            "could not connect: the scheme `mysql` is unknown, known are `memory`, `sqlite`, `postgres` and `message-db`",
        ),
        (
            "sqlite://%+1.db",
            "could not connect: the path holds a `%` that is not followed by two hexadecimal digits of UTF-8; write `%25`",
        ),
        (
            "memory://bank",
            "could not connect: nothing follows `memory://`: it takes no name and no option",
        ),
        (
            "sqlite://",
            "could not connect: the URI names no file; write `sqlite://bank.db`",
        ),
        (
            "sqlite://?synchronous=full",
            "could not connect: the URI names no file; write `sqlite://bank.db`",
        ),
        (
            "sqlite://bank.db?synchronos=full",
            "could not connect: the option `synchronos` is unknown, did you mean `synchronous`?",
        ),
        (
            "sqlite://bank.db?synchronous=off",
            "could not connect: `synchronous` is `off`, expected was `full` or `normal`",
        ),
        (
            "sqlite://bank.db?sync=full",
            "could not connect: the option `sync` is unknown, known are `synchronous`, `create`, `readers`, \
             `lock_wait` and `max_size_bytes`",
        ),
        (
            "sqlite://bank.db?lock_wait=5",
            "could not connect: `lock_wait` is `5`, expected was a number and its unit, as in \
             `lock_wait = \"5s\"` or `\"500ms\"`",
        ),
        (
            "sqlite://bank.db?readers=1&readers=2",
            "could not connect: `readers` stands twice in the URI",
        ),
        (
            "postgres://ada:secret@host/db?pool_size=many",
            "could not connect: `pool_size` is `many`, expected was a whole number, as in \
             `pool_size = 8`",
        ),
        (
            "sqlite://100%.db",
            "could not connect: the path holds a `%` that is not followed by two hexadecimal digits of UTF-8; write `%25`",
        ),
    ] {
        let error = refusal(uri).await;

        assert_eq!(error.kind(), StoreErrorKind::Invalid);
        assert_eq!(error.to_string(), words);
    }
}

#[tokio::test]
async fn what_opening_answers_comes_through() {
    let error = refusal("sqlite:///no/such/directory/bank.db").await;

    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}
