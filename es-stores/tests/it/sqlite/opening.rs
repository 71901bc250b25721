//! What is opened, what is refused, and in which words.

use std::fs;
use std::path::Path;

use es_core::store::{StoreError, StoreErrorKind};
use es_stores::SqliteStore;
use es_stores::conformance::Harness;
use rusqlite::Connection;

use super::{Folder, append, count, events, folder};

async fn refusal(path: impl AsRef<Path>) -> StoreError {
    let opened = SqliteStore::open(path).await;
    opened.expect_err("nothing that could be opened")
}

/// Opening must fail with `kind`, say `words`, and leave the folder as it is.
async fn refuses(folder: &Folder, kind: StoreErrorKind, words: &[&str]) {
    let before = folder.contents();

    let error = refusal(folder.path()).await;

    let message = error.to_string();
    assert_eq!(error.kind(), kind, "{message}");
    for words in words
        .iter()
        .copied()
        .chain([folder.path().to_str().expect("it is text")])
    {
        assert!(
            message.contains(words),
            "`{words}` is missing in: {message}"
        );
    }
    assert!(folder.contents() == before, "something was written");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = folder();
    drop(folder.open().await);
    folder
        .shell()
        .pragma_update(None, "user_version", 2)
        .unwrap();

    let words = ["its schema has version 2, this program knows version 1; update the program"];

    refuses(&folder, StoreErrorKind::NewerSchema, &words).await;
}

#[tokio::test]
async fn a_text_file_is_refused_and_left_alone() {
    for text in ["Dear diary,\n".repeat(1_000), "Hi".to_owned()] {
        let folder = folder();
        fs::write(folder.path(), text).unwrap();

        refuses(
            &folder,
            StoreErrorKind::NotAStore,
            &["it is no SQLite database"],
        )
        .await;
    }
}

#[tokio::test]
async fn a_database_of_somebody_else_is_refused_and_left_alone() {
    for journal in ["DELETE", "WAL"] {
        for mark in [0, 7] {
            let folder = folder();
            let shell = folder.shell();
            shell
                .pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))
                .unwrap();
            shell.pragma_update(None, "application_id", mark).unwrap();
            shell
                .execute_batch("CREATE TABLE events (x); INSERT INTO events VALUES (1)")
                .unwrap();
            drop(shell);

            let words = [
                "it is a SQLite database, but no store of events",
                "name another file",
            ];

            refuses(&folder, StoreErrorKind::NotAStore, &words).await;
        }
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = folder();
    fs::write(folder.path(), "").unwrap();

    let store = folder.open().await;

    append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let folder = folder();

    let error = refusal(folder.folder.path().join("no/such/events.db")).await;

    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(
        error.to_string().contains("no/such`; create it first"),
        "{error}"
    );
}

#[tokio::test]
async fn a_directory_is_no_file() {
    let folder = folder();

    let error = refusal(folder.folder.path()).await;

    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(
        error
            .to_string()
            .ends_with("it is a directory; name a file"),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directory_that_can_not_be_written_is_named() {
    for path in ["/proc/events.db", "/sys/events.db"] {
        let error = refusal(path).await;

        assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{error}");
        let folder = Path::new(path).parent().unwrap().display();
        let words = format!("no file can be made in the directory `{folder}`");
        assert!(error.to_string().contains(&words), "{error}");
    }
}

#[tokio::test]
async fn a_path_that_names_no_file_is_refused() {
    for path in ["", ":memory:"] {
        assert_eq!(refusal(path).await.kind(), StoreErrorKind::Invalid);
    }
}

#[tokio::test]
async fn a_path_of_any_letters_can_be_opened() {
    let folder = folder();
    for name in ["a b?c=d&e#f%41.db", "file:x.db", "größe 🐈.db", "'\".db"] {
        let path = folder.folder.path().join(name);

        let store = SqliteStore::open(&path).await.unwrap();
        append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
        assert_eq!(count(&store, "a-1").await, 1);

        assert!(path.exists(), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_told() {
    let folder = folder();
    let store = folder.open().await;
    let payload = [b'x'; 1_000];
    append(&store, "a-1", 0, events(1, &vec![payload; 100]))
        .await
        .unwrap();
    drop(store);
    let mut bytes = fs::read(folder.path()).unwrap();
    bytes[4_096..].fill(0xa5);
    fs::write(folder.path(), bytes).unwrap();

    let error = match SqliteStore::open(folder.path()).await {
        Err(error) => error,
        Ok(store) => {
            use es_core::store::EventStoreExt;
            store
                .read_all()
                .collect()
                .await
                .expect_err("nothing of it is left")
        }
    };

    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error:?}");
}

#[tokio::test]
async fn a_dropped_store_has_closed_its_file() {
    let folder = folder();
    for version in 0..20 {
        let store = folder.open().await;
        append(&store, "a-1", version, events(version.into(), &[b"{}"]))
            .await
            .unwrap();
        assert_eq!(count(&store, "a-1").await as u64, version + 1);

        drop(store);

        // The log has been folded into the file and taken away.
        assert_eq!(folder.contents().len(), 1);
    }
}

#[tokio::test]
async fn a_clone_keeps_the_store_open() {
    let folder = folder();
    let store = folder.open().await;
    let clone = store.clone();

    drop(store);

    append(&clone, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
    assert_eq!(count(&clone, "a-1").await, 1);
}

#[test]
fn many_threads_can_open_a_new_file_at_once() {
    for _ in 0..10 {
        let folder = folder();

        std::thread::scope(|scope| {
            for thread in 0..16 {
                let folder = &folder;
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .build();
                    runtime.unwrap().block_on(async {
                        let store = folder.open().await;
                        let stream = format!("a-{thread}");
                        append(&store, &stream, 0, events(1, &[b"{}"]))
                            .await
                            .unwrap();
                    });
                });
            }
        });

        let events: i64 = Connection::open(folder.path())
            .unwrap()
            .query_row("SELECT count(*) FROM event_log", [], |row| row.get(0))
            .unwrap();
        assert_eq!(events, 16);
    }
}
