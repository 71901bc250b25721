//! What only the store in SQLite does.

mod ahead;
mod in_place;
mod opening;
mod plans;
mod processes;
mod sharing;
mod size;
mod tables;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, AppendError, EventStore, EventStoreExt, Expected};
use es_core::stream::{StreamName, Version};
use es_stores::conformance::Harness;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};
use rusqlite::Connection;
use uuid::Uuid;

/// A folder with one database in it.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    synchronous: Synchronous,
}

impl Folder {
    pub(crate) fn new(synchronous: Synchronous) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        Self {
            folder,
            synchronous,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("events.db")
    }

    /// The database as a person with a shell has it.
    fn shell(&self) -> Connection {
        Connection::open(self.path()).expect("the database opens")
    }

    /// What lies in the folder, by name, with its bytes.
    fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder is read");
        let mut contents: Vec<_> = files
            .map(|file| file.expect("the folder is read").path())
            .map(|path| (path.clone(), std::fs::read(path).expect("the file is read")))
            .collect();
        contents.sort();
        contents
    }
}

impl Harness for Folder {
    type Store = SqliteStore;

    async fn open(&self) -> SqliteStore {
        let options = SqliteOptions::new().synchronous(self.synchronous);
        let store = SqliteStore::open_with(self.path(), options).await;
        store.expect("the store opens")
    }
}

fn folder() -> Folder {
    Folder::new(Synchronous::Full)
}

/// Events, one for each payload, with ids that follow `first_id`.
fn events(first_id: u128, payloads: &[impl AsRef<[u8]>]) -> NewEvents {
    let mut events = NewEvents::new();
    for (id, data) in (first_id..).zip(payloads) {
        events.push(NewEvent {
            id: Uuid::from_u128(id),
            time: DateTime::from_timestamp_micros(1_718_452_800_123_456).expect("in range"),
            event_type: "Test.Happened.v1",
            data: data.as_ref(),
            metadata: b"",
        });
    }
    events
}

/// Appends to one stream, expecting a version.
async fn append(
    store: &impl EventStore,
    stream: &str,
    version: u64,
    events: NewEvents,
) -> Result<(), AppendError> {
    let stream = StreamName::new(stream).expect("a proper name");
    let expected = Expected::Version(Version::new(version));
    store
        .append(Arc::new(Append::to(stream, expected, events)))
        .await?;
    Ok(())
}

/// How many events a stream has, by reading them all.
async fn count(store: &impl EventStore, stream: &str) -> usize {
    let events = store.read_stream(stream).collect().await;
    events.expect("the stream is read").len()
}
