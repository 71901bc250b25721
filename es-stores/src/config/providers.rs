//! Providers of stores by name: those of this crate, and those that the program registers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use es_core::store::{BoxFuture, EventStore};

use super::DomainError;
use crate::connect::{self, Known, Open, Opening, Uri};
use crate::settings::{Node, Place, Settings, SettingsError, Table, Text, Value, list, nearest};

type Opened = Result<Arc<dyn EventStore>, DomainError>;
type Provider = dyn Fn(Settings) -> BoxFuture<'static, Opened> + Send + Sync;

/// The program's own, and how those of this crate are opened.
#[derive(Default)]
pub(super) struct Providers {
    own: BTreeMap<String, Box<Provider>>,
    pub(super) opening: Opening,
}

impl Providers {
    pub(super) fn add<F, Opening, S>(&mut self, name: String, open: F)
    where
        F: Fn(Settings) -> Opening + Send + Sync + 'static,
        Opening: Future<Output = Result<S, DomainError>> + Send + 'static,
        S: EventStore,
    {
        let open = move |settings| -> BoxFuture<'static, Opened> {
            let opening = open(settings);
            Box::pin(async move { Ok(Arc::new(opening.await?) as Arc<dyn EventStore>) })
        };
        self.own.insert(name, Box::new(open));
    }

    fn unknown(&self, name: &str) -> String {
        let mut known = self.own.keys().map(String::as_str).collect::<Vec<_>>();
        known.extend_from_slice(&Known::providers());
        if name.contains(':') {
            return "is a URI; that is `database_uri`, the provider is a name, as in `provider = \
                    \"sqlite\"`"
                .to_owned();
        }
        match nearest(name, &known) {
            Some(near) => format!("is `{name}`, which is unknown, did you mean `{near}`?"),
            None => {
                let known = list(known, "and");
                format!(
                    "is `{name}`, which is unknown, known are {known}; a program registers others by \
                     `Config::provider`"
                )
            }
        }
    }
}

/// Where the store is told.
pub(super) enum StoreSource {
    /// By a URI, of a variable or of the program.
    Uri {
        uri: String,
        named_by: Option<&'static str>,
    },
    /// By `[event_store]`.
    Section {
        place: Place,
        file: Option<Arc<Path>>,
        table: Table,
    },
}

impl StoreSource {
    pub(super) fn section(node: Option<Node>, file: Option<Arc<Path>>) -> Self {
        let (place, table) = match node.map(|node| (node.place, node.value)) {
            Some((place, Value::Table(table))) => (place, table),
            _ => (Place::nowhere().key("event_store"), Table::new()),
        };
        Self::Section { place, file, table }
    }

    pub(super) async fn open(&self, providers: &Providers) -> Opened {
        match self {
            Self::Uri { uri, named_by } => {
                let opened = open_uri(uri, providers).await;
                match named_by {
                    Some(place) => opened.map_err(|error| named(error, &format!("`{place}`"))),
                    None => opened,
                }
            }
            Self::Section { place, file, table } => {
                let settings = Settings::new(place.clone(), file.clone(), table.clone());
                let opened = open_section(settings, providers).await;
                opened.map_err(|error| named(error, &told_at(place, file.clone(), table)))
            }
        }
    }
}

impl fmt::Debug for StoreSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri { .. } => f.write_str("by its URI"),
            Self::Section { table, .. } => f.debug_set().entries(table.keys()).finish(),
        }
    }
}

async fn open_uri(uri: &str, providers: &Providers) -> Opened {
    let scheme = uri.split(':').next().unwrap_or_default();
    let Some(open) = providers.own.get(scheme) else {
        return Ok(connect::open(uri, providers.opening).await?);
    };
    let place = Place::nowhere();
    let text = Text {
        written: scheme.to_owned(),
        value: uri.to_owned(),
        stands_for_anything: false,
    };
    let node = Node {
        place: place.key("database_uri"),
        inherited: false,
        from_uri: false,
        value: Value::Text(text),
    };
    let table = Table::from([("database_uri".to_owned(), node)]);
    open(Settings::new(place, None, table)).await
}

