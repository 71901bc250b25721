//! The aggregates of a domain, by category.

use std::any::TypeId;
use std::collections::HashMap;

use crate::aggregate::{Aggregate, Kept, Snapshots};
use crate::error::ConfigError;
use crate::registry::{self, AggregateRegistration};
use crate::store::EventStore;
use crate::stream::DomainName;

#[derive(Clone, Copy)]
pub(super) struct Member {
    category: &'static str,
    type_name: &'static str,
    type_id: TypeId,
    kept: Kept,
    snapshots: Snapshots,
}

impl Member {
    pub(super) fn of<A: Aggregate>() -> Self {
        Self {
            category: A::CATEGORY,
            type_name: std::any::type_name::<A>(),
            type_id: TypeId::of::<A>(),
            kept: A::KEPT,
            snapshots: A::SNAPSHOTS,
        }
    }

    pub(super) fn registered(aggregate: &AggregateRegistration) -> Self {
        Self {
            category: aggregate.category,
            type_name: aggregate.path,
            type_id: aggregate.type_id,
            kept: aggregate.kept,
            snapshots: aggregate.snapshots,
        }
    }

    /// Where its state is stored, the domain's store must keep states.
    pub(super) fn check_store(
        &self,
        domain: &DomainName,
        store: &dyn EventStore,
    ) -> Result<(), ConfigError> {
        if self.kept == Kept::Events || store.states().is_some() {
            return Ok(());
        }
        Err(ConfigError::NoStates {
            domain: domain.to_string(),
            aggregate: self.type_name.to_owned(),
        })
    }

    /// An aggregate with `snapshots = off` has no code that encodes its state.
    pub(super) fn check(&self, said: &HashMap<String, Snapshots>) -> Result<(), ConfigError> {
        let wanted = said.get(self.category);
        if self.snapshots != Snapshots::Off || wanted.is_none_or(|said| *said == Snapshots::Off) {
            return Ok(());
        }
        Err(ConfigError::NoSnapshots {
            category: self.category.to_owned(),
            aggregate: self.type_name.to_owned(),
        })
    }
}

/// The types that have joined, by category.
#[derive(Default)]
pub(super) struct Members(HashMap<&'static str, Member>);

impl Members {
    pub(super) fn join(&mut self, domain: &DomainName, member: &Member) -> Result<(), ConfigError> {
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

    /// The type that has joined with this category.
    pub(super) fn of(&self, category: &str) -> Option<TypeId> {
        self.0.get(category).map(|member| member.type_id)
    }

    /// The store can keep them all, and what was said of snapshots is of aggregates that there are,
    /// and that can have some.
    pub(super) fn check(
        &self,
        domain: &DomainName,
        store: &dyn EventStore,
        said: &HashMap<String, Snapshots>,
    ) -> Result<(), ConfigError> {
        for member in self.0.values() {
            member.check_store(domain, store)?;
            member.check(said)?;
        }
        let in_program = |category: &str| registry::aggregates().any(|a| a.category == category);
        match said
            .keys()
            .find(|category| !self.0.contains_key(category.as_str()) && !in_program(category))
        {
            None => Ok(()),
            Some(category) => Err(ConfigError::UnknownCategory {
                category: category.clone(),
            }),
        }
    }
}
