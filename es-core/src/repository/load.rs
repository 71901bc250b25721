//! Loading: a snapshot where one serves, then the stream's events, page by page.

use std::future::poll_fn;
use std::task::Poll;

use chrono::{DateTime, Utc};

use super::{known_types, snapshot};
use crate::aggregate::{self, Aggregate};
use crate::became::Became;
use crate::codec::Types;
use crate::domain::Domain;
use crate::error::{EventProblem, LoadError};
use crate::event::{DecodeError, EventEnum};
use crate::record::{Detail, Metadata, Page, ReadRequest, RecordedEvent, Replayed, Source};
use crate::stream::{StreamName, Version};
use crate::unknown_fields::{self, UnknownFields};

/// How far a stream is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    Head,
    Version(Version),
    /// Before the first event later than this.
    Time(DateTime<Utc>),
}

/// The aggregate of a stream, or `None` where the stream is empty.
pub(super) async fn load<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    id: &A::Id,
    until: Until,
) -> Result<Option<A>, LoadError> {
    if let Some(snapshot) = snapshot::load::<A>(domain, stream, until).await {
        if let Some(replay) = resume(domain, stream, id, snapshot, until).await? {
            return finish(replay, until);
        }
        snapshot::warn_ahead(stream);
    }
    let mut replay = Replay::new(domain, stream, id);
    replay.read(domain, until).await?;
    finish(replay, until)
}

/// The aggregate as it is now, from a `state` of earlier and what was appended since.
pub(super) async fn go_on<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    id: &A::Id,
    state: A,
) -> Result<Option<A>, LoadError> {
    if let Some(replay) = resume(domain, stream, id, state, Until::Head).await? {
        return finish(replay, Until::Head);
    }
    tracing::warn!(%stream, "a cached aggregate is ahead of its stream, it is loaded again");
    load(domain, stream, id, Until::Head).await
}

/// `None` where the last event that `state` has seen is not in the stream.
async fn resume<'a, A: Aggregate>(
    domain: &'a Domain,
    stream: &'a StreamName,
    id: &'a A::Id,
    state: A,
    until: Until,
) -> Result<Option<Replay<'a, A>>, LoadError> {
    let mut replay = Replay::new(domain, stream, id);
    replay.begin_at(state);
    Ok(replay.read(domain, until).await?.map(|()| replay))
}

/// Reads what was appended behind `aggregate`, which has nothing pending.
pub(super) async fn catch_up<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    id: &A::Id,
    aggregate: A,
) -> Result<A, LoadError> {
    let mut replay = Replay::new(domain, stream, id);
    replay.begin_behind(aggregate);
    replay.read(domain, Until::Head).await?;
    Ok(replay
        .aggregate
        .expect("it was there before and nothing takes it"))
}

fn finish<A: Aggregate>(replay: Replay<'_, A>, until: Until) -> Result<Option<A>, LoadError> {
    let Replay {
        stream,
        aggregate,
        begins_later,
        ..
    } = replay;
    let last = aggregate
        .as_ref()
        .map_or(Version::EMPTY, Aggregate::stored_version);
    match (until, begins_later) {
        (Until::Version(asked), _) if last < asked && last > 0 => Err(LoadError::NoSuchVersion {
            stream: stream.clone(),
            asked,
            last,
        }),
        (Until::Time(asked), Some(first)) if aggregate.is_none() => Err(LoadError::NotYet {
            stream: stream.clone(),
            asked,
            first,
        }),
        _ => Ok(aggregate),
    }
}

/// Folds the events of one stream into an aggregate.
pub(crate) struct Replay<'a, A: Aggregate> {
    domain: &'a Domain,
    stream: &'a StreamName,
    id: &'a A::Id,
    aggregate: Option<A>,
    /// How many events were read: more than the aggregate counts where the first ones were upcast
    /// to none, so that there is no aggregate yet.
    version: Version,
    /// A snapshot was taken at this version: the event must be there, and is not applied again.
    seen: Option<Version>,
    /// The time of the first event that is later than asked for, where nothing is before it.
    begins_later: Option<DateTime<Utc>>,
}

impl<'a, A: Aggregate> Replay<'a, A> {
    pub(crate) fn new(domain: &'a Domain, stream: &'a StreamName, id: &'a A::Id) -> Self {
        Self {
            domain,
            stream,
            id,
            aggregate: None,
            version: Version::EMPTY,
            seen: None,
            begins_later: None,
        }
    }

    /// Goes on where an earlier replay ended.
    pub(crate) fn go_on(&mut self, aggregate: Option<A>, version: Version) {
        (self.aggregate, self.version) = (aggregate, version);
    }

