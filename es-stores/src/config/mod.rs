//! A domain as `domain.toml` describes it, feature `config`.
//!
//! ```toml
//! name = "bank"
//! snapshot_every = 25                      # 10 unless told otherwise
//!
//! [event_store]
//! provider = "sqlite"                      # memory (the default), sqlite, postgres, message_db, or one of the program's
//! database_uri = "sqlite://bank.db"        # relative to the folder of this file
//!
//! [aggregates.bank_account]                # by category
//! snapshot_every = 100                     # or: snapshots = false
//!
//! [log]
//! level = "info"                           # see `Config::log_filter`
//!
//! [production.event_store]                 # laid over the above where ES_ENV=production
//! provider = "postgres"
//! database_uri = "${DATABASE_URL}"         # must be set; ${DATABASE_URL|postgres://localhost/bank} need not
//! pool_size = 32
//! connect_timeout = "5s"
//! ```
//!
//! # Where it is read from
//!
//! [`domain()`] looks for `domain.toml` in the working folder, then in its parent, then in the parent
//! of that; [`domain_from`] takes the path. A relative path inside of it, as in
//! `sqlite://bank.db`, begins at the folder of the file, so that a program finds one store from
//! wherever it is run.
//!
//! # What wins
//!
//! Each line goes before those below it:
//!
//! 1. what the program calls on the builder that [`Config::builder`] answers, and the URI it gives
//!    to [`ConfigLoader::store_uri`];
//! 2. the variable `ES_STORE_URI`, for the store alone: it replaces all of `[event_store]`, its
//!    options stand in its query, and a `domain.toml` need not be there at all
//!    ([`domain_named`]);
//! 3. the overlay that `ES_ENV` names, table by table and key by key;
//! 4. the rest of the file;
//! 5. what the program says before: the name of [`domain_named`];
//! 6. the defaults.
//!
//! Of two that speak of one aggregate's snapshots the more specific wins, and of two that are as
//! specific the file: `[aggregates.…]`, then the aggregate's own attribute, then `snapshot_every`
//! of the file, then 10. Variables that are set to nothing count as not set where they are
//! `ES_ENV` and `ES_STORE_URI`.
//!
//! # Overlays
//!
//! A table at the top is an overlay where it holds known sections, such as
//! `[production.event_store]`, or nothing but keys of the top. `ES_ENV` that names none is an error.
//! Where an overlay names another provider, those settings of the base's store do not carry over
//! that the other does not know.
//!
//! # Variables
//!
//! `${NAME}` in a text, at any depth, stands for the variable of that name, and `${NAME|default}`
//! for `default` where it is not set; `$${` is a `${` as it is. What they hold is taken as it is,
//! and not looked into again. Only what is in effect is looked up. A number or a truth value may be
//! a variable too, as in `pool_size = "${POOL_SIZE|16}"`. In a URI, a password must come
//! percent-encoded (`%40` for `@`).
//!
//! # Settings of the stores
//!
//! The settings of `[event_store]` beside `provider` and `database_uri` are the options of
//! [`connect`](crate::connect), under the same names; where the URI says something else, the
//! section wins. Durations are texts, as in `"500ms"`, `"5s"`, `"2m"`. Where `provider` is left out,
//! the URI's scheme tells it.

mod domain_toml;
mod environment;
mod error;
mod file;
mod layout;
mod load;
mod merge;
mod providers;
mod read;
mod variables;

use std::path::Path;

use es_core::Domain;

pub use domain_toml::Config;
pub use error::DomainError;
pub use load::ConfigLoader;

/// The domain that `domain.toml` describes, found in the working folder or up to two parents.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = es_stores::domain().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`DomainError`]: what is wrong in the file or the variables, and where; or that the store can
/// not be opened.
pub async fn domain() -> Result<Domain, DomainError> {
    Config::load()?.domain().await
}

/// As [`domain()`], where the file at `path` describes it.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = es_stores::domain_from("config/domain.toml").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`domain()`].
pub async fn domain_from(path: impl AsRef<Path>) -> Result<Domain, DomainError> {
    Config::from_file(path)?.domain().await
}

/// As [`domain()`], for a program that knows its domain's name: it needs no `domain.toml` where the
/// variable `ES_STORE_URI` is set. A name in the file goes before.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = es_stores::domain_named("bank").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`domain()`].
pub async fn domain_named(name: impl Into<String>) -> Result<Domain, DomainError> {
    Config::load()?.default_name(name).domain().await
}
