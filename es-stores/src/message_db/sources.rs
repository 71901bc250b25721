//! Message DB's SQL as its npm package has it.

use std::fs;
use std::path::{Path, PathBuf};

use es_core::store::{StoreError, StoreErrorKind};

/// Makes the role; the only file that a role without the right for it can do without.
pub(super) const ROLE: &str = "roles/message-store.sql";

/// The other files in the order of the package's `install.sh`.
const FILES: [&str; 30] = [
    "schema/message-store.sql",
    "extensions/pgcrypto.sql",
    "tables/messages.sql",
    "types/message.sql",
    "functions/message-store-version.sql",
    "functions/hash-64.sql",
    "functions/acquire-lock.sql",
    "functions/category.sql",
    "functions/is-category.sql",
    "functions/id.sql",
    "functions/cardinal-id.sql",
    "functions/stream-version.sql",
    "functions/write-message.sql",
    "functions/get-stream-messages.sql",
    "functions/get-category-messages.sql",
    "functions/get-last-stream-message.sql",
    "indexes/messages-id.sql",
    "indexes/messages-stream.sql",
    "indexes/messages-category.sql",
    "views/stream-summary.sql",
    "views/type-summary.sql",
    "views/stream-type-summary.sql",
    "views/type-stream-summary.sql",
    "views/category-type-summary.sql",
    "views/type-category-summary.sql",
    "privileges/schema.sql",
    "privileges/table.sql",
    "privileges/sequence.sql",
    "privileges/functions.sql",
    "privileges/views.sql",
];

/// One file of the package.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) sql: String,
}

/// Reads all files of an unpacked package, or of its `database` folder.
pub(super) fn read(dir: &Path) -> Result<Vec<Source>, StoreError> {
    let folder = database(dir)?;
    let names = [ROLE].into_iter().chain(FILES);
    names
        .map(|name| {
            let path = folder.join(name);
            let sql = fs::read_to_string(&path).map_err(|error| {
                refused(format!("it needs `{}`", path.display())).because(error)
            })?;
            Ok(Source { name, sql })
        })
        .collect()
}

fn database(dir: &Path) -> Result<PathBuf, StoreError> {
    let folders = [
        dir.to_owned(),
        dir.join("database"),
        dir.join("package").join("database"),
    ];
    let found = folders.into_iter().find(|it| it.join(ROLE).is_file());
    found.ok_or_else(|| {
        refused(format!(
            "`{}` is not the folder of its npm package; unpack what \
             `npm pack @eventide/message-db@1.3.1` fetches and name its folder `package`",
            dir.display()
        ))
    })
}

fn refused(why: impl std::fmt::Display) -> StoreError {
    let action = format!("install Message DB: {why}");
    StoreError::new(StoreErrorKind::Invalid, action)
}
