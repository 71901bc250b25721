//! The stores that come with this crate, by name.

use std::sync::Arc;

use es_core::store::{EventStore, MemoryStore, StoreError};

use super::Uri;
use crate::settings::{Settings, SettingsError, list};

/// A store of this crate, whether it is compiled in or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Memory,
    Sqlite,
    Postgres,
    MessageDb,
}

/// What opening a store may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Opening {
    /// A file and tables that are missing or older are made.
    #[default]
    Makes,
    /// Nothing: it is opened as it is, or refused.
    AsItIs,
}

/// Why a store could not be opened.
pub(crate) enum Open {
    /// It was described wrongly.
    Settings(SettingsError),
    /// Its feature is off.
    NotCompiled(Known),
    /// It said no itself.
    Store(StoreError),
}

impl Known {
    const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Postgres, Self::MessageDb];

    pub(crate) fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "postgresql" => Some(Self::Postgres),
            _ => Self::ALL.into_iter().find(|known| known.scheme() == scheme),
        }
    }

    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MessageDb => "message-db",
        }
    }

    pub(crate) fn feature(self) -> &'static str {
        self.scheme()
    }

    pub(crate) fn schemes() -> String {
        list(Self::ALL.map(Self::scheme), "and")
    }

    /// The names in `provider = "…"`.
    #[cfg(feature = "config")]
    pub(crate) fn providers() -> [&'static str; 4] {
        Self::ALL.map(Self::provider)
    }

    #[cfg(feature = "config")]
    pub(crate) fn of_provider(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.provider() == name)
    }

    #[cfg(feature = "config")]
    fn provider(self) -> &'static str {
        match self {
            Self::MessageDb => "message_db",
            store => store.scheme(),
        }
    }

    /// Whether a URI may begin so where the store is named already.
    #[cfg(feature = "config")]
    pub(crate) fn takes(self, scheme: &str) -> bool {
        let of_scheme = Self::of_scheme(scheme);
        of_scheme == Some(self) || (self, of_scheme) == (Self::MessageDb, Some(Self::Postgres))
    }

    #[cfg(feature = "config")]
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Memory => "memory://",
            Self::Sqlite => "sqlite://bank.db",
            Self::Postgres | Self::MessageDb => "postgres://user@localhost:5432/bank",
        }
    }

    /// Opens it; what `settings` say goes before the options of the URI.
    pub(crate) async fn open(
        self,
        uri: &Uri,
        settings: Settings,
        opening: Opening,
    ) -> Result<Arc<dyn EventStore>, Open> {
        let settings = settings.or(uri.options()?);
        match self {
            Self::Memory => memory(uri, settings),
            #[cfg(feature = "sqlite")]
            Self::Sqlite => super::sqlite::open(uri, settings, opening).await,
            #[cfg(feature = "postgres")]
            Self::Postgres => super::postgres::open(uri, settings, opening).await,
            #[cfg(feature = "message-db")]
            Self::MessageDb => super::message_db::open(uri, settings).await,
            #[allow(unreachable_patterns, reason = "it is, where all features are on")]
            store => Err(Open::NotCompiled(store)),
        }
    }
}

fn memory(uri: &Uri, settings: Settings) -> Result<Arc<dyn EventStore>, Open> {
    if !uri.rest.is_empty() {
        let nothing = "nothing follows `memory://`: it takes no name and no option";
        return Err(settings.refuse_all(nothing).into());
    }
    settings.finish()?;
    Ok(Arc::new(MemoryStore::new()))
}
