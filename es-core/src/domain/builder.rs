//! What a domain will be.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::members::{Member, Members};
use super::pages::Pages;
use super::{Domain, Shared};
use crate::aggregate::{Aggregate, Snapshots};
use crate::error::ConfigError;
use crate::registry;
use crate::repository::Turns;
use crate::store::{EventStore, MemoryStore};
use crate::stream::DomainName;
use crate::unknown_fields::UnknownFields;

/// What a [`Domain`] will be.
#[must_use = "a domain is made by `build`"]
pub struct DomainBuilder {
    name: String,
    store: Option<Arc<dyn EventStore>>,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    ids: Box<dyn Fn() -> Uuid + Send + Sync>,
    snapshot_every: u64,
    snapshots: HashMap<String, Snapshots>,
    conflict_deadline: Duration,
    idempotency_window: Duration,
    command_records: CommandRecords,
    unknown_fields: UnknownFields,
    join: Vec<Member>,
}

/// Which commands are recorded, each in the stream `{domain}::{category}:command-{id}` of its
/// aggregate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandRecords {
    /// Those that were accepted, together with what they raised.
    #[default]
    Accepted,
    /// Those that were rejected too, by themselves, with the rejection as the header `rejected`.
    AlsoRejected,
    /// None. The store need not append to several streams at once.
    Off,
}

impl DomainBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            store: None,
            clock: Box::new(Utc::now),
            ids: Box::new(Uuid::now_v7),
            snapshot_every: 10,
            snapshots: HashMap::new(),
            conflict_deadline: Duration::from_secs(10),
            idempotency_window: Duration::from_hours(24),
            command_records: CommandRecords::default(),
            unknown_fields: UnknownFields::Refuse,
            join: Vec::new(),
        }
    }

    /// Keeps events in `store`; in memory unless told otherwise.
    pub fn event_store(mut self, store: impl EventStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Takes the time of events from `clock`; the system's unless told otherwise.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Takes the ids of events from `ids`; UUIDs of version 7 unless told otherwise.
    ///
    /// An id is never given twice in one store: an append whose events stand there already, by
    /// their ids, is taken for a repetition and writes nothing.
    pub fn ids(mut self, ids: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Takes a snapshot after this many events, 10 unless told otherwise. An aggregate's own
    /// `snapshot_every` or `snapshots = off` goes before.
    pub fn snapshot_every(mut self, events: u64) -> Self {
        self.snapshot_every = events;
        self
    }

    /// Says when snapshots are taken of the aggregate whose category, without the domain, is
    /// `category`. It goes before what the aggregate says itself: so a program's configuration can
    /// tune what is compiled in.
    ///
    /// ```
    /// use es_core::{Domain, Snapshots};
    /// # use es_core::prelude::*;
    /// # #[event] pub struct Opened;
    /// # #[aggregate(event_sourced)] #[derive(Default)] pub struct BankAccount { cents: u64 }
    /// # #[aggregate] impl BankAccount { #[apply] fn opened(&mut self, _: &Opened) {} }
    ///
    /// # fn main() -> Result<(), es_core::ConfigError> {
    /// let domain = Domain::builder("bank")
    ///     .snapshot_every(25)
    ///     .snapshots_of("bank_account", Snapshots::Every(100))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshots_of(mut self, category: impl Into<String>, snapshots: Snapshots) -> Self {
        self.snapshots.insert(category.into(), snapshots);
        self
    }

    /// How long [`Repository::update`](crate::Repository::update) goes on deciding again after its first conflict with another
    /// process; 10 seconds unless told otherwise.
    pub fn conflict_deadline(mut self, deadline: Duration) -> Self {
        self.conflict_deadline = deadline;
        self
    }

    /// For how long the first answer to an [idempotency key](crate::Process::idempotency_key) is
    /// given again, counted from the answer; 24 hours unless told otherwise. What is kept of it, the
    /// command and the answer, stays in the store as every event does.
    pub fn idempotency_window(mut self, window: Duration) -> Self {
        self.idempotency_window = window;
        self
    }

    /// Which commands are recorded; those that were accepted, unless told otherwise.
    pub fn record_commands(mut self, records: CommandRecords) -> Self {
        self.command_records = records;
        self
    }

    /// Says what becomes of stored fields that an event does not know: refused unless told
    /// otherwise. An event's own `#[event(unknown_fields = "ignore")]` goes before.
    ///
    /// ```
    /// use es_core::{Domain, UnknownFields};
    ///
    /// # fn main() -> Result<(), es_core::ConfigError> {
    /// let domain = Domain::builder("bank").unknown_fields(UnknownFields::Ignore).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unknown_fields(mut self, unknown_fields: UnknownFields) -> Self {
        self.unknown_fields = unknown_fields;
        self
    }

    /// Makes `A` a member, so that a clash of categories is told by [`DomainBuilder::build`].
    pub fn aggregate<A: Aggregate>(mut self) -> Self {
        self.join.push(Member::of::<A>());
        self
    }

    /// Makes the domain. Aggregates that name it, `#[aggregate(event_sourced, domain = "bank")]`,
    /// join by themselves.
    ///
    /// # Errors
    /// [`ConfigError`] where the name is not `snake_case`, two members have one category,
    /// `snapshot_every` is 0, or [`snapshots_of`](Self::snapshots_of) names a category that no
    /// aggregate of the program has, or one whose state can not be stored.
    pub fn build(self) -> Result<Domain, ConfigError> {
        let name = DomainName::new(&self.name)?;
        let zero = |snapshots: &Snapshots| *snapshots == Snapshots::Every(0);
        if self.snapshot_every == 0 || self.snapshots.values().any(zero) {
            return Err(ConfigError::SnapshotEveryZero);
        }
        let mut members = Members::default();
        for member in &self.join {
            members.join(&name, member)?;
        }
        for aggregate in registry::aggregates().filter(|a| a.domain == Some(name.as_str())) {
            members.join(&name, &Member::registered(aggregate))?;
        }
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        members.check(&name, &*store, &self.snapshots)?;
        Ok(Domain {
            shared: Arc::new(Shared {
                name,
                store,
                clock: self.clock,
                ids: self.ids,
                snapshot_every: self.snapshot_every,
                snapshots: self.snapshots,
                conflict_deadline: self.conflict_deadline,
                idempotency_window: self.idempotency_window,
                command_records: self.command_records,
                unknown_fields: self.unknown_fields,
                members: Mutex::new(members),
                turns: Turns::default(),
                pages: Pages::default(),
            }),
            context: Arc::default(),
        })
    }
}

impl fmt::Debug for DomainBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomainBuilder")
            .field("name", &self.name)
            .field("store", &self.store)
            .field("snapshot_every", &self.snapshot_every)
            .finish_non_exhaustive()
    }
}
