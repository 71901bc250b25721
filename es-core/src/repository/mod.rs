//! Repositories: aggregates in and out of the store.

mod cache;
mod doubt;
mod events;
mod load;
mod prepare;
mod save;
mod snapshot;
mod states;
mod turns;
mod update;

use std::fmt::Write as _;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub(crate) use load::{Replay, decode_metadata};
pub(crate) use prepare::{Fate, One, version_after};
pub(crate) use save::{Around, Saved, main_stream, repeat, save, save_one, stream_of};
pub(crate) use turns::Turns;

pub use cache::Cacheable;
pub use events::{AggregateEvents, Decoded};
pub use save::Committed;
pub use states::States;
pub use update::Decision;

use crate::aggregate::{Aggregate, EventSourced};
use crate::codec;
use crate::domain::Domain;
use crate::error::{ConfigError, LoadError, SaveError};
use crate::history::{Historical, History};
use crate::record::Context;
use crate::store::EventStoreExt;
use crate::stream::{StreamName, Version};
use cache::Cache;
use load::Until;

/// Loads and saves aggregates of one kind: from [`Domain::repository`].
///
/// Clones are cheap.
pub struct Repository<A> {
    domain: Domain,
    member: Result<(), ConfigError>,
    cache: Option<Arc<Cache<A>>>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate> Repository<A> {
    pub(crate) fn new(domain: Domain, member: Result<(), ConfigError>) -> Self {
        Self {
            domain,
            member,
            cache: None,
            aggregate: PhantomData,
        }
    }

    /// Whether the aggregate is a member of the domain.
    pub(crate) fn member(&self) -> Result<(), ConfigError> {
        self.member.clone()
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The same repository with a cache of at most so many aggregates, those used last: for
    /// aggregates that get many commands. Without any it has none.
    ///
    /// Its clones share the cache. A cache changes no result, whoever else appends, in this process
    /// or in another:
    ///
    /// - [`get`](Self::get) and [`find`](Self::find) read what was appended since, and no more.
    /// - [`update`](Self::update) decides on what is cached and reads nothing. Where others appended
    ///   since, the append conflicts, and it reads what they appended and decides again. Before it
    ///   answers a rejection, or a decision that raised nothing, it makes sure that what it decided
    ///   on was the latest. So `decide` may be called once more than without a cache.
    /// - [`add`](Self::add) puts what it added into the cache.
    ///
    /// The past is not cached. A state is cached only once the store confirmed its events, so an
    /// error, an unknown outcome or a dropped future leaves the one before. As with snapshots, a
    /// cached state counts for nothing where the stream is shorter than it, as after a restored
    /// backup; a stream whose events were exchanged for others is not noticed.
    ///
    /// The aggregate is `Clone`, below `#[aggregate(event_sourced)]`:
    ///
    /// ```
    /// use es_core::prelude::*;
    ///
    /// #[event] pub struct Opened {}
    /// #[event] pub struct Deposited { cents: u64 }
    ///
    /// #[aggregate(event_sourced)]
    /// #[derive(Clone)]
    /// pub struct Account { cents: u64 }
    ///
    /// #[aggregate]
    /// impl Account {
    ///     pub fn open() -> Self { Self::raise_new(Opened {}) }
    ///     pub fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }) }
    ///     #[apply] fn opened(_: Opened) -> Self { Self { cents: 0 } }
    ///     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts = Domain::builder("bank").build()?.repository::<Account>().cached(1_000);
    /// let mut account = Account::open();
    /// accounts.add(&mut account).await?;
    ///
    /// // Nothing is read:
    /// accounts.update(account.id(), |account| account.deposit(500)).await?;
    ///
    /// assert_eq!(accounts.get(account.id()).await?.cents, 500);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cached(self, aggregates: usize) -> Self
    where
        A: Cacheable,
    {
        let cache = NonZeroUsize::new(aggregates).map(|bound| Arc::new(Cache::new(bound)));
        Self { cache, ..self }
    }

    /// The same repository, with its cache, where events are raised under `context`.
    #[must_use]
    pub fn with_context(&self, context: Context) -> Self {
        Self {
            domain: self.domain.with_context(context),
            ..self.clone()
        }
    }

    /// Appends what is pending in `aggregate`, expecting its stream at the version that was loaded.
    ///
    /// Each event is given its id, time and context once, before the first await; they stay with it
    /// over retries and dropped futures, so adding twice writes once. What is raised after an add
    /// that was given up, or whose outcome is unknown, is appended behind it, once that is settled.
    /// Without pending events nothing is written.
    ///
    /// # Errors
    /// [`SaveError`]: what was raised stays pending, and the aggregate stays readable.
    pub async fn add(&self, aggregate: &mut A) -> Result<Committed, SaveError> {
        self.member.clone()?;
        let stream = stream_of(&self.domain, aggregate)?;
        let one = One::stays(&stream, aggregate);
        let committed = save_one(&self.domain, one, Around::default()).await?;
        if let Some(cache) = &self.cache
            && committed.position().is_some()
            && let Some(copy) = aggregate.copy()
        {
            cache.put(&stream, copy);
        }
        Ok(committed)
    }

    /// Loads an aggregate by its id.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] where there is none; [`LoadError`] where its stream can not be read
    /// or replayed.
    pub async fn get(&self, id: &A::Id) -> Result<A, LoadError> {
        match self.find(id).await? {
            Some(aggregate) => Ok(aggregate),
            None => Err(LoadError::NotFound {
                stream: self.stream(id)?,
            }),
        }
    }

    /// Loads an aggregate by its id, if there is one.
    ///
    /// # Errors
    /// [`LoadError`] where its stream can not be read or replayed.
    pub async fn find(&self, id: &A::Id) -> Result<Option<A>, LoadError> {
        let stream = self.stream(id)?;
        cache::load_latest(&self.domain, self.cache.as_deref(), &stream, id).await
    }

    /// Loads an aggregate, lets `decide` change it, and appends what it raised.
    ///
    /// On a conflict with another process only the tail is read again (all of the stream where a
    /// field of the aggregate is not `Clone`), and `decide` decides again, until the domain's
    /// [`conflict_deadline`](crate::DomainBuilder::conflict_deadline). Calls of one process on one
    /// stream queue behind each other, however long that takes.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # #[event] struct Opened {}
    /// # #[event] struct Deposited { cents: u64 }
    /// # #[aggregate(event_sourced)] struct Account { cents: u64 }
    /// # #[aggregate] impl Account {
    /// #     fn open() -> Self { Self::raise_new(Opened {}) }
    /// #     fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }) }
    /// #     #[apply] fn opened(_: Opened) -> Self { Self { cents: 0 } }
    /// #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
    /// # }
    /// # async fn update(accounts: Repository<Account>, id: Uuid) -> Result<(), Box<dyn std::error::Error>> {
    /// let done = accounts.update(&id, |account| account.deposit(500)).await?;
    /// println!("now at version {}", done.version());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UpdateError::Rejected`](crate::UpdateError::Rejected) with the error of `decide`: nothing
    /// is written. The others as [`Repository::get`] and [`Repository::add`].
    pub async fn update<F, D>(
        &self,
        id: &A::Id,
        decide: F,
    ) -> Result<Committed<D::Value>, crate::UpdateError<D::Rejection>>
    where
        F: FnMut(&mut A) -> D,
        D: Decision,
    {
        self.update_with(id, decide, |_, _| Ok(Around::default()))
            .await
    }

    /// As [`update`](Self::update); `around` answers what is written in one unit with the decision.
    pub(crate) async fn update_with<F, D>(
        &self,
        id: &A::Id,
        decide: F,
        around: impl FnMut(&A, &D::Value) -> Result<Around, SaveError>,
    ) -> Result<Committed<D::Value>, crate::UpdateError<D::Rejection>>
    where
        F: FnMut(&mut A) -> D,
        D: Decision,
    {
        let stream = self.stream(id).map_err(crate::UpdateError::Load)?;
        let cache = self.cache.as_deref();
        update::update(&self.domain, cache, &stream, id, decide, around).await
    }

    /// Loads an aggregate as it was at `version`, which is its state after that many events.
    ///
    /// # Errors
    /// [`LoadError::NoSuchVersion`] names the last version where the stream is shorter, and where
    /// version 0 is asked for; otherwise as [`Repository::get`].
    pub async fn get_at_version(
        &self,
        id: &A::Id,
        version: Version,
    ) -> Result<Historical<A>, LoadError>
    where
        A: EventSourced,
    {
        Ok(Historical::new(self.at_version(id, version).await?))
    }

    /// As [`get_at_version`](Self::get_at_version), for who has looked at what is kept.
    pub(crate) async fn at_version(&self, id: &A::Id, version: Version) -> Result<A, LoadError> {
        let stream = self.stream(id)?;
        if let Some(aggregate) =
            load::load(&self.domain, &stream, id, Until::Version(version)).await?
        {
            return Ok(aggregate);
        }
        // Version 0 has no state, whatever comes after it.
        match self.domain.store().read_last(&stream).await? {
            Some(last) => Err(LoadError::NoSuchVersion {
                stream,
                asked: version,
                last: last.version,
            }),
            None => Err(LoadError::NotFound { stream }),
        }
    }

    /// Loads an aggregate as it was at `time`: the state before the first event later than that.
    ///
    /// # Errors
    /// [`LoadError::NotYet`] where the stream begins later; otherwise as [`Repository::get`].
    pub async fn get_as_of(
        &self,
        id: &A::Id,
        time: DateTime<Utc>,
    ) -> Result<Historical<A>, LoadError>
    where
        A: EventSourced,
    {
        let stream = self.stream(id)?;
        match load::load(&self.domain, &stream, id, Until::Time(time)).await? {
            Some(aggregate) => Ok(Historical::new(aggregate)),
            None => Err(LoadError::NotFound { stream }),
        }
    }

    /// Walks through the life of an aggregate, event by event, with the state after each.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # async fn show<A: es_core::EventSourced>(accounts: Repository<A>, id: A::Id) -> Result<(), LoadError> {
    /// let mut life = accounts.history(&id);
    /// while let Some(entry) = life.next().await? {
    ///     println!("{} {:?}", entry.metadata.time, entry.events);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self, id: &A::Id) -> History<A>
    where
        A: EventSourced,
    {
        History::new(self.clone(), id.clone())
    }

    /// Keeps a snapshot of the aggregate as it is now, whatever is configured; answers its version.
    pub(crate) async fn snapshot(&self, id: &A::Id) -> Result<Version, LoadError> {
        let (stream, aggregate) = (self.stream(id)?, self.get(id).await?);
        Ok(snapshot::make(&self.domain, &stream, &aggregate).await?)
    }

    /// The stream of the aggregate with this id.
    ///
    /// # Errors
    /// [`LoadError::Name`] where the id can not be part of a stream's name.
    pub fn stream(&self, id: &A::Id) -> Result<StreamName, LoadError> {
        self.member.clone()?;
        Ok(name_of::<A>(&self.domain, id)?)
    }
}

impl<A> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            domain: self.domain.clone(),
            member: self.member.clone(),
            cache: self.cache.clone(),
            aggregate: PhantomData,
        }
    }
}

impl<A: Aggregate> std::fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("aggregate", &A::NAME)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// `{domain}::{category}-{id}`.
fn name_of<A: Aggregate>(
    domain: &Domain,
    id: &A::Id,
) -> Result<StreamName, crate::stream::InvalidName> {
    let domain = domain.name().as_str();
    // Room for a UUID.
    let mut name = String::with_capacity(domain.len() + A::CATEGORY.len() + 3 + 36);
    name.push_str(domain);
    name.push_str("::");
    name.push_str(A::CATEGORY);
    name.push('-');
    // A `String` takes all that is written.
    let _ = write!(name, "{id}");
    StreamName::new(name)
}

/// The types an aggregate applies, as its domain stores them.
fn known_types<A: Aggregate>(domain: &crate::stream::DomainName) -> String {
    use crate::event::EventEnum;
    let types = A::Event::TYPES.iter();
    let names = types.map(|known| {
        let mut name = String::new();
        codec::write_type(domain, *known, &mut name);
        format!("`{name}`")
    });
    names.collect::<Vec<_>>().join(", ")
}
