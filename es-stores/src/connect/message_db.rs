//! Message DB as a URI and settings describe it.

use std::sync::Arc;

use es_core::store::EventStore;

use super::{Open, Uri};
use crate::settings::{Settings, SettingsError};
use crate::{MessageDbOptions, MessageDbStore};

pub(super) async fn open(uri: &Uri, mut settings: Settings) -> Result<Arc<dyn EventStore>, Open> {
    let options = options(&mut settings)?;
    let uri = uri.for_driver(&settings.take_options());
    settings.finish()?;
    Ok(Arc::new(MessageDbStore::connect_with(&uri, options).await?))
}

fn options(settings: &mut Settings) -> Result<MessageDbOptions, SettingsError> {
    let mut options = MessageDbOptions::new();
    if let Some(connections) = settings.integer("pool_size")? {
        options = options.pool_size(connections);
    }
    if let Some(timeout) = settings.duration_or_seconds("connect_timeout")? {
        options = options.connect_timeout(timeout);
    }
    if let Some(timeout) = settings.duration("wait_timeout")? {
        options = options.wait_timeout(timeout);
    }
    if let Some(timeout) = settings.duration("statement_timeout")? {
        options = options.statement_timeout(timeout);
    }
    if let Some(suffix) = settings.string("snapshot_suffix")? {
        options = options.snapshot_suffix(suffix);
    }
    Ok(options)
}
