//! A domain as `domain.toml` describes it.

mod files;
mod opening;
mod overlays;
mod providers;
mod refusals;
mod snapshots;
mod variables;

use es_stores::{Config, ConfigLoader, SettingsError};

/// A loader that sees these variables and no others.
fn with(variables: &[(&str, &str)]) -> ConfigLoader {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<std::collections::HashMap<_, _>>();
    Config::loader().variables(move |name| variables.get(name).cloned())
}

/// Reads a text where no variable is set.
fn read(toml: &str) -> Result<Config, SettingsError> {
    with(&[]).toml(toml)
}

/// What is told where a text is read and its domain is made.
async fn refusal(variables: &[(&str, &str)], toml: &str) -> String {
    match with(variables).toml(toml) {
        Err(error) => error.to_string(),
        Ok(config) => match config.domain().await {
            Err(error) => error.to_string(),
            Ok(domain) => panic!("{domain:?} was made of {toml}"),
        },
    }
}
