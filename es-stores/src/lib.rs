//! Stores for `es-core`: SQLite embedded in the program, stores chosen by a URI, and the suite of
//! behaviours that every store must show.
//!
//! A feature a driver, so that nobody compiles what is not used:
//!
//! | feature | brings |
//! |---|---|
//! | `sqlite` | `SqliteStore`: one file, SQLite compiled into the program |
//! | `postgres` | `PostgresStore`: tables of our own on a PostgreSQL server |
//! | `message-db` | `MessageDbStore`: Message DB on a PostgreSQL server, shared with programs of Eventide and Protean |
//! | `config`, on by default | `domain()`: a domain as `domain.toml` describes it |
//! | `conformance` | `conformance`: the suite, for authors of stores |
#![forbid(unsafe_code)]

#[cfg_attr(
    not(all(feature = "config", feature = "sqlite")),
    allow(
        dead_code,
        clippy::unused_async,
        reason = "memory alone needs little of a URI"
    )
)]
mod connect;
#[cfg_attr(
    not(feature = "config"),
    allow(dead_code, clippy::unnecessary_wraps, reason = "a URI knows only text")
)]
mod settings;

#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "message-db")]
pub mod message_db;
#[cfg(any(feature = "message-db", feature = "postgres"))]
mod pg;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "config")]
pub use config::{Config, ConfigLoader, DomainError, domain, domain_from, domain_named};
pub use connect::connect;
#[cfg(feature = "message-db")]
pub use message_db::{MessageDbOptions, MessageDbStore};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
pub use settings::{Settings, SettingsError};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore, Synchronous};
