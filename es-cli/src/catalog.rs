//! What there is in a store: from the store itself where it knows, else by reading everything.

use std::collections::BTreeMap;

use es_core::record::{RecordedEvent, Source};
use es_core::store::{EventStore, StreamEntry, StreamsRequest, TypeEntry};
use es_core::stream::StreamName;

use crate::failure::Failure;
use crate::output::Progress;
use crate::walk::Walk;

/// Each type of event in each category.
pub(crate) async fn types(store: &dyn EventStore) -> Result<Vec<TypeEntry>, Failure> {
    if let Some(catalog) = store.catalog() {
        return Ok(catalog.types().await?);
    }
    let mut types = BTreeMap::<String, BTreeMap<String, TypeEntry>>::new();
    let mut progress = Progress::of("reading", None);
    let mut walk = Walk::new(store, Source::All { from: None });
    while let Some(page) = walk.next_page().await? {
        for event in page.iter() {
            count(&mut types, &event);
        }
        progress.advance(page.len() as u64);
    }
    progress.finish();
    let types = types.into_values().flat_map(BTreeMap::into_values);
    Ok(types.collect())
}

fn count(types: &mut BTreeMap<String, BTreeMap<String, TypeEntry>>, event: &RecordedEvent<'_>) {
    let category = event.stream.split('-').next().unwrap_or_default();
    if !types.contains_key(category) {
        types.insert(category.to_owned(), BTreeMap::new());
    }
    let Some(of_category) = types.get_mut(category) else {
        return;
    };
    if !of_category.contains_key(&*event.event_type) {
        let entry = TypeEntry {
            category: category.to_owned(),
            event_type: event.event_type.to_string(),
            events: 0,
            begun: 0,
            bytes: 0,
            first: event.time,
            last: event.time,
        };
        of_category.insert(event.event_type.to_string(), entry);
    }
    let Some(entry) = of_category.get_mut(&*event.event_type) else {
        return;
    };
    entry.events += 1;
    entry.begun += u64::from(event.version == 1);
    entry.bytes += (event.data.len() + event.metadata.len()) as u64;
    entry.first = entry.first.min(event.time);
    entry.last = entry.last.max(event.time);
}

/// The streams asked for. Where the store does not know them, everything is read, and no more than
/// are asked for are held.
pub(crate) async fn streams(
    store: &dyn EventStore,
    request: &StreamsRequest,
) -> Result<Vec<StreamEntry>, Failure> {
    if let Some(catalog) = store.catalog() {
        return Ok(catalog.streams(request).await?);
    }
    let source = match &request.category {
        Some(name) => Source::Category {
            name: name.clone(),
            from: None,
            group: None,
        },
        None => Source::All { from: None },
    };
    let after = request.after.as_ref().map(StreamName::as_str);
    let mut streams = BTreeMap::<String, StreamEntry>::new();
    let mut walk = Walk::new(store, source);
    while let Some(page) = walk.next_page().await? {
        for event in page.iter().filter(|event| after < Some(&*event.stream)) {
            let full = streams.len() >= request.max && !streams.contains_key(&*event.stream);
            if full {
                match streams.last_entry() {
                    Some(last) if last.key().as_str() > &*event.stream => drop(last.remove()),
                    _ => continue,
                }
            }
            let entry = StreamEntry {
                stream: StreamName::new(&event.stream)?,
                version: event.version,
                position: event.position,
                time: event.time,
                event_type: event.event_type.to_string(),
            };
            streams.insert(event.stream.to_string(), entry);
        }
    }
    Ok(streams.into_values().collect())
}
