//! Event sourcing for Rust: annotate structs, get aggregates, repositories, snapshots and time
//! travel over real stores.
//!
//! ```
//! use es_core::prelude::*;
//!
//! #[event]
//! pub struct Opened { pub owner: String }
//!
//! #[event]
//! pub struct Deposited { pub cents: u64 }
//!
//! #[aggregate(event_sourced)]
//! pub struct Account { owner: String, cents: u64 }
//!
//! #[aggregate]
//! impl Account {
//!     pub fn open(owner: &str) -> Self {
//!         Self::raise_new(Opened { owner: owner.to_owned() })
//!     }
//!
//!     pub fn deposit(&mut self, cents: u64) {
//!         self.raise_(Deposited { cents });
//!     }
//!
//!     #[apply]
//!     fn opened(event: Opened) -> Self {
//!         Self { owner: event.owner, cents: 0 }
//!     }
//!
//!     #[apply]
//!     fn deposited(&mut self, event: &Deposited) {
//!         self.cents += event.cents;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let accounts = Domain::builder("bank").build()?.repository::<Account>();
//! let mut account = Account::open("Ada");
//! account.deposit(10_000);
//! accounts.add(&mut account).await?;
//!
//! let before = accounts.get_at_version(account.id(), Version::new(1)).await?;
//! assert_eq!((before.cents, account.cents), (0, 10_000));
//! # Ok(())
//! # }
//! ```
//!
//! # To begin
//!
//! ```toml
//! [dependencies]
//! es-core = "0.1"
//! es-stores = { version = "0.1", features = ["sqlite"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! Without `es-stores` events are kept in memory. What waits needs a tokio runtime with its timer,
//! as `#[tokio::main]` makes it.
//!
//! # Where to look
//!
//! - [`macro@event`], [`macro@aggregate`], [`macro@apply`] and [`macro@value`]: what may be written;
//!   [`macro@command`], [`macro@handle`] and [`macro@invariant`]: what may be asked, and what must hold.
//! - [`Domain`] and [`Repository`]: what may be done with it; [`UnitOfWork`] with several aggregates at
//!   once, and [`Domain::process`] with a command.
//! - [`testing`]: given, when, then; and time and ids in the hands of a test.
//! - [`registry`]: what a program contains, for tools.
//! - [`schema`]: the lock of what is stored, and golden payloads.
//! - [`store`]: for authors of stores, whose work `es_stores::conformance` tests.
//!
//! # Logging
//!
//! What goes on without the caller is told to [`tracing`](https://docs.rs/tracing): a snapshot that
//! was discarded or could not be kept, an append whose outcome is unknown, a decision made again
//! after a conflict. Without a subscriber nobody hears it; no result depends on it.
#![forbid(unsafe_code)]

extern crate self as es_core;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod aggregate;
mod became;
mod codec;
mod command;
mod domain;
mod error;
mod event;
mod history;
mod invariant;
mod macros;
pub mod prelude;
pub mod record;
pub mod registry;
mod repository;
mod retired;
mod root;
pub mod schema;
pub mod store;
pub mod stream;
pub mod testing;
mod unit_of_work;
mod unknown_fields;
mod upcast;

pub use macros::{aggregate, apply, command, event, handle, invariant, upcast, value};
pub use {chrono, schemars, serde, serde_json, uuid};

pub use aggregate::{
    Aggregate, AggregateId, AggregateState, BeginsAsDefault, EventSourced, Kept, NewId, Root,
    Snapshots, StateStored,
};
pub use became::Became;
pub use command::{Command, CommandOf, Handle, Process, ProcessError, Targeted};
pub use domain::{CommandRecords, Domain, DomainBuilder};
pub use error::{ConfigError, EventProblem, LoadError, OutcomeUnknown, SaveError, UpdateError};
pub use event::{DecodeError, Event, EventEnum, EventType};
pub use history::{Historical, History, HistoryEntry};
pub use invariant::{Violation, Violations};
pub use record::{Context, Metadata};
pub use repository::{
    AggregateEvents, Cacheable, Committed, Decision, Decoded, Repository, States,
};
pub use store::ExpectedVersionError;
pub use stream::{Category, DomainName, Position, StreamName, Version};
pub use unit_of_work::{InUnit, UnitOfWork};
pub use unknown_fields::UnknownFields;
