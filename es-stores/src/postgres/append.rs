//! Writing units: one that is alone by one statement, several by the function of the schema.

use std::sync::Arc;

use es_core::store::{Append, StoreError, StoreErrorKind};
use es_core::stream::StreamName;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::batch::{Answer, Batch};
use super::schema::named;
use super::single::{Single, SingleSql};
use crate::pg::{Bell, Failure, Json, Link, Outcome, Trouble, WriteUnits};

/// Writes a unit that waits alone and fits, as nearly all do, by one plain statement, and whatever
/// else by the function `append`.
#[derive(Debug)]
pub(super) struct Writer {
    link: Arc<Link>,
    single: SingleSql,
    batch: String,
    bell: Arc<Bell>,
}

impl Writer {
    pub(super) fn new(link: Arc<Link>, bell: Arc<Bell>, schema: &str) -> Self {
        Self {
            link,
            single: SingleSql::new(schema),
            batch: named(include_str!("sql/append.sql"), schema),
            bell,
        }
    }

    /// Nothing where it does not fit: then nothing was written.
    async fn write_single(&self, single: &Single<'_>) -> Result<Option<Outcome>, Failure> {
        let sql = single.sql(&self.single);
        let rows = self.query(sql, &single.parameters()).await;
        let appended = single.appended(&rows.map_err(Trouble::of_batch)?);
        let appended = appended.map_err(unread)?;
        Ok(appended.map(|appended| Ok(vec![appended])))
    }

    async fn write_batch(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let batch = Batch::of(units);
        let rows = self.query(&self.batch, &batch.parameters()).await;
        let answer = Answer::read(&rows.map_err(Trouble::of_batch)?).map_err(unread)?;
        Ok(batch.outcomes(units, answer))
    }

    async fn query(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Trouble> {
        match self.try_to_query(sql, parameters).await {
            // Nothing of it stands.
            Err(trouble) if trouble.is_stale_statement() && self.link.has_died(&trouble) => {
                self.try_to_query(sql, parameters).await
            }
            done => done,
        }
    }

    async fn try_to_query(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, Trouble> {
        let client = self.link.client().await?;
        let statement = client.prepare_cached(sql).await;
        let statement = statement.map_err(|error| Trouble::from(error).before_sending())?;
        Ok(client.query(&statement, parameters).await?)
    }
}

/// What a statement is sent with.
pub(super) type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// An answer that does not read came behind the commit.
fn unread(error: tokio_postgres::Error) -> Failure {
    Failure::Unknown(error.into())
}

impl WriteUnits for Writer {
    type Lock = StreamName;

    /// The function that writes decides by the state before all of a batch.
    const SHARES_LOCKS: bool = false;

    fn lock(stream: &StreamName) -> StreamName {
        stream.clone()
    }

    async fn write(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let written = match Single::of(units) {
            Some(single) => self.write_single(&single).await?,
            None => None,
        };
        let outcomes = match written {
            Some(outcome) => vec![outcome],
            None => self.write_batch(units).await?,
        };
        if outcomes.iter().any(wrote) {
            self.bell.ring();
        }
        Ok(outcomes)
    }

    fn error(&self, trouble: &Trouble) -> StoreError {
        self.link.error("append to", trouble)
    }

    fn check(&self, unit: &Append) -> Result<(), StoreError> {
        let mut events = unit.streams().iter().flat_map(|part| part.events.iter());
        match events.find(|event| !is_metadata(event.metadata)) {
            None => Ok(()),
            Some(event) => Err(StoreError::new(
                StoreErrorKind::Invalid,
                format!(
                    "append the event {} ({}): its metadata is not JSON",
                    event.id, event.event_type
                ),
            )),
        }
    }
}

fn is_metadata(metadata: &[u8]) -> bool {
    metadata.is_empty() || Json::new(metadata).is_some()
}

fn wrote(outcome: &Outcome) -> bool {
    let appended = outcome.as_ref().map_or(&[][..], Vec::as_slice);
    appended.iter().any(|it| it.position.is_some())
}