    /// What it came to: the state, and how many events were read.
    pub(crate) fn end(self) -> (Option<A>, Version) {
        (self.aggregate, self.version)
    }

    fn begin_behind(&mut self, aggregate: A) {
        self.version = aggregate.stored_version();
        self.aggregate = Some(aggregate);
    }

    fn begin_at(&mut self, mut aggregate: A) {
        aggregate.root_mut().set_id(self.id.clone());
        self.seen = Some(aggregate.stored_version());
        self.begin_behind(aggregate);
    }

    /// Reads and folds to the end asked for; the next page is on its way while this one is folded.
    /// `None` where the event of the snapshot is not there.
    async fn read(&mut self, domain: &Domain, until: Until) -> Result<Option<()>, LoadError> {
        let from = self.seen.unwrap_or_else(|| self.version.next());
        let name = self.stream.clone();
        let mut request = ReadRequest::new(Source::Stream {
            name,
            from: Some(from),
        });
        request.detail = Detail::Replay;
        if !limit(&mut request, until, from) {
            return Ok(Some(()));
        }
        // Most streams end in their first page, and need no other.
        let (mut page, mut next) = (domain.page(), None);
        domain.store().read(&request, &mut page).await?;
        if self.seen.is_some() && page.get(0).is_none_or(|event| event.version != from) {
            return Ok(None);
        }
        while request.advance(&page) {
            let from = page.last().map_or(from, |last| last.version.next());
            if !limit(&mut request, until, from) {
                break;
            }
            let next = next.get_or_insert_with(|| domain.page());
            let go_on = {
                let mut reading = domain.store().read(&request, next);
                let begun = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
                let go_on = self.fold(&page, until)?;
                match begun {
                    Poll::Ready(result) => result?,
                    Poll::Pending => reading.await?,
                }
                go_on
            };
            if !go_on {
                return Ok(Some(()));
            }
            std::mem::swap(&mut page, next);
        }
        self.fold(&page, until)?;
        Ok(Some(()))
    }

    /// Answers whether events behind this page are wanted too.
    fn fold(&mut self, page: &Page, until: Until) -> Result<bool, LoadError> {
        let mut types = Types::of(self.domain.name());
        for event in page.replayed() {
            if self.seen.take_if(|seen| *seen == event.version).is_some() {
                continue;
            }
            if matches!(until, Until::Time(time) if event.time > time) {
                self.begins_later = Some(event.time);
                return Ok(false);
            }
            self.apply(event, &mut types)?;
        }
        Ok(true)
    }

    /// Folds one stored event by value.
    fn apply<'e>(
        &mut self,
        recorded: Replayed<'e>,
        types: &mut Types<'e>,
    ) -> Result<(), LoadError> {
        self.expect(recorded)?;
        match decode_one::<A>(types, recorded) {
            Ok(event) => self.fold_one(event, recorded)?,
            Err(error) => {
                for event in decode_more::<A>(self.domain, self.stream, recorded, error)? {
                    self.fold_one(event, recorded)?;
                }
            }
        }
        self.count(recorded);
        Ok(())
    }

    fn fold_one(&mut self, event: A::Event, recorded: Replayed<'_>) -> Result<(), LoadError> {
        match &mut self.aggregate {
            Some(aggregate) => match aggregate::replay(aggregate, self.id, event) {
                true => Ok(()),
                false => Err(self.creates_again(recorded)),
            },
            None => self.create(&event, recorded),
        }
    }

    /// Folds one stored event and gives back what it became.
    pub(crate) fn apply_kept(
        &mut self,
        recorded: &RecordedEvent<'_>,
    ) -> Result<Became<A::Event>, LoadError> {
        let recorded = recorded.replayed();
        self.expect(recorded)?;
        let mut types = Types::of(self.domain.name());
        let events = decode_event::<A>(self.domain, &mut types, self.stream, recorded)?;
        for event in &events {
            match &mut self.aggregate {
                Some(aggregate) => {
                    if !aggregate::replay_ref(aggregate, self.id, event) {
                        return Err(self.creates_again(recorded));
                    }
                }
                None => self.create(event, recorded)?,
            }
        }
        self.count(recorded);
        Ok(events)
    }

    /// Versions come one by one.
    fn expect(&self, recorded: Replayed<'_>) -> Result<(), LoadError> {
        let expected = self.version.next();
        if recorded.version == expected {
            return Ok(());
        }
        let (stream, found) = (self.stream.clone(), recorded.version);
        Err(LoadError::Gap {
            stream,
            expected,
            found,
        })
    }

    fn create(&mut self, event: &A::Event, recorded: Replayed<'_>) -> Result<(), LoadError> {
        self.aggregate = aggregate::begin(self.id.clone(), event);
        match self.aggregate {
            Some(_) => Ok(()),
            None => {
                let problem = EventProblem::CreatesNothing { aggregate: A::NAME };
                Err(event_error(self.stream, recorded, problem))
            }
        }
    }

    fn creates_again(&self, recorded: Replayed<'_>) -> LoadError {
        let problem = EventProblem::CreatesAgain { aggregate: A::NAME };
        event_error(self.stream, recorded, problem)
    }

    fn count(&mut self, recorded: Replayed<'_>) {
        self.version = recorded.version;
        if let Some(aggregate) = &mut self.aggregate {
            let root = aggregate.root_mut();
            root.stored = recorded.version;
            root.time = root.time.max(Some(recorded.time));
        }
    }
}