async fn open_section(mut settings: Settings, providers: &Providers) -> Opened {
    let Some(name) = settings.string("provider")? else {
        return open_by_uri(settings, providers).await;
    };
    if let Some(open) = providers.own.get(&name) {
        return open(settings).await;
    }
    match Known::of_provider(&name) {
        Some(Known::Memory) => {
            open_known(
                Known::Memory,
                Uri::memory(),
                settings,
                "provider",
                providers.opening,
            )
            .await
        }
        Some(known) => {
            let Some((uri, given)) = uri(&mut settings)? else {
                let example = known.example();
                return Err(settings
                    .missing(
                        "database_uri",
                        &format!("write `database_uri = \"{example}\"`"),
                    )
                    .into());
            };
            if !known.takes(&uri.scheme) {
                let problem = format!(
                    "begins with `{}:`, but the provider is `{name}`, which takes `{}`",
                    uri.scheme,
                    known.example()
                );
                return Err(settings.refuse(given, problem).into());
            }
            open_known(known, uri, settings, "provider", providers.opening).await
        }
        None => Err(settings
            .refuse("provider", providers.unknown(settings.written("provider")))
            .into()),
    }
}

/// Without a provider, the URI tells it; without both, it is memory.
async fn open_by_uri(mut settings: Settings, providers: &Providers) -> Opened {
    let Some((uri, given)) = uri(&mut settings)? else {
        return open_known(
            Known::Memory,
            Uri::memory(),
            settings,
            "provider",
            providers.opening,
        )
        .await;
    };
    if let Some(open) = providers.own.get(&uri.scheme) {
        return open(settings).await;
    }
    match Known::of_scheme(&uri.scheme) {
        Some(known) => open_known(known, uri, settings, given, providers.opening).await,
        None => {
            let problem = "has an unknown scheme; write the `provider` too, or one of";
            let problem = format!("{problem} {}", Known::schemes());
            Err(settings.refuse(given, problem).into())
        }
    }
}

fn uri(settings: &mut Settings) -> Result<Option<(Uri, &'static str)>, SettingsError> {
    const KEY: &str = "database_uri";
    let Some(uri) = settings.string(KEY)? else {
        return Ok(None);
    };
    match Uri::parse(&uri) {
        Ok(uri) => Ok(Some((uri.at(settings.line(KEY)), KEY))),
        Err(_) => {
            let example = "has no scheme; write it as in `sqlite://bank.db`";
            Err(settings.refuse(KEY, example))
        }
    }
}

async fn open_known(
    known: Known,
    uri: Uri,
    settings: Settings,
    named_by: &str,
    opening: Opening,
) -> Opened {
    let not_compiled = settings.refuse(
        named_by,
        format_args!(
            "needs the feature `{0}` of `es-stores`, which is not compiled in; `cargo add \
             es-stores --features {0}` adds it",
            known.feature()
        ),
    );
    match known.open(&uri, settings, opening).await {
        Ok(store) => Ok(store),
        Err(Open::Settings(error)) => Err(error.into()),
        Err(Open::NotCompiled(_)) => Err(not_compiled.into()),
        Err(Open::Store(error)) => Err(error.into()),
    }
}

/// Where the store is told, as errors name it: by its URI, or its provider.
fn told_at(section: &Place, file: Option<Arc<Path>>, table: &Table) -> String {
    let node = table.get("database_uri").or_else(|| table.get("provider"));
    let place = node.map_or(section, |node| &node.place);
    SettingsError::new(file, place.clone(), format!("`{}`", place.path)).to_string()
}

/// Says where a store is named that could not be opened.
fn named(error: DomainError, place: &str) -> DomainError {
    match error {
        DomainError::Store {
            named_by: None,
            error,
        } => DomainError::Store {
            named_by: Some(place.to_owned()),
            error,
        },
        error => error,
    }
}
