//! Events as the statements that write take them: one array a column.

use chrono::{DateTime, Utc};
use es_core::record::NewEvent;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::pg::{Bytes, Json};

/// A column that no event has anything in stays empty, which the server takes for NULL in each.
#[derive(Default)]
pub(super) struct Columns<'a> {
    times: Vec<DateTime<Utc>>,
    ids: Vec<Uuid>,
    types: Vec<&'a str>,
    metadata: Vec<Option<Json<'a>>>,
    data: Vec<Option<Json<'a>>>,
    bytes: Vec<Option<Bytes<'a>>>,
}

impl<'a> Columns<'a> {
    pub(super) fn push(&mut self, event: NewEvent<'a>) {
        let before = self.ids.len();
        let (data, bytes) = payload(event);
        self.times.push(event.time);
        self.ids.push(event.id);
        self.types.push(event.event_type);
        push_behind(&mut self.metadata, before, metadata(event));
        push_behind(&mut self.data, before, data);
        push_behind(&mut self.bytes, before, bytes);
    }

    /// Times, ids, types, metadata, and payloads that are JSON and that are not.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 6] {
        [
            &self.times,
            &self.ids,
            &self.types,
            &self.metadata,
            &self.data,
            &self.bytes,
        ]
    }
}

/// The server takes what a column lacks at its end for NULL too.
fn push_behind<T: Clone>(column: &mut Vec<Option<T>>, before: usize, value: Option<T>) {
    if value.is_some() {
        column.resize(before, None);
        column.push(value);
    }
}

/// The metadata of an event, which was looked at before it was queued.
pub(super) fn metadata(event: NewEvent<'_>) -> Option<Json<'_>> {
    (!event.metadata.is_empty()).then_some(Json::known(event.metadata))
}

/// The payload of an event, in the one column or the other.
pub(super) fn payload(event: NewEvent<'_>) -> (Option<Json<'_>>, Option<Bytes<'_>>) {
    match Json::new(event.data) {
        Some(json) => (Some(json), None),
        None => (None, Some(event.data)),
    }
}
