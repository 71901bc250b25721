//! PostgreSQL as a URI and settings describe it.

use std::sync::Arc;

use es_core::store::EventStore;

use super::{Open, Opening, Uri};
use crate::settings::{Settings, SettingsError};
use crate::{PostgresOptions, PostgresStore};

pub(super) async fn open(
    uri: &Uri,
    mut settings: Settings,
    opening: Opening,
) -> Result<Arc<dyn EventStore>, Open> {
    let mut options = options(&mut settings)?;
    if opening == Opening::AsItIs {
        options = options.migrate(false);
    }
    let uri = uri.for_driver(&settings.take_options());
    settings.finish()?;
    Ok(Arc::new(PostgresStore::connect_with(&uri, options).await?))
}

fn options(settings: &mut Settings) -> Result<PostgresOptions, SettingsError> {
    let mut options = PostgresOptions::new();
    if let Some(schema) = settings.string("schema")? {
        options = options.schema(schema);
    }
    if let Some(migrate) = settings.boolean("migrate")? {
        options = options.migrate(migrate);
    }
    if let Some(connections) = settings.integer("pool_size")? {
        options = options.pool_size(connections);
    }
    if let Some(writers) = settings.integer("writers")? {
        options = options.writers(writers);
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
    Ok(options)
}
