//! A store that keeps JSON in a form of its own, and each event id once: what databases with a type
//! for JSON and an index over ids do.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use es_core::record::{NewEvent, NewEvents, Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Durability, EventStore, MemoryStore,
    Payloads, Snapshot, SnapshotStore, StateChange, StateStore, StateWrite, StoreError,
    StoreErrorKind, StreamAppend,
};
use es_core::stream::{Position, StreamName};
use serde_json::value::RawValue;
use uuid::Uuid;

/// Memory that writes all JSON anew: keys sorted and once each, one space behind each colon.
///
/// Here an id that stands in two streams is a mistake of the test.
#[derive(Debug, Default)]
pub(crate) struct JsonStore {
    inner: MemoryStore,
    ids: Mutex<HashSet<(Uuid, StreamName)>>,
}

impl JsonStore {
    fn check_ids(&self, append: &Append) {
        let mut ids = self.ids.lock().unwrap();
        for part in append.streams() {
            for event in part.events.iter() {
                let elsewhere = ids
                    .iter()
                    .find(|(id, stream)| *id == event.id && *stream != part.stream);
                assert_eq!(elsewhere, None, "also in `{}`", part.stream);
                ids.insert((event.id, part.stream.clone()));
            }
        }
    }
}

impl EventStore for JsonStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move {
            let unit = append
                .streams()
                .iter()
                .map(rewrite_part)
                .collect::<Option<_>>();
            let unit = Append::all(unit.ok_or_else(refusal)?).expect("no stream stands twice");
            let states = append.states().iter().map(rewrite_state);
            let states = states.collect::<Option<_>>().ok_or_else(refusal)?;
            let unit = unit.with_states(states).expect("no state stands twice");
            let appended = self.inner.append(Arc::new(unit)).await?;
            self.check_ids(&append);
            Ok(appended)
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.read(request, page)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        self.inner.head()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, Durability::None).payloads(Payloads::Json)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        self.inner.wait_beyond(position)
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(self)
    }

    fn states(&self) -> Option<&dyn StateStore> {
        self.inner.states()
    }
}

impl SnapshotStore for JsonStore {
    fn save(&self, mut snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            snapshot.state = rewrite(&snapshot.state).ok_or_else(refusal)?;
            self.inner.save(snapshot).await
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        SnapshotStore::load(&self.inner, stream)
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.inner.delete(stream)
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.inner.delete_all()
    }
}

pub(crate) fn refusal() -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "append: it is no JSON")
}

fn rewrite_state(write: &StateWrite) -> Option<StateWrite> {
    let change = match &write.change {
        StateChange::Put(state) => StateChange::Put(rewrite(state)?.into()),
        other => other.clone(),
    };
    Some(StateWrite {
        change,
        ..write.clone()
    })
}

fn rewrite_part(part: &StreamAppend) -> Option<StreamAppend> {
    let mut events = NewEvents::new();
    for event in part.events.iter() {
        let metadata = match event.metadata {
            b"" => Vec::new(),
            metadata => rewrite(metadata).filter(|json| json.starts_with(b"{"))?,
        };
        events.push(NewEvent {
            data: &rewrite(event.data)?,
            metadata: &metadata,
            ..event
        });
    }
    Some(StreamAppend {
        events,
        ..part.clone()
    })
}

pub(crate) fn rewrite(json: &[u8]) -> Option<Vec<u8>> {
    let mut written = String::new();
    write(serde_json::from_slice(json).ok()?, &mut written)?;
    Some(written.into_bytes())
}

fn write(json: &RawValue, out: &mut String) -> Option<()> {
    let text = json.get();
    match text.as_bytes()[0] {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            out.push('{');
            for (index, (name, field)) in fields.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_text(&name, out)?;
                out.push_str(": ");
                write(field, out)?;
            }
            out.push('}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push('[');
            for (index, item) in items.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(item, out)?;
            }
            out.push(']');
        }
        b'"' => write_text(&serde_json::from_str::<String>(text).ok()?, out)?,
        _ if text == "-0.0" => out.push_str("0.0"),
        _ => out.push_str(text),
    }
    Some(())
}

fn write_text(text: &str, out: &mut String) -> Option<()> {
    if text.contains('\0') {
        return None;
    }
    out.push_str(&serde_json::to_string(text).ok()?);
    Some(())
}
