//! Which store is meant, and opening it.

use std::sync::Arc;

use es_core::store::EventStore;
use es_stores::{Config, SettingsError};

use crate::arguments::Common;
use crate::failure::{Failure, chain};

/// What opening a store may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    /// Nothing: it is opened as it is.
    Nothing,
    /// A file and tables that are missing or older.
    WhatIsMissing,
}

/// The store of `--store`, of the file that `--config` names, of `ES_STORE_URI` or of the
/// `domain.toml` found.
pub(crate) async fn open(common: &Common, making: Making) -> Result<Arc<dyn EventStore>, Failure> {
    let config = config(common)?;
    Ok(as_wanted(config, making).store().await?)
}

/// The store of this URI.
pub(crate) async fn open_uri(uri: &str, making: Making) -> Result<Arc<dyn EventStore>, Failure> {
    let config = Config::loader().store_uri(uri).toml("")?;
    Ok(as_wanted(config, making).store().await?)
}

fn as_wanted(config: Config, making: Making) -> Config {
    match making {
        Making::Nothing => config.as_it_is(),
        Making::WhatIsMissing => config,
    }
}

fn config(common: &Common) -> Result<Config, Failure> {
    let mut loader = Config::loader();
    if let Some(uri) = &common.store {
        // A file has no say then, and what may be wrong in it does not matter.
        return Ok(loader.store_uri(uri).toml("")?);
    }
    if let Some(file) = &common.config {
        return Ok(loader.file(file)?);
    }
    loader = loader.folder(".");
    loader.load().map_err(|error| not_found(&error))
}

fn not_found(error: &SettingsError) -> Failure {
    let problem = chain(error);
    let failure = Failure::usage(&problem);
    match problem.contains("ES_STORE_URI` is not set") {
        true => failure.help("or name a store: `--store sqlite://bank.db`"),
        false => failure,
    }
}
