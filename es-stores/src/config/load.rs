//! Where a configuration is read from.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::file::File;
use super::providers::{Providers, StoreSource};
use super::read::Parts;
use super::{Config, layout, variables};
use crate::settings::{Place, Settings, SettingsError, list};

const FILE: &str = "domain.toml";
/// The folder itself, and up to two parents.
const FOLDERS: usize = 3;

/// Reads a [`Config`], from where and with what it is told.
///
/// ```
/// # fn main() -> Result<(), es_stores::SettingsError> {
/// use es_stores::Config;
///
/// let config = Config::loader()
///     .variables(|name| (name == "BANK").then(|| "bank".to_owned()))
///     .toml(r#"name = "${BANK}""#)?;
/// assert_eq!(config.name(), Some("bank"));
/// # Ok(())
/// # }
/// ```
#[must_use = "it reads when it is told what: `load`, `file` or `toml`"]
pub struct ConfigLoader {
    folder: Option<PathBuf>,
    environment: Environment,
    store_uri: Option<String>,
}

impl ConfigLoader {
    pub(super) fn new() -> Self {
        Self {
            folder: None,
            environment: Environment::Process,
            store_uri: None,
        }
    }

    /// Looks for `domain.toml` from this folder upwards; from the working folder unless told
    /// otherwise.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Takes these variables, `ES_ENV` and `ES_STORE_URI` included, instead of the process's. A test
    /// need not change what all tests share.
    pub fn variables(mut self, variables: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.environment = Environment::Given(Box::new(variables));
        self
    }

    /// Keeps events in the store of this URI, whatever the file and `ES_STORE_URI` say: for a
    /// program with an option on its command line. The URI is one of [`connect`](crate::connect),
    /// or of a provider of the program.
    pub fn store_uri(mut self, uri: impl Into<String>) -> Self {
        self.store_uri = Some(uri.into());
        self
    }

    /// Looks for `domain.toml` and reads it, or `ES_STORE_URI` where there is none.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where, or where was looked.
    pub fn load(self) -> Result<Config, SettingsError> {
        let nowhere = File { path: None };
        let folder = match &self.folder {
            Some(folder) => std::path::absolute(folder),
            None => std::env::current_dir(),
        };
        let folder = folder
            .map_err(|error| nowhere.refuse(format!("the working folder is not known: {error}")))?;
        let folders = folder.ancestors().take(FOLDERS).collect::<Vec<_>>();
        for folder in &folders {
            let path = folder.join(FILE);
            if let Some(text) = read(&path)? {
                return self.parse(Some(path.into()), &text);
            }
        }
        if self.store_by_uri(&nowhere)?.is_some() {
            return self.parse(None, "");
        }
        let folders = folders
            .iter()
            .map(|folder| folder.to_string_lossy())
            .collect::<Vec<_>>();
        Err(nowhere.refuse(format!(
            "there is no `{FILE}` in {}, and `ES_STORE_URI` is not set; write the one, or set the \
             other, as in `ES_STORE_URI=sqlite://bank.db`",
            list(folders.iter().map(AsRef::as_ref), "or")
        )))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Config, SettingsError> {
        let path = path.as_ref();
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        match read(&path)? {
            Some(text) => self.parse(Some(path.into()), &text),
            None => {
                let problem = format!("there is no `{}`", path.display());
                Err(File { path: None }.refuse(problem))
            }
        }
    }

    /// Reads a text in the form of `domain.toml`.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where.
    pub fn toml(self, text: &str) -> Result<Config, SettingsError> {
        self.parse(None, text)
    }

    fn parse(self, path: Option<Arc<Path>>, text: &str) -> Result<Config, SettingsError> {
        let file = File { path };
        let root = file.parse(text)?;
        let store = self.store_by_uri(&file)?;
        // Where there is no file, there is nothing to lay over.
        let environment = match text.is_empty() {
            true => None,
            false => self.variable(&file, "ES_ENV")?,
        };
        let mut table = layout::in_effect(root, environment.as_deref(), &file)?;
        if store.is_some() {
            table.remove("event_store");
        }
        variables::fill(&mut table, &file, &self.environment)?;
        let store = match store {
            Some(store) => store,
            None => StoreSource::section(table.remove("event_store"), file.path.clone()),
        };
        let mut root = Settings::new(Place::nowhere(), file.path.clone(), table);
        let parts = Parts::read(&mut root)?;
        Ok(Config {
            file: file.path,
            environment,
            name: parts.name,
            snapshot_every: parts.snapshot_every,
            aggregates: parts.aggregates,
            log_filter: parts.log_filter,
            store,
            providers: Providers::default(),
        })
    }

    fn store_by_uri(&self, file: &File) -> Result<Option<StoreSource>, SettingsError> {
        const VARIABLE: &str = "ES_STORE_URI";
        let (uri, named_by) = match &self.store_uri {
            Some(uri) => (Some(uri.clone()), None),
            None => (self.variable(file, VARIABLE)?, Some(VARIABLE)),
        };
        Ok(uri.map(|uri| StoreSource::Uri { uri, named_by }))
    }

    fn variable(&self, file: &File, name: &str) -> Result<Option<String>, SettingsError> {
        self.environment
            .get_filled(name)
            .map_err(|problem| file.refuse(problem))
    }
}

impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigLoader")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The text of a file, where there is one.
fn read(path: &Path) -> Result<Option<String>, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let problem = format!("`{}` can not be read: {error}", path.display());
            Err(File { path: None }.refuse(problem))
        }
    }
}
