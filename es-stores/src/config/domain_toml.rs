//! What a `domain.toml` says.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use es_core::store::EventStore;
use es_core::{Domain, DomainBuilder, Snapshots, registry};

use super::providers::{Providers, StoreSource};
use super::{ConfigLoader, DomainError};
use crate::connect::Opening;
use crate::settings::{Place, Settings, SettingsError, nearest};

/// What a `domain.toml` and the variables say, for programs that want a hand in it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use es_stores::Config;
///
/// let config = Config::from_toml(r#"
///     name = "bank"
///     [event_store]
///     provider = "memory"
/// "#)?;
/// let domain = config.builder().await?.snapshot_every(50).build()?;
/// assert_eq!(domain.name().as_str(), "bank");
/// # Ok(())
/// # }
/// ```
pub struct Config {
    pub(super) file: Option<Arc<Path>>,
    pub(super) environment: Option<String>,
    pub(super) name: Option<String>,
    pub(super) snapshot_every: Option<u64>,
    pub(super) aggregates: BTreeMap<String, (Place, Snapshots)>,
    pub(super) log_filter: Option<String>,
    pub(super) store: StoreSource,
    pub(super) providers: Providers,
}

impl Config {
    /// Reads the `domain.toml` of the working folder or up to two parents, or `ES_STORE_URI` alone.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where, or where was looked.
    pub fn load() -> Result<Self, SettingsError> {
        Self::loader().load()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SettingsError> {
        Self::loader().file(path)
    }

    /// Reads a text in the form of `domain.toml`. Relative paths in it begin at the working folder.
    ///
    /// # Errors
    /// [`SettingsError`] that says what is wrong and where.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        Self::loader().toml(text)
    }

    /// Reads it from another folder, or with other variables than the process has.
    pub fn loader() -> ConfigLoader {
        ConfigLoader::new()
    }

    /// Names the domain where the file does not.
    #[must_use]
    pub fn default_name(mut self, name: impl Into<String>) -> Self {
        self.name.get_or_insert_with(|| name.into());
        self
    }

    /// Makes `open` the provider of this name: of `provider = "umadb"` in the file, and of
    /// `ES_STORE_URI` with that scheme. One of this crate's own names is replaced.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use es_core::store::MemoryStore as UmaDb;
    /// use es_stores::Config;
    ///
    /// let config = Config::from_toml(r#"
    ///     name = "bank"
    ///     [event_store]
    ///     provider = "umadb"
    ///     database_uri = "http://localhost:50051"
    ///     batch = 100
    /// "#)?;
    /// let config = config.provider("umadb", |mut settings| async move {
    ///     let uri = settings.required("database_uri")?;
    ///     let batch = settings.integer::<usize>("batch")?.unwrap_or(50);
    ///     settings.finish()?; // whatever was not asked for is a mistake
    /// #   assert_eq!((uri.as_str(), batch), ("http://localhost:50051", 100));
    ///     Ok(UmaDb::new())
    /// });
    /// let domain = config.domain().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn provider<F, Opening, S>(mut self, name: impl Into<String>, open: F) -> Self
    where
        F: Fn(Settings) -> Opening + Send + Sync + 'static,
        Opening: Future<Output = Result<S, DomainError>> + Send + 'static,
        S: EventStore,
    {
        self.providers.add(name.into(), open);
        self
    }

    /// Opens the store as it is: a file that is missing is not made, and tables are neither made nor
    /// brought up to date. For tools that look at a store and change nothing. It goes before the
    /// settings `create` and `migrate`; providers of the program are opened as ever.
    #[must_use]
    pub fn as_it_is(mut self) -> Self {
        self.providers.opening = Opening::AsItIs;
        self
    }

    /// The file it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The overlay that is laid over it.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The domain's name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What `[log]` says, as directives of `tracing_subscriber::EnvFilter`: a `level`, or a whole
    /// `filter` as in `"info,es_stores=debug"`.
    ///
    /// Nothing is installed behind the program's back; it hands this on as it likes:
    ///
    /// ```text
    /// tracing_subscriber::fmt().with_env_filter(config.log_filter().unwrap_or("warn")).init();
    /// ```
    pub fn log_filter(&self) -> Option<&str> {
        self.log_filter.as_deref()
    }

    /// Opens the store alone.
    ///
    /// # Errors
    /// [`DomainError`]: the provider is unknown or not compiled in, its settings are wrong, or it
    /// can not be opened.
    pub async fn store(&self) -> Result<Arc<dyn EventStore>, DomainError> {
        self.store.open(&self.providers).await
    }

    /// Opens the store and begins the domain, for aggregates, a clock or ids to be added.
    ///
    /// # Errors
    /// As [`store`](Self::store), and where there is no name, or an aggregate is configured that
    /// is almost, but not quite, one of the program's.
    pub async fn builder(&self) -> Result<DomainBuilder, DomainError> {
        let Some(name) = &self.name else {
            let problem = "the domain has no name; write `name = \"bank\"` above the sections of \
                           `domain.toml`, or call `es_stores::domain_named(\"bank\")`";
            return Err(self.error(Place::nowhere(), problem.to_owned()).into());
        };
        let aggregates = self.known_aggregates()?;
        let mut domain = Domain::builder(name).event_store(self.store().await?);
        if let Some(events) = self.snapshot_every {
            domain = domain.snapshot_every(events);
        }
        for (category, snapshots) in aggregates {
            domain = domain.snapshots_of(category, snapshots);
        }
        Ok(domain)
    }

    /// Opens the store and makes the domain.
    ///
    /// # Errors
    /// As [`builder`](Self::builder), and as [`DomainBuilder::build`].
    pub async fn domain(&self) -> Result<Domain, DomainError> {
        Ok(self.builder().await?.build()?)
    }

    /// Those that the program has. Programs share a file, so one that it does not have is no
    /// mistake, unless it looks like one.
    fn known_aggregates(&self) -> Result<Vec<(&str, Snapshots)>, SettingsError> {
        let known = registry::aggregates();
        let known = known.flat_map(|known| {
            [
                (known.category, known.category),
                (known.name, known.category),
            ]
        });
        let known = known.collect::<BTreeMap<_, _>>();
        let mut found = Vec::new();
        for (category, (place, snapshots)) in &self.aggregates {
            if registry::aggregates().any(|known| known.category == category) {
                found.push((category.as_str(), *snapshots));
                continue;
            }
            let words = known.keys().copied().collect::<Vec<_>>();
            if let Some(near) = nearest(category, &words) {
                let problem = format!(
                    "no aggregate of this program has the category `{category}`, did you mean \
                     `[aggregates.{}]`?",
                    known[near]
                );
                return Err(self.error(place.clone(), problem));
            }
            tracing::warn!(
                category,
                "an aggregate is configured that this program does not have"
            );
        }
        Ok(found)
    }

    fn error(&self, place: Place, problem: String) -> SettingsError {
        SettingsError::new(self.file.clone(), place, problem)
    }
}

impl fmt::Debug for Config {
    /// Without the settings of the store: one of them may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("file", &self.file)
            .field("environment", &self.environment)
            .field("name", &self.name)
            .field("snapshot_every", &self.snapshot_every)
            .field("store", &self.store)
            .field("log_filter", &self.log_filter)
            .finish_non_exhaustive()
    }
}
