//! The current states of the store in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::MemoryStore;
use crate::store::{
    Appended, BoxFuture, StandingState, State, StateChange, StateStore, StateWrite, StoreError,
};
use crate::stream::{Category, StreamName, Version};

/// States by name, in the order of names. One that was removed leaves its version.
#[derive(Debug, Default)]
pub(super) struct States(BTreeMap<StreamName, Kept>);

#[derive(Debug)]
struct Kept {
    version: Version,
    id: Uuid,
    time: DateTime<Utc>,
    /// None where it was removed.
    data: Option<Arc<[u8]>>,
}

impl States {
    pub(super) fn standing(&self, stream: &StreamName) -> StandingState {
        self.0
            .get(stream)
            .map_or_else(StandingState::default, |kept| StandingState {
                version: kept.version,
                id: Some(kept.id),
                removed: kept.data.is_none(),
            })
    }

    /// Writes what was decided, over the version told.
    pub(super) fn write(&mut self, write: &StateWrite, before: Version) -> Appended {
        let data = match &write.change {
            StateChange::Check => return checked(before),
            StateChange::Put(data) => Some(Arc::clone(data)),
            StateChange::Remove => None,
        };
        let (version, id, time) = (before.next(), write.id, write.time);
        let kept = Kept {
            version,
            id,
            time,
            data,
        };
        self.0.insert(write.stream.clone(), kept);
        checked(version)
    }
}

fn checked(version: Version) -> Appended {
    Appended {
        version,
        position: None,
    }
}

impl Kept {
    fn state(&self, stream: &StreamName) -> Option<State> {
        Some(State {
            stream: stream.clone(),
            version: self.version,
            time: self.time,
            data: self.data.as_deref()?.to_vec(),
        })
    }
}

impl StateStore for MemoryStore {
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(async move {
            let log = self.log();
            let kept = log.states.0.get(stream);
            Ok(kept.and_then(|kept| kept.state(stream)))
        })
    }

    fn list<'a>(
        &'a self,
        category: &'a Category,
        after: Option<&'a StreamName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<State>, StoreError>> {
        Box::pin(async move {
            // All ids come behind this, whatever they are.
            let first = format!("{category}-");
            let begin = after.map_or(Bound::Included(&*first), |after| {
                Bound::Excluded(after.as_str())
            });
            let log = self.log();
            let of_category = log
                .states
                .0
                .range::<str, _>((begin, Bound::Unbounded))
                .take_while(|(stream, _)| stream.category_str() == category.as_str());
            let states = of_category.filter_map(|(stream, kept)| kept.state(stream));
            Ok(states.take(limit).collect())
        })
    }
}
