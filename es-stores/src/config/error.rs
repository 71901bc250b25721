//! A configured domain could not be made.

use std::error::Error as StdError;
use std::fmt;

use es_core::ConfigError;
use es_core::store::StoreError;

use crate::settings::SettingsError;

/// A domain could not be made as it is configured.
#[derive(Debug)]
#[non_exhaustive]
pub enum DomainError {
    /// The file or the variables say something that can not be. Nothing was opened; somebody has to
    /// mend it.
    Settings(SettingsError),
    /// The domain's aggregates do not fit together, or not to what is configured.
    Domain(ConfigError),
    /// The store could not be opened. [`StoreError::kind`] says whether it is worth another try.
    Store {
        /// Where the store is named, as in "domain.toml:5: `event_store.database_uri`".
        named_by: Option<String>,
        /// What the store said.
        error: StoreError,
    },
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(error) => error.fmt(f),
            Self::Domain(error) => error.fmt(f),
            Self::Store { named_by, error } => {
                if let Some(place) = named_by {
                    write!(f, "{place}: ")?;
                }
                error.fmt(f)
            }
        }
    }
}

impl StdError for DomainError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Settings(error) => error.source(),
            Self::Domain(error) => error.source(),
            Self::Store { error, .. } => error.source(),
        }
    }
}

impl From<SettingsError> for DomainError {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error)
    }
}

impl From<ConfigError> for DomainError {
    fn from(error: ConfigError) -> Self {
        Self::Domain(error)
    }
}

impl From<StoreError> for DomainError {
    fn from(error: StoreError) -> Self {
        let named_by = None;
        Self::Store { named_by, error }
    }
}
