//! What writes the batches.

use std::sync::Arc;

use es_core::store::{Append, StoreError, StoreErrorKind};
use es_core::stream::{Category, StreamName};
use tokio_postgres::error::SqlState;

use super::{batch, payload};
use crate::pg::{Bell, Failure, Link, Outcome, Trouble, WriteUnits};

/// How often a batch is tried that met a dead connection, or somebody who takes no locks.
const TRIES: usize = 3;

/// Writes batches over connections of the pool.
#[derive(Debug)]
pub(super) struct Units {
    pub(super) link: Arc<Link>,
    pub(super) bell: Arc<Bell>,
}

impl Units {
    async fn try_to_write(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let client = self.link.client().await.map_err(Failure::NotReached)?;
        let written = batch::write(&client, units).await;
        if written.is_err() {
            // Where even that fails, the connection is found dead when it is next taken.
            let _ = client.batch_execute("ROLLBACK").await;
        }
        written
    }

    /// Whether a batch of which surely nothing was written may be written when tried again.
    fn is_worth_a_try(&self, failure: &Failure) -> bool {
        match failure {
            Failure::NotReached(trouble) => self.link.has_died(trouble),
            Failure::Refused(trouble) => went_past_lock(trouble),
            Failure::Unknown(_) => false,
        }
    }
}

impl WriteUnits for Units {
    type Lock = Category;

    const SHARES_LOCKS: bool = true;

    fn lock(stream: &StreamName) -> Category {
        stream.category()
    }

    async fn write(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let mut tries = 1;
        loop {
            match self.try_to_write(units).await {
                Ok(outcomes) => {
                    self.bell.ring();
                    return Ok(outcomes);
                }
                Err(failure) if tries < TRIES && self.is_worth_a_try(&failure) => tries += 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    fn error(&self, trouble: &Trouble) -> StoreError {
        if names_index(trouble, "messages_id") {
            let action = format!(
                "append to `{}`: the id of one of the events is another event's already; Message \
                 DB keeps ids unique over all its streams",
                self.link.shown()
            );
            return StoreError::new(StoreErrorKind::Invalid, action).because(trouble.message());
        }
        self.link.error("append to", trouble)
    }

    fn check(&self, unit: &Append) -> Result<(), StoreError> {
        payload::check(unit)
    }
}

/// Somebody may insert without the lock that `write_message` takes: then a version that held a
/// moment ago does not.
fn went_past_lock(trouble: &Trouble) -> bool {
    trouble.code() == Some(&SqlState::RAISE_EXCEPTION) || names_index(trouble, "messages_stream")
}

fn names_index(trouble: &Trouble, index: &str) -> bool {
    trouble.code() == Some(&SqlState::UNIQUE_VIOLATION)
        && trouble.message().contains(&format!("\"{index}\""))
}
