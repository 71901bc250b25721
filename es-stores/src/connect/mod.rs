//! A store by its URI.

#[cfg(feature = "message-db")]
mod message_db;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod uri;

use std::sync::Arc;

use es_core::store::{EventStore, StoreError, StoreErrorKind};

pub(crate) use store::{Known, Open, Opening};
pub(crate) use uri::Uri;

use crate::settings::{Settings, SettingsError, Table};

/// Opens the store that `uri` names.
///
/// | URI | store | feature |
/// |---|---|---|
/// | `memory://` | a new one in memory | |
/// | `sqlite://bank.db`, `sqlite:bank.db` | a file, relative to the working folder | `sqlite` |
/// | `sqlite:///var/lib/bank.db` | a file, absolute | `sqlite` |
/// | `postgres://user:password@host:5432/database`, `postgresql://…` | a schema of its own in a PostgreSQL database | `postgres` |
/// | `message-db://user:password@host:5432/database` | Message DB in a PostgreSQL database | `message-db` |
///
/// Options follow as in `sqlite://bank.db?synchronous=normal`, joined by `&`; what a URI's own
/// syntax would take is escaped, as in `%3F` for `?`, `%25` for `%` and `%40` for an `@` in a
/// password.
///
/// | store | option | is |
/// |---|---|---|
/// | `sqlite` | `synchronous` | `full`, the default, or `normal` |
/// | | `create` | whether a file that is missing is made, `true` |
/// | | `readers` | how many reads run at the same time, 4 |
/// | | `lock_wait` | how long to wait for another process, `60s` |
/// | | `max_size_bytes` | what the file may grow to |
/// | `postgres` | `schema` | the schema that holds the tables, `es` |
/// | | `writers` | how many batches of appends are written at a time, 4 |
/// | | `migrate` | whether the tables are made and brought up to date, `true` |
/// | `postgres`, `message-db` | `pool_size` | how many connections at the most |
/// | | `connect_timeout` | how long making a connection may take, as in `5s` |
/// | | `wait_timeout` | how long to wait for a connection of the pool |
/// | | `statement_timeout` | how long a statement may take |
/// | `message-db` | `snapshot_suffix` | what our snapshots' names end with, where Protean programs load the same aggregates |
///
/// Durations are a number and a unit: `500ms`, `5s`, `2m`, `1h`. What else stands in the query of
/// the URI of a PostgreSQL goes to its driver, such as `sslmode=require`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = es_stores::connect("memory://").await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StoreError`] of the kind [`StoreErrorKind::Invalid`] where the URI names no known store or an
/// unknown option, [`StoreErrorKind::Unsupported`] where the feature of its store is not compiled
/// in, else what opening the store answers. The URI itself never shows, since it may hold a
/// password.
pub async fn connect(uri: &str) -> Result<Arc<dyn EventStore>, StoreError> {
    open(uri, Opening::Makes).await
}

pub(crate) async fn open(uri: &str, opening: Opening) -> Result<Arc<dyn EventStore>, StoreError> {
    let uri = Uri::parse(uri).map_err(invalid)?;
    let Some(store) = Known::of_scheme(&uri.scheme) else {
        return Err(invalid(format_args!(
            "the scheme `{}` is unknown, known are {}",
            uri.scheme,
            Known::schemes()
        )));
    };
    let settings = Settings::new(uri.place(), None, Table::new());
    store
        .open(&uri, settings, opening)
        .await
        .map_err(Open::into_store)
}

impl Open {
    fn into_store(self) -> StoreError {
        match self {
            Self::Settings(error) => invalid(error),
            Self::NotCompiled(store) => StoreError::new(
                StoreErrorKind::Unsupported,
                format!(
                    "connect: the scheme `{}` needs the feature `{1}` of `es-stores`, which is \
                     not compiled in; `cargo add es-stores --features {1}` adds it",
                    store.scheme(),
                    store.feature()
                ),
            ),
            Self::Store(error) => error,
        }
    }
}

impl From<SettingsError> for Open {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}

impl From<StoreError> for Open {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Percent-decoding, as URIs have it.
#[cfg(any(feature = "message-db", feature = "postgres"))]
pub(crate) fn unescape(text: &str) -> Result<String, StoreError> {
    uri::unescape(text).ok_or_else(|| invalid(format_args!("the URI {}", uri::BAD_ESCAPE)))
}

fn invalid(why: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, format!("connect: {why}"))
}
