//! A domain: a name, a store, a clock, ids, and the aggregates that are its members.

mod builder;
mod members;
mod pages;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

pub use builder::{CommandRecords, DomainBuilder};
use members::{Member, Members};
use pages::{PageGuard, Pages};

use crate::aggregate::{Aggregate, Snapshots};
use crate::error::ConfigError;
use crate::record::Context;
use crate::registry::{self, AnyAggregate};
use crate::repository::{Repository, Turns};
use crate::store::EventStore;
use crate::stream::{Category, DomainName};
use crate::unknown_fields::UnknownFields;

/// A bounded context: owns a name and a store, and knows its aggregates.
///
/// Clones are cheap and share everything. What waits needs a tokio runtime with its timer, as
/// `#[tokio::main]` makes it (`enable_time` where it is built by hand).
///
/// ```
/// use es_core::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = Domain::builder("bank").build()?;
/// assert_eq!(domain.name().as_str(), "bank");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Domain {
    shared: Arc<Shared>,
    context: Arc<[u8]>,
}

struct Shared {
    name: DomainName,
    store: Arc<dyn EventStore>,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    ids: Box<dyn Fn() -> Uuid + Send + Sync>,
    snapshot_every: u64,
    snapshots: HashMap<String, Snapshots>,
    conflict_deadline: Duration,
    idempotency_window: Duration,
    command_records: CommandRecords,
    unknown_fields: UnknownFields,
    members: Mutex<Members>,
    turns: Turns,
    pages: Pages,
}

impl Domain {
    /// Begins to describe a domain; `name` is `snake_case`.
    pub fn builder(name: impl Into<String>) -> DomainBuilder {
        DomainBuilder::new(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &DomainName {
        &self.shared.name
    }

    /// Its store, to read streams, categories and everything.
    pub fn store(&self) -> &dyn EventStore {
        &*self.shared.store
    }

    /// The repository of one kind of aggregate. The first one makes it a member of the domain.
    ///
    /// Where another member has the same category, every call on the repository answers
    /// [`ConfigError::CategoryTaken`]; [`DomainBuilder::aggregate`] tells it when the domain is
    /// built.
    pub fn repository<A: Aggregate>(&self) -> Repository<A> {
        Repository::new(self.clone(), self.join(&Member::of::<A>()))
    }

    /// The aggregate whose streams this category has: a member of the domain, else the only one in
    /// the program that could be. For tools, which know names and no types.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # #[event] pub struct Opened;
    /// # #[aggregate(event_sourced)] #[derive(Default)] pub struct BankAccount { cents: u64 }
    /// # #[aggregate] impl BankAccount { #[apply] fn opened(&mut self, _: &Opened) {} }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let domain = Domain::builder("bank").aggregate::<BankAccount>().build()?;
    /// let category = domain.name().category("bank_account")?;
    /// assert_eq!(domain.aggregate_of(&category).map(|it| it.name()), Some("BankAccount"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn aggregate_of(&self, category: &Category) -> Option<&'static dyn AnyAggregate> {
        let (domain, category) = category.as_str().split_once("::")?;
        if domain != self.shared.name.as_str() {
            return None;
        }
        let members = self.shared.members.lock();
        let member = members.unwrap_or_else(PoisonError::into_inner).of(category);
        let mut could_be = registry::aggregates().filter(|it| match member {
            Some(type_id) => it.type_id == type_id,
            None => it.category == category && it.domain.is_none_or(|named| named == domain),
        });
        match (could_be.next(), could_be.next()) {
            (Some(one), None) => Some(one.behaviour()?.aggregate),
            _ => None,
        }
    }

    /// The same domain, where events are raised under `context`.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a context is made where it is handed over"
    )]
    pub fn with_context(&self, context: Context) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            context: context.encode().into(),
        }
    }

    /// What its clock shows, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        (self.shared.clock)().trunc_subsecs(6)
    }

    pub(crate) fn new_event_id(&self) -> Uuid {
        (self.shared.ids)()
    }

    pub(crate) fn store_shared(&self) -> &Arc<dyn EventStore> {
        &self.shared.store
    }

    pub(crate) fn context(&self) -> &Arc<[u8]> {
        &self.context
    }

    /// After how many events a snapshot of an `A` is taken, where it is: what was said for its
    /// category goes before what it says itself, and that before what was said for the domain.
    pub(crate) fn snapshot_every<A: Aggregate>(&self) -> Option<u64> {
        let said = self.shared.snapshots.get(A::CATEGORY);
        match said.copied().unwrap_or(A::SNAPSHOTS) {
            Snapshots::AsTheDomainSays => Some(self.shared.snapshot_every),
            Snapshots::Every(events) => Some(events),
            Snapshots::Off => None,
        }
    }

    pub(crate) fn conflict_deadline(&self) -> Duration {
        self.shared.conflict_deadline
    }

    pub(crate) fn idempotency_window(&self) -> Duration {
        self.shared.idempotency_window
    }

    pub(crate) fn command_records(&self) -> CommandRecords {
        self.shared.command_records
    }

    pub(crate) fn unknown_fields(&self) -> UnknownFields {
        self.shared.unknown_fields
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// A page from those that earlier reads grew.
    pub(crate) fn page(&self) -> PageGuard<'_> {
        self.shared.pages.page()
    }

    fn join(&self, member: &Member) -> Result<(), ConfigError> {
        let mut members = self
            .shared
            .members
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        members.join(&self.shared.name, member)?;
        member.check_store(&self.shared.name, &*self.shared.store)?;
        member.check(&self.shared.snapshots)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain")
            .field("name", &self.shared.name.as_str())
            .field("store", &self.shared.store)
            .field("snapshot_every", &self.shared.snapshot_every)
            .finish_non_exhaustive()
    }
}