/// Asks for no more events than are wanted; answers whether any are.
fn limit(request: &mut ReadRequest, until: Until, from: Version) -> bool {
    let Until::Version(version) = until else {
        return true;
    };
    let behind_first = version.get().checked_sub(from.get());
    let wanted = behind_first.map_or(0, |more| {
        usize::try_from(more).map_or(usize::MAX, |more| more.saturating_add(1))
    });
    request.max_events = wanted.min(request.max_events);
    wanted > 0
}

/// What a stored event is read as.
pub(super) fn decode_event<'e, A: Aggregate>(
    domain: &Domain,
    types: &mut Types<'e>,
    stream: &StreamName,
    recorded: Replayed<'e>,
) -> Result<Became<A::Event>, LoadError> {
    match decode_one::<A>(types, recorded) {
        Ok(event) => Ok(Became::one(event)),
        Err(error) => decode_more::<A>(domain, stream, recorded, error),
    }
}

fn decode_one<'e, A: Aggregate>(
    types: &mut Types<'e>,
    recorded: Replayed<'e>,
) -> Result<A::Event, DecodeError> {
    match types.parse(recorded.event_type) {
        Some((name, version)) => A::Event::decode(name, version, recorded.data),
        None => Err(DecodeError::UnknownName),
    }
}

/// What a stored event is read as that is not simply one of the aggregate's: it became others, or
/// has fields that are left out. `error` is what was wrong with it as one of them.
#[cold]
fn decode_more<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    recorded: Replayed<'_>,
    error: DecodeError,
) -> Result<Became<A::Event>, LoadError> {
    let Some((name, version)) = Types::of(domain.name()).parse(recorded.event_type) else {
        return Err(event_error(stream, recorded, problem::<A>(domain, error)));
    };
    let upcast = |data| A::Event::upcast(name, version, data).map(Became::several);
    let error = match error {
        DecodeError::UnknownName => match upcast(recorded.data) {
            Ok(events) => return Ok(events),
            Err(error) => error,
        },
        error => error,
    };
    let mut known = A::Event::KNOWN.iter().chain(A::Event::UPCASTS);
    let known = known.find(|event| event.is_stored_as(name));
    if let (DecodeError::Payload(_), Some(known)) = (&error, known)
        && let Some((data, fields)) = unknown_fields::split(known, version, recorded.data)
    {
        let decoded = match A::Event::decode(name, version, &data) {
            Err(DecodeError::UnknownName) => upcast(&data),
            decoded => decoded.map(Became::one),
        };
        if let Ok(events) = decoded {
            let ignore = domain.unknown_fields() == UnknownFields::Ignore;
            if !ignore && !known.ignores_unknown_fields {
                let problem = EventProblem::UnknownFields { fields };
                return Err(event_error(stream, recorded, problem));
            }
            unknown_fields::tell(stream, recorded.version, recorded.event_type, &fields);
            return Ok(events);
        }
    }
    Err(event_error(stream, recorded, problem::<A>(domain, error)))
}

fn problem<A: Aggregate>(domain: &Domain, error: DecodeError) -> EventProblem {
    match error {
        DecodeError::UnknownName => EventProblem::UnknownType {
            aggregate: A::NAME,
            known: known_types::<A>(domain.name()),
        },
        DecodeError::UnknownVersion { newest } => EventProblem::UnknownVersion { newest },
        DecodeError::Payload(error) => EventProblem::Payload(error),
    }
}

pub(crate) fn decode_metadata(
    stream: &StreamName,
    recorded: &RecordedEvent<'_>,
) -> Result<Metadata, LoadError> {
    let metadata = recorded.metadata();
    metadata
        .map_err(|error| event_error(stream, recorded.replayed(), EventProblem::Metadata(error)))
}

fn event_error(stream: &StreamName, recorded: Replayed<'_>, problem: EventProblem) -> LoadError {
    LoadError::Event {
        stream: stream.clone(),
        version: recorded.version,
        event_type: recorded.event_type.to_string(),
        problem,
    }
}
