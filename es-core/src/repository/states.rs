//! Aggregates whose state is what is stored.

use std::fmt;
use std::str::FromStr;
use std::vec;

use super::Repository;
use super::prepare::{Fate, One};
use super::save::{self, Around, Committed};
use crate::aggregate::{Aggregate, StateStored};
use crate::domain::Domain;
use crate::error::{ConfigError, LoadError, SaveError};
use crate::store::{State, StateStore};
use crate::stream::{Category, StreamName};

impl<A: Aggregate> Repository<A> {
    /// Removes the state of `aggregate`, expecting it at the version that was loaded, and appends
    /// what is pending in the same unit. Its events stay. An aggregate that was never stored is not
    /// there to be removed, and nothing is written.
    ///
    /// What is added under the same id later is a new aggregate; its version goes on behind that of
    /// the one before, so that nobody takes it for that one.
    ///
    /// # Errors
    /// As [`Repository::add`].
    pub async fn remove(&self, aggregate: &mut A) -> Result<Committed, SaveError>
    where
        A: StateStored,
    {
        self.member.clone()?;
        let stream = save::stream_of(&self.domain, aggregate)?;
        let one = One {
            stream: &stream,
            aggregate,
            fate: Fate::IsRemoved,
        };
        save::save_one(&self.domain, one, Around::default()).await
    }

    /// Walks through all aggregates of this kind, in the order of their ids' text.
    ///
    /// It reads page by page, so what is written meanwhile may be among them or not.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # async fn show<A: es_core::StateStored>(customers: Repository<A>) -> Result<(), LoadError> {
    /// let mut all = customers.all();
    /// while let Some(customer) = all.next().await? {
    ///     println!("{} at version {}", customer.id(), customer.version());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&self) -> States<'_, A>
    where
        A: StateStored,
    {
        States {
            repository: self,
            page: Vec::new().into_iter(),
            last: None,
            ended: false,
        }
    }
}

/// Aggregates being read: from [`Repository::all`].
#[must_use = "nothing is read before `next` is awaited"]
pub struct States<'a, A> {
    repository: &'a Repository<A>,
    page: vec::IntoIter<State>,
    last: Option<StreamName>,
    ended: bool,
}

impl<A: StateStored> States<'_, A> {
    /// The next aggregate, or `None` behind the last.
    ///
    /// # Errors
    /// [`LoadError`] where the store can not read, or a state does not decode: the call after goes
    /// on behind that one.
    pub async fn next(&mut self) -> Result<Option<A>, LoadError> {
        const PAGE: usize = 500;
        self.repository.member.clone()?;
        let domain = &self.repository.domain;
        if self.page.len() == 0 && !self.ended {
            let category = Category::new(format!("{}::{}", domain.name(), A::CATEGORY))?;
            let states = states::<A>(domain)?;
            let page = states.list(&category, self.last.as_ref(), PAGE).await?;
            self.ended = page.len() < PAGE;
            self.last = page.last().map(|state| state.stream.clone());
            self.page = page.into_iter();
        }
        let Some(state) = self.page.next() else {
            return Ok(None);
        };
        let id = parse_id::<A>(&state.stream)?;
        decode(id, &state).map(Some)
    }
}

impl<A: Aggregate> fmt::Debug for States<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States")
            .field("aggregate", &A::NAME)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

pub(super) async fn load<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    id: &A::Id,
) -> Result<Option<A>, LoadError> {
    let state = states::<A>(domain)?.load(stream).await?;
    let decoded = state.map(|state| decode(id.clone(), &state));
    decoded.transpose()
}

/// Members were checked, but a store may be exchanged behind our back.
fn states<A: Aggregate>(domain: &Domain) -> Result<&dyn StateStore, ConfigError> {
    domain
        .store()
        .states()
        .ok_or_else(|| ConfigError::NoStates {
            domain: domain.name().to_string(),
            aggregate: A::NAME.to_owned(),
        })
}

fn decode<A: Aggregate>(id: A::Id, state: &State) -> Result<A, LoadError> {
    let decoded = A::decode_state(&state.data).and_then(|aggregate| {
        // Written anew, since a store may write the same JSON in other words.
        let kept = aggregate.encode_state()?;
        Ok((aggregate, kept))
    });
    let (mut aggregate, kept) = decoded.map_err(|problem| LoadError::State {
        stream: state.stream.clone(),
        version: state.version,
        problem,
    })?;
    let root = aggregate.root_mut();
    root.set_id(id);
    root.stored = state.version;
    root.time = Some(state.time);
    root.kept = Some(kept.into());
    Ok(aggregate)
}

/// The id in the name of an aggregate's stream.
pub(super) fn parse_id<A: Aggregate>(stream: &StreamName) -> Result<A::Id, LoadError> {
    let parsed = stream.id().parse();
    parsed.map_err(|problem: <A::Id as FromStr>::Err| LoadError::Id {
        stream: stream.to_string(),
        expected: std::any::type_name::<A::Id>(),
        problem: problem.to_string(),
    })
}
