//! A domain: a name, a store, a clock, ids, and the aggregates that are its members.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::error::ConfigError;
use crate::record::{Context, Page};
use crate::registry;
use crate::repository::{Repository, Turns};
use crate::store::{EventStore, MemoryStore};
use crate::stream::DomainName;

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
    conflict_deadline: Duration,
    members: Mutex<Members>,
    turns: Turns,
    pages: Pages,
}

impl Domain {
    /// Begins to describe a domain; `name` is `snake_case`.
    pub fn builder(name: impl Into<String>) -> DomainBuilder {
        DomainBuilder {
            name: name.into(),
            store: None,
            clock: Box::new(Utc::now),
            ids: Box::new(Uuid::now_v7),
            snapshot_every: 10,
            conflict_deadline: Duration::from_secs(10),
            join: Vec::new(),
        }
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

    pub(crate) fn snapshot_every(&self) -> u64 {
        self.shared.snapshot_every
    }

    pub(crate) fn conflict_deadline(&self) -> Duration {
        self.shared.conflict_deadline
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// A page from those that earlier reads grew.
    pub(crate) fn page(&self) -> PageGuard<'_> {
        PageGuard {
            page: self.shared.pages.take(),
            pages: &self.shared.pages,
        }
    }

    fn join(&self, member: &Member) -> Result<(), ConfigError> {
        let mut members = self
            .shared
            .members
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        members.join(&self.shared.name, member)
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

/// What a [`Domain`] will be.
#[must_use = "a domain is made by `build`"]
pub struct DomainBuilder {
    name: String,
    store: Option<Arc<dyn EventStore>>,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    ids: Box<dyn Fn() -> Uuid + Send + Sync>,
    snapshot_every: u64,
    conflict_deadline: Duration,
    join: Vec<Member>,
}

impl DomainBuilder {
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

    /// How long [`Repository::update`] goes on deciding again after its first conflict with another
    /// process; 10 seconds unless told otherwise.
    pub fn conflict_deadline(mut self, deadline: Duration) -> Self {
        self.conflict_deadline = deadline;
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
    /// [`ConfigError`] where the name is not `snake_case`, two members have one category, or
    /// `snapshot_every` is 0.
    pub fn build(self) -> Result<Domain, ConfigError> {
        let name = DomainName::new(&self.name)?;
        if self.snapshot_every == 0 {
            return Err(ConfigError::SnapshotEveryZero);
        }
        let mut members = Members::default();
        for member in &self.join {
            members.join(&name, member)?;
        }
        for aggregate in registry::aggregates().filter(|a| a.domain == Some(name.as_str())) {
            let member = Member {
                category: aggregate.category,
                type_name: aggregate.path,
                type_id: aggregate.type_id,
            };
            members.join(&name, &member)?;
        }
        Ok(Domain {
            shared: Arc::new(Shared {
                name,
                store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
                clock: self.clock,
                ids: self.ids,
                snapshot_every: self.snapshot_every,
                conflict_deadline: self.conflict_deadline,
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

#[derive(Clone, Copy)]
struct Member {
    category: &'static str,
    type_name: &'static str,
    type_id: TypeId,
}

impl Member {
    fn of<A: Aggregate>() -> Self {
        Self {
            category: A::CATEGORY,
            type_name: std::any::type_name::<A>(),
            type_id: TypeId::of::<A>(),
        }
    }
}

/// The types that have joined, by category.
#[derive(Default)]
struct Members(HashMap<&'static str, Member>);

impl Members {
    fn join(&mut self, domain: &DomainName, member: &Member) -> Result<(), ConfigError> {
        let first = self.0.entry(member.category).or_insert(*member);
        if first.type_id == member.type_id {
            return Ok(());
        }
        Err(ConfigError::CategoryTaken {
            domain: domain.to_string(),
            category: member.category.to_owned(),
            first: first.type_name.to_owned(),
            second: member.type_name.to_owned(),
        })
    }
}

/// Pages that wait for the next read, so that loading does not allocate them anew.
#[derive(Default)]
struct Pages(Mutex<Vec<Page>>);

impl Pages {
    /// More would be held than concurrent loads are likely to need.
    const MAX: usize = 32;
    /// A page that one huge payload grew is given back to the allocator.
    const MAX_BYTES: usize = 4 * crate::record::ReadRequest::DEFAULT_MAX_BYTES;

    fn take(&self) -> Page {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    fn put(&self, mut page: Page) {
        if page.room_bytes() > Self::MAX_BYTES {
            return;
        }
        page.clear();
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() < Self::MAX {
            pages.push(page);
        }
    }
}

pub(crate) struct PageGuard<'a> {
    page: Page,
    pages: &'a Pages,
}

impl std::ops::Deref for PageGuard<'_> {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl std::ops::DerefMut for PageGuard<'_> {
    fn deref_mut(&mut self) -> &mut Page {
        &mut self.page
    }
}

impl Drop for PageGuard<'_> {
    fn drop(&mut self) {
        self.pages.put(std::mem::take(&mut self.page));
    }
}
