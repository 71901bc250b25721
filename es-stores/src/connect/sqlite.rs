//! SQLite as a URI and settings describe it.

use std::sync::Arc;

use es_core::store::EventStore;

use super::uri::{BAD_ESCAPE, unescape};
use super::{Open, Opening, Uri};
use crate::settings::{Settings, SettingsError};
use crate::{SqliteOptions, SqliteStore, Synchronous};

pub(super) async fn open(
    uri: &Uri,
    mut settings: Settings,
    opening: Opening,
) -> Result<Arc<dyn EventStore>, Open> {
    let mut options = options(&mut settings)?;
    if opening == Opening::AsItIs {
        options = options.create(false);
    }
    if uri.target.is_empty() {
        return Err(settings
            .refuse_all("the URI names no file; write `sqlite://bank.db`")
            .into());
    }
    let Some(path) = unescape(&uri.target) else {
        return Err(settings
            .refuse_all(&format!("the path {BAD_ESCAPE}"))
            .into());
    };
    let path = settings.path(path);
    settings.finish()?;
    Ok(Arc::new(SqliteStore::open_with(path, options).await?))
}

fn options(settings: &mut Settings) -> Result<SqliteOptions, SettingsError> {
    let mut options = SqliteOptions::new();
    let words = [("full", Synchronous::Full), ("normal", Synchronous::Normal)];
    if let Some(synchronous) = settings.one_of("synchronous", &words)? {
        options = options.synchronous(synchronous);
    }
    if let Some(create) = settings.boolean("create")? {
        options = options.create(create);
    }
    if let Some(readers) = settings.integer("readers")? {
        options = options.readers(readers);
    }
    if let Some(wait) = settings.duration("lock_wait")? {
        options = options.lock_wait(wait);
    }
    if let Some(bytes) = settings.integer("max_size_bytes")? {
        options = options.max_size_bytes(bytes);
    }
    Ok(options)
}
