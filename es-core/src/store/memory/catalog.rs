//! What the store in memory tells of itself.

use std::collections::BTreeMap;

use super::{Log, MemoryStore};
use crate::record::PageEvent;
use crate::store::{
    About, BoxFuture, Catalog, SnapshotEntry, StoreError, StreamEntry, StreamsRequest, TypeEntry,
};
use crate::stream::StreamName;

impl Catalog for MemoryStore {
    fn about(&self) -> BoxFuture<'_, Result<About, StoreError>> {
        Box::pin(async { Ok(About::new("memory", "memory://")) })
    }

    fn streams<'a>(
        &'a self,
        request: &'a StreamsRequest,
    ) -> BoxFuture<'a, Result<Vec<StreamEntry>, StoreError>> {
        Box::pin(async move { Ok(self.log().stream_entries(request)) })
    }

    fn types(&self) -> BoxFuture<'_, Result<Vec<TypeEntry>, StoreError>> {
        Box::pin(async move { Ok(self.log().type_entries()) })
    }

    fn snapshots<'a>(
        &'a self,
        after: Option<&'a StreamName>,
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<SnapshotEntry>, StoreError>> {
        Box::pin(async move {
            let snapshots = self.snapshots_by_stream();
            let behind = snapshots
                .values()
                .filter(|kept| after < Some(&kept.stream))
                .map(|kept| SnapshotEntry {
                    stream: kept.stream.clone(),
                    version: kept.version,
                    time: kept.time,
                    fingerprint: kept.fingerprint,
                    bytes: kept.state.len() as u64,
                });
            let mut entries = behind.collect::<Vec<_>>();
            entries.sort_unstable_by(|a, b| a.stream.cmp(&b.stream));
            entries.truncate(max);
            Ok(entries)
        })
    }
}

impl Log {
    fn stream_entries(&self, request: &StreamsRequest) -> Vec<StreamEntry> {
        let wanted = |name: &StreamName| {
            let category = request.category.as_ref();
            category.is_none_or(|category| name.category_str() == category.as_str())
                && request.after.as_ref() < Some(name)
        };
        let mut streams = self
            .streams_by_name
            .iter()
            .filter(|(name, _)| wanted(name))
            .collect::<Vec<_>>();
        streams.sort_unstable();
        streams.truncate(request.max);
        let entries = streams.into_iter().filter_map(|(name, place)| {
            let last = self.streams[*place].last()?;
            Some(StreamEntry {
                stream: name.clone(),
                version: last.version,
                position: last.position,
                time: last.event.time,
                event_type: last.event.event_type.to_owned(),
            })
        });
        entries.collect()
    }

    fn type_entries(&self) -> Vec<TypeEntry> {
        let mut types = BTreeMap::<(&str, String), TypeEntry>::new();
        for (name, place) in &self.streams_by_name {
            let category = name.category_str();
            for PageEvent { version, event, .. } in self.streams[*place].iter() {
                let event_type = event.event_type.to_owned();
                let key = (category, event_type);
                let entry = match types.get_mut(&key) {
                    Some(entry) => entry,
                    None => types.entry(key.clone()).or_insert(TypeEntry {
                        category: category.to_owned(),
                        event_type: key.1,
                        events: 0,
                        begun: 0,
                        bytes: 0,
                        first: event.time,
                        last: event.time,
                    }),
                };
                entry.events += 1;
                entry.begun += u64::from(version == 1);
                entry.bytes += (event.data.len() + event.metadata.len()) as u64;
                entry.first = entry.first.min(event.time);
                entry.last = entry.last.max(event.time);
            }
        }
        types.into_values().collect()
    }
}
