//! What only the store in SQLite does.

use es_stores::conformance::Harness;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};

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
}

impl Harness for Folder {
    type Store = SqliteStore;

    async fn open(&self) -> SqliteStore {
        let options = SqliteOptions::new().synchronous(self.synchronous);
        let path = self.folder.path().join("events.db");
        SqliteStore::open_with(path, options)
            .await
            .expect("the store opens")
    }
}
