//! The store in memory: the default of a domain, and the reference for authors of stores.

mod catalog;
mod states;
mod stream;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Catalog, Decision, Durability,
    EventStore, Snapshot, SnapshotStore, Standing, StandingState, StateStore, StoreError,
    StreamAppend,
};
use crate::record::{ConsumerGroup, Direction, Page, PageEvent, ReadRequest, Source};
use crate::stream::{ByName, Position, StreamName, Version};
use states::States;
use stream::Stream;

/// Events in memory: as durable as the value itself, with every other promise of a store.
///
/// Clones share their events.
///
/// It is also the reference implementation. The whole of a unit is decided by [`Append::decide`]
/// before `Log::write` changes anything; both run under one lock, so positions become visible in
/// order. What is loaded together stands together, and long streams are read without a copy.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: RwLock<Log>,
    snapshots: Mutex<ByName<StreamName, Snapshot>>,
    appended: Notify,
}

/// Everything appended.
#[derive(Debug, Default)]
struct Log {
    /// In the order of positions: the event at position p stands at index p - 1.
    places: Vec<Place>,
    streams: Vec<Stream>,
    categories: Vec<Vec<Position>>,
    streams_by_name: ByName<StreamName, usize>,
    categories_by_name: ByName<String, usize>,
    states: States,
}

/// Where an event is.
#[derive(Clone, Copy, Debug)]
struct Place {
    stream: usize,
    index: usize,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                log: RwLock::default(),
                snapshots: Mutex::default(),
                appended: Notify::new(),
            }),
        }
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.shared
            .log
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshots_by_stream(&self) -> MutexGuard<'_, ByName<StreamName, Snapshot>> {
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
                    let mut versions = versions.into_iter();
                    let streams = append.streams().iter().zip(versions.by_ref());
                    let mut appended: Vec<_> = streams
                        .map(|(part, version)| log.write(part, version))
                        .collect();
                    let states = append.states().iter().zip(versions);
                    appended
                        .extend(states.map(|(write, version)| log.states.write(write, version)));
                    self.shared.appended.notify_waiters();
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
            self.log().read(request, page);
            Ok(())
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move { Ok(self.log().head()) })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, Durability::None)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move {
            loop {
                // Made before the look, so that no append between the two is missed.
                let appended = self.shared.appended.notified();
                let head = self.log().head();
                if head > position {
                    return Ok(head);
                }
                appended.await;
            }
        })
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(self)
    }

    fn states(&self) -> Option<&dyn StateStore> {
        Some(self)
    }

    fn catalog(&self) -> Option<&dyn Catalog> {
        Some(self)
    }
}

impl Standing for &Log {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        Ok(Version::new(
            self.stream(stream).map_or(0, Stream::len) as u64
        ))
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        after: Version,
        count: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        let Some(stream) = self.stream(stream) else {
            return Ok(Vec::new());
        };
        let behind = (0..stream.len()).skip(as_usize(after.get())).take(count);
        let behind = behind.map(|index| stream.event(index));
        Ok(behind
            .map(|pushed| (pushed.event.id, pushed.position))
            .collect())
    }

    fn state(&mut self, stream: &StreamName) -> Result<StandingState, Infallible> {
        Ok(self.states.standing(stream))
    }
}

impl Log {
    fn write(&mut self, append: &StreamAppend, mut version: Version) -> Appended {
        if append.events.is_empty() {
            return Appended {
                version,
                position: None,
            };
        }
        let place = self.place_of(&append.stream);
        let stream = &mut self.streams[place];
        let category = &mut self.categories[stream.category];
        for event in append.events.iter() {
            version = version.next();
            let position = Position::new(self.places.len() as u64 + 1);
            self.places.push(Place {
                stream: place,
                index: stream.len(),
            });
            category.push(position);
            stream.push(PageEvent {
                stream: append.stream.as_str(),
                version,
                position,
                event,
            });
        }
        Appended {
            version,
            position: Some(self.head()),
        }
    }

    /// The stream's index, which it keeps; one that does not exist begins.
    fn place_of(&mut self, name: &StreamName) -> usize {
        if let Some(place) = self.streams_by_name.get(name) {
            return *place;
        }
        let category = name.category_str();
        let category = match self.categories_by_name.get(category) {
            Some(category) => *category,
            None => {
                let new = self.categories.len();
                self.categories_by_name.insert(category.to_owned(), new);
                self.categories.push(Vec::new());
                new
            }
        };
        let new = self.streams.len();
        self.streams_by_name.insert(name.clone(), new);
        self.streams.push(Stream::in_category(category));
        new
    }

    fn read(&self, request: &ReadRequest, page: &mut Page) {
        page.clear();
        match &request.source {
            Source::Stream { name, from } => {
                let Some(stream) = self.stream(name) else {
                    return;
                };
                let from = from.map(Version::get);
                match request.direction {
                    Direction::Forwards => stream.read(index_of(from), request, page),
                    Direction::Backwards => {
                        let event = |index| stream.event(index);
                        fill(page, request, None, stream.len(), from, event);
                    }
                }
            }
            Source::Category { name, from, group } => {
                let Some(category) = self.categories_by_name.get(name.as_str()) else {
                    return;
                };
                let positions = &self.categories[*category];
                // `fill` counts in places of the category: how many stand before `from`, plus one.
                let from = from.map(|from| match request.direction {
                    Direction::Forwards => positions.partition_point(|at| *at < from) as u64 + 1,
                    Direction::Backwards => positions.partition_point(|at| *at <= from) as u64,
                });
                let event = |index: usize| self.at(positions[index]);
                fill(page, request, *group, positions.len(), from, event);
            }
            Source::All { from } => {
                let from = from.map(Position::get);
                let event = |index| self.at(Position::new(index as u64 + 1));
                fill(page, request, None, self.places.len(), from, event);
            }
        }
    }

    fn stream(&self, name: &StreamName) -> Option<&Stream> {
        let place = self.streams_by_name.get(name)?;
        Some(&self.streams[*place])
    }

    fn head(&self) -> Position {
        Position::new(self.places.len() as u64)
    }

    fn at(&self, position: Position) -> PageEvent<'_> {
        let index = usize::try_from(position.get() - 1).expect("positions count what is in memory");
        let place = self.places[index];
        self.streams[place.stream].event(place.index)
    }
}

/// Fills the page from a list of `len` events, counted from 1, beginning at the one at `from`, with
/// what belongs to the member of the group.
fn fill<'a>(
    page: &mut Page,
    request: &ReadRequest,
    group: Option<ConsumerGroup>,
    len: usize,
    from: Option<u64>,
    event: impl Fn(usize) -> PageEvent<'a>,
) {
    let places = match request.direction {
        Direction::Forwards => index_of(from)..len,
        Direction::Backwards => 0..from.map_or(len, |from| as_usize(from).min(len)),
    };
    for step in 0..places.len() {
        let event = event(match request.direction {
            Direction::Forwards => places.start + step,
            Direction::Backwards => places.end - 1 - step,
        });
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

/// The index of what is counted from 1; of the first where nothing is asked for.
fn index_of(from: Option<u64>) -> usize {
    from.map_or(0, |from| as_usize(from).saturating_sub(1))
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
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
