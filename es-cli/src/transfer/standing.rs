//! What stands in the target already, walked along beside the source.

use es_core::record::{RecordedEvent, Source};
use es_core::store::{EventStore, EventStoreExt as _};

use crate::failure::Failure;
use crate::walk::Cursor;

/// A place in the target, behind everything of the source that was found there in its order.
pub(super) struct Standing<'a> {
    store: &'a dyn EventStore,
    cursor: Option<Cursor<'a>>,
    begun: bool,
}

impl<'a> Standing<'a> {
    pub(super) fn new(store: &'a dyn EventStore) -> Self {
        Self {
            store,
            cursor: None,
            begun: false,
        }
    }

    /// The very event, where it stands behind all that were found before. Events of others are
    /// passed over; behind one that is not found there is nothing more.
    pub(super) async fn find(
        &mut self,
        event: &RecordedEvent<'_>,
    ) -> Result<Option<RecordedEvent<'_>>, Failure> {
        if !self.begun {
            self.begun = true;
            self.begin(event).await?;
        }
        let Some(cursor) = &mut self.cursor else {
            return Ok(None);
        };
        while let Some(found) = cursor.peek().await? {
            let is_it = is(&found, event);
            cursor.pass();
            if is_it {
                return Ok(cursor.passed());
            }
        }
        Ok(None)
    }

    async fn begin(&mut self, event: &RecordedEvent<'_>) -> Result<(), Failure> {
        let mut events = self
            .store
            .read_stream(&event.stream)
            .from(event.version)
            .limit(1);
        let found = events.next().await?;
        if let Some(found) = found.filter(|found| is(found, event)) {
            let from = Some(found.position);
            self.cursor = Some(Cursor::new(self.store, Source::All { from }));
        }
        Ok(())
    }
}

/// The same event, whatever the two stores make of its payload.
pub(super) fn is(a: &RecordedEvent<'_>, b: &RecordedEvent<'_>) -> bool {
    a.id == b.id && a.version == b.version && a.stream == b.stream
}
