//! The store in memory: the default of a domain, and the reference for authors of stores.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Decision, Durability, EventStore,
    Snapshot, SnapshotStore, Standing, StoreError, StreamAppend,
};
use crate::record::{ConsumerGroup, Direction, NewEvent, Page, PageEvent, ReadRequest, Source};
use crate::stream::{Position, StreamName, Version};

/// Events in memory: as durable as the value itself, with every other promise of a store.
///
/// Clones share their events.
///
/// It is also the reference implementation. The whole of a unit is decided by [`Append::decide`]
/// before `Log::write` changes anything; both run under one lock, so positions become visible in
/// order; events are never copied in, since a unit keeps its own buffer alive.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: RwLock<Log>,
    snapshots: Mutex<HashMap<StreamName, Snapshot>>,
    head: watch::Sender<Position>,
}

/// Everything appended, in the order of positions: the event at position p stands at index p - 1.
#[derive(Debug, Default)]
struct Log {
    events: Vec<Stored>,
    streams: HashMap<StreamName, Vec<Position>>,
    categories: HashMap<String, Vec<Position>>,
}

#[derive(Debug)]
struct Stored {
    append: Arc<Append>,
    part: usize,
    index: usize,
    version: Version,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                log: RwLock::default(),
                snapshots: Mutex::default(),
                head: watch::Sender::new(Position::START),
            }),
        }
    }

    fn snapshots_by_stream(&self) -> MutexGuard<'_, HashMap<StreamName, Snapshot>> {
        self.shared
            .snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl EventStore for MemoryStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move {
            let mut log = self
                .shared
                .log
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let Ok(decision) = append.decide(&mut &*log);
            match decision {
                Decision::Conflict(conflict) => Err(conflict.into()),
                Decision::Stands(appended) => Ok(appended),
                Decision::Write(versions) => {
                    let parts = versions.into_iter().enumerate();
                    let appended = parts
                        .map(|(part, version)| log.write(&append, part, version))
                        .collect();
                    self.shared.head.send_replace(log.head());
                    Ok(appended)
                }
            }
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.shared
                .log
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .read(request, page);
            Ok(())
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move { Ok(*self.shared.head.borrow()) })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, Durability::None)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        let mut head = self.shared.head.subscribe();
        Box::pin(async move {
            let head = head.wait_for(|head| *head > position).await;
            Ok(*head.expect("the sender lives as long as the store that is borrowed here"))
        })
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(self)
    }
}

impl Standing for &Log {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        Ok(Version::new(self.positions(stream).len() as u64))
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        after: Version,
        count: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        let after = usize::try_from(after.get()).unwrap_or(usize::MAX);
        let behind = self.positions(stream).iter().skip(after).take(count);
        Ok(behind
            .map(|position| (self.at(*position).event().id, *position))
            .collect())
    }
}

impl Log {
    fn write(&mut self, append: &Arc<Append>, part: usize, mut version: Version) -> Appended {
        let StreamAppend { stream, events, .. } = &append.streams()[part];
        if events.is_empty() {
            return Appended {
                version,
                position: None,
            };
        }
        let first = self.head().next();
        for index in 0..events.len() {
            version = version.next();
            self.events.push(Stored {
                append: Arc::clone(append),
                part,
                index,
                version,
            });
        }
        let last = self.head();
        let positions = || (first.get()..=last.get()).map(Position::new);
        self.streams
            .entry(stream.clone())
            .or_default()
            .extend(positions());
        match self.categories.get_mut(stream.category_str()) {
            Some(category) => category.extend(positions()),
            None => {
                self.categories
                    .insert(stream.category_str().to_owned(), positions().collect());
            }
        }
        Appended {
            version,
            position: Some(last),
        }
    }

    fn read(&self, request: &ReadRequest, page: &mut Page) {
        page.clear();
        match &request.source {
            Source::Stream { name, from } => {
                let positions = self.positions(name);
                let from = from.map(Version::get);
                self.fill(page, request, None, positions.len(), from, |index| {
                    positions[index]
                });
            }
            Source::Category { name, from, group } => {
                let positions = self
                    .categories
                    .get(name.as_str())
                    .map_or(&[][..], Vec::as_slice);
                // `fill` counts in places of the category: how many stand before `from`, plus one.
                let from = from.map(|from| match request.direction {
                    Direction::Forwards => positions.partition_point(|at| *at < from) as u64 + 1,
                    Direction::Backwards => positions.partition_point(|at| *at <= from) as u64,
                });
                self.fill(page, request, *group, positions.len(), from, |index| {
                    positions[index]
                });
            }
            Source::All { from } => {
                let from = from.map(Position::get);
                let at = |index| Position::new(index as u64 + 1);
                self.fill(page, request, None, self.events.len(), from, at);
            }
        }
    }

    /// Fills the page from a list of `len` places, counted from 1, beginning at place `from`, with
    /// what belongs to the member of the group.
    fn fill(
        &self,
        page: &mut Page,
        request: &ReadRequest,
        group: Option<ConsumerGroup>,
        len: usize,
        from: Option<u64>,
        position: impl Fn(usize) -> Position,
    ) {
        let place = |from: u64| usize::try_from(from).unwrap_or(usize::MAX);
        let places = match request.direction {
            Direction::Forwards => from.map_or(0, |from| place(from).saturating_sub(1))..len,
            Direction::Backwards => 0..from.map_or(len, |from| place(from).min(len)),
        };
        for step in 0..places.len() {
            let position = position(match request.direction {
                Direction::Forwards => places.start + step,
                Direction::Backwards => places.end - 1 - step,
            });
            let event = self.at(position).page_event(position);
            if group.is_some_and(|group| !group.has_stream(event.stream)) {
                continue;
            }
            if request.is_filled_by(page) {
                page.set_has_more(true);
                return;
            }
            page.push(event);
        }
    }

    fn positions(&self, stream: &StreamName) -> &[Position] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    fn head(&self) -> Position {
        Position::new(self.events.len() as u64)
    }

    fn at(&self, position: Position) -> &Stored {
        let index = usize::try_from(position.get() - 1).expect("positions count what is in memory");
        &self.events[index]
    }
}

impl Stored {
    fn event(&self) -> NewEvent<'_> {
        self.append.streams()[self.part].events.get(self.index)
    }

    fn page_event(&self, position: Position) -> PageEvent<'_> {
        let stream = self.append.streams()[self.part].stream.as_str();
        PageEvent {
            stream,
            version: self.version,
            position,
            event: self.event(),
        }
    }
}

impl SnapshotStore for MemoryStore {
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut snapshots = self.snapshots_by_stream();
            let newer = snapshots.get(&snapshot.stream).is_some_and(|kept| {
                kept.fingerprint == snapshot.fingerprint && kept.version > snapshot.version
            });
            if !newer {
                snapshots.insert(snapshot.stream.clone(), snapshot);
            }
            Ok(())
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move { Ok(self.snapshots_by_stream().get(stream).cloned()) })
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.snapshots_by_stream().remove(stream).is_some()) })
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let mut snapshots = self.snapshots_by_stream();
            let deleted = snapshots.len() as u64;
            snapshots.clear();
            Ok(deleted)
        })
    }
}
