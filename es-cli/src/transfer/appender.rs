//! Appending what another store or a file holds.

use std::sync::Arc;
use std::time::Duration;

use es_core::record::{NewEvents, Page};
use es_core::store::{
    Append, AppendError, EventStore, EventStoreExt as _, Expected, ExpectedVersionError,
    StreamAppend,
};
use es_core::stream::Position;

use super::standing::Standing;
use super::units;
use crate::failure::Failure;

/// An append whose outcome is unknown is repeated so often.
const TRIES: u32 = 5;

/// Appends pages to a store, in order, and passes over what stands there.
pub(crate) struct Appender<'a> {
    store: &'a dyn EventStore,
    several_streams: bool,
    standing: Option<Standing<'a>>,
    /// What an append answers up to here had been written before.
    head: Position,
    /// How many events were there already, as far as that was looked at.
    pub(crate) stood: u64,
}

impl<'a> Appender<'a> {
    pub(crate) async fn begin(store: &'a dyn EventStore) -> Result<Self, Failure> {
        Ok(Self {
            store,
            several_streams: store.capabilities().multi_stream,
            standing: Some(Standing::new(store)),
            head: store.head().await?,
            stood: 0,
        })
    }

    pub(crate) async fn append(&mut self, page: &Page) -> Result<(), Failure> {
        let mut index = self.pass_over(page).await?;
        while index < page.len() {
            let (parts, next) = units::cut(page, index, self.several_streams)?;
            self.append_parts(parts).await?;
            index = next;
        }
        Ok(())
    }

    /// How many events of the page stand in the target in their order: only a way to be quick, since
    /// appending them would write nothing either.
    async fn pass_over(&mut self, page: &Page) -> Result<usize, Failure> {
        let mut passed = 0;
        while let Some(standing) = &mut self.standing
            && let Some(event) = page.get(passed)
        {
            if standing.find(&event).await?.is_none() {
                self.standing = None;
                break;
            }
            passed += 1;
        }
        self.stood += passed as u64;
        Ok(passed)
    }

    /// All at once; where some of it stands, part by part.
    async fn append_parts(&mut self, parts: Vec<StreamAppend>) -> Result<(), Failure> {
        if parts.len() > 1 {
            let unit = Append::all(parts.clone()).map_err(|error| {
                Failure::failed(format!(
                    "events of one stream were not put together: {error}"
                ))
            })?;
            match self.try_append(unit).await {
                Err(AppendError::Conflict(_)) => {}
                other => return Ok(other?),
            }
        }
        for part in parts {
            self.append_part(part).await?;
        }
        Ok(())
    }

    async fn append_part(&mut self, part: StreamAppend) -> Result<(), Failure> {
        let append = Append::to(part.stream.clone(), part.expected, part.events.clone());
        match self.try_append(append).await {
            Err(AppendError::Conflict(conflict)) => {
                let rest = self.what_is_missing(&part, &conflict).await?;
                self.stood += (part.events.len() - rest.events.len()) as u64;
                if rest.events.is_empty() {
                    return Ok(());
                }
                let append = Append::to(rest.stream, rest.expected, rest.events);
                Ok(self.try_append(append).await?)
            }
            other => Ok(other?),
        }
    }

    async fn try_append(&mut self, append: Append) -> Result<(), AppendError> {
        let append = Arc::new(append);
        let mut tries = 1;
        loop {
            match self.store.append(Arc::clone(&append)).await {
                Err(AppendError::OutcomeUnknown(_)) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                    tries += 1;
                }
                Err(error) => return Err(error),
                Ok(appended) => {
                    let parts = append.streams().iter().zip(appended);
                    let stood = parts.filter(|(_, done)| done.position <= Some(self.head));
                    self.stood += stood.map(|(part, _)| part.events.len() as u64).sum::<u64>();
                    return Ok(());
                }
            }
        }
    }

    /// The events of a part that do not stand in the stream; what stands there must be the part's.
    async fn what_is_missing(
        &self,
        part: &StreamAppend,
        conflict: &ExpectedVersionError,
    ) -> Result<StreamAppend, Failure> {
        let (stream, expected, actual) = (&part.stream, conflict.expected, conflict.actual);
        if actual < expected {
            return Err(Failure::failed(format!(
                "`{stream}` is at version {actual}, and the source goes on with version {}",
                expected.next()
            ))
            .help("bring over what comes before, from the beginning of the stream"));
        }
        let mut standing = self.store.read_stream(stream).from(expected.next());
        let mut version = expected;
        let mut new = part.events.iter().peekable();
        while let Some(event) = new.peek()
            && let Some(stands) = standing.next().await?
        {
            if stands.id != event.id {
                return Err(Failure::failed(format!(
                    "`{stream}` has another event at version {}: {} stands there, {} was to come",
                    stands.version, stands.id, event.id
                ))
                .help("bring the events into a store that has none in this stream"));
            }
            version = version.next();
            new.next();
        }
        let mut events = NewEvents::new();
        for event in new {
            events.push(event);
        }
        Ok(StreamAppend {
            stream: stream.clone(),
            expected: Expected::Version(version),
            events,
        })
    }
}
