//! Writing units: what is of the common kind by one plain statement, the rest by one that decides
//! each unit by itself.

use std::sync::Arc;

use es_core::store::{Append, StateChange, StateWrite, StoreError, StoreErrorKind};
use es_core::stream::StreamName;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::plain::{Plain, PlainSql, Written};
use super::schema::named;
use super::state_units::StateUnitSql;
use super::units::{Answer, Batch, Behind, Standings};
use crate::pg::{Bell, Client, Failure, Json, Link, Outcome, Trouble, WriteUnits, repeatably};

/// Writes units without locking anything: what a stream is at is read, and behind it events are
/// inserted whose version nobody else can take. Who comes second waits for the first to commit, and
/// begins anew; all insert in the order of names, so no two wait for each other.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) link: Arc<Link>,
    plain: PlainSql,
    pub(super) units: String,
    pub(super) behind: String,
    pub(super) lock: String,
    pub(super) states: StateUnitSql,
    bell: Arc<Bell>,
}

impl Writer {
    pub(super) fn new(link: Arc<Link>, bell: Arc<Bell>, schema: &str) -> Self {
        let named = |sql| named(sql, schema);
        Self {
            link,
            plain: PlainSql::new(schema),
            units: named(include_str!("sql/append_units.sql")),
            behind: named(include_str!("sql/events_behind.sql")),
            lock: named(include_str!("sql/lock_units.sql")),
            states: StateUnitSql::new(schema),
            bell,
        }
    }

    async fn write_plain(
        &self,
        plain: &Plain<'_>,
        units: &[Arc<Append>],
    ) -> Result<Written, Failure> {
        let sql = plain.sql(&self.plain);
        match self.query(sql, &plain.parameters()).await {
            Ok(rows) => plain.written(units, &rows).map_err(unread),
            Err(trouble) if trouble.lost_race() => Ok(Written::Nothing),
            Err(trouble) => Err(trouble.of_batch()),
        }
    }

    /// Once more behind a lock where somebody else was faster, so that those who do the same at the
    /// same time do not go on being in each other's way.
    async fn write_units(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let batch = Batch::of(units);
        let parameters = batch.parameters();
        let written = match batch.must_be_alone() {
            false => self.query(&self.units, &parameters).await,
            true => self.query_alone(&parameters).await,
        };
        let rows = match written {
            Err(trouble) if trouble.lost_race() => self.query_alone(&parameters).await,
            written => written,
        };
        let rows = rows.map_err(Trouble::of_batch)?;
        let row = rows.first().expect("without a table there is one row");
        let outcomes = Answer::read(row).map_err(unread)?.outcomes(units);
        let behind = outcomes.unknown();
        let standing = match behind.is_empty() {
            true => Standings::default(),
            false => self.look_behind(&behind).await.map_err(Failure::Unknown)?,
        };
        Ok(outcomes.decided(&standing))
    }

    async fn look_behind<'a>(&self, behind: &Behind<'a>) -> Result<Standings<'a>, Trouble> {
        let (link, parameters) = (&self.link, behind.parameters());
        let rows = repeatably!(link, self.try_to_query(&self.behind, &parameters))?;
        Ok(behind.read(&rows)?)
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
        let statement = prepared(&client, sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }

    /// Writes units in a transaction that began behind the lock.
    async fn query_alone(&self, parameters: &Parameters<'_>) -> Result<Vec<Row>, Trouble> {
        match self.try_to_query_alone(parameters).await {
            Err(trouble) if trouble.is_stale_statement() && self.link.has_died(&trouble) => {
                self.try_to_query_alone(parameters).await
            }
            done => done,
        }
    }

    async fn try_to_query_alone(&self, parameters: &Parameters<'_>) -> Result<Vec<Row>, Trouble> {
        let mut client = self.link.client().await?;
        let lock = prepared(&client, &self.lock).await?;
        let units = prepared(&client, &self.units).await?;
        let transaction = client.transaction().await.map_err(before_sending)?;
        let locked = transaction.query_one(&lock, &[]).await;
        locked.map_err(before_sending)?;
        // It sees what everybody has committed who held the lock before.
        let rows = transaction.query(&units, parameters).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

pub(super) async fn prepared(client: &Client, sql: &str) -> Result<Statement, Trouble> {
    let prepared = client.prepare_cached(sql).await;
    prepared.map_err(before_sending)
}

pub(super) fn before_sending(error: tokio_postgres::Error) -> Trouble {
    Trouble::from(error).before_sending()
}

/// What a statement is sent with.
pub(super) type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// An answer that does not read came behind the commit.
fn unread(error: tokio_postgres::Error) -> Failure {
    Failure::Unknown(error.into())
}

impl WriteUnits for Writer {
    type Lock = StreamName;

    /// The statements that write decide by the state before all of a batch.
    const SHARES_LOCKS: bool = false;

    fn lock(stream: &StreamName) -> StreamName {
        stream.clone()
    }

    async fn write(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        if units.iter().any(|unit| !unit.states().is_empty()) {
            let outcomes = self.write_with_states(units).await?;
            if outcomes.iter().any(wrote) {
                self.bell.ring();
            }
            return Ok(outcomes);
        }
        let written = match Plain::of(units) {
            Some(plain) => self.write_plain(&plain, units).await?,
            None => Written::Nothing,
        };
        let outcomes = match written {
            Written::All(outcomes) => outcomes,
            // Those that were written are found to stand.
            Written::Some => self.write_units(units).await.map_err(Failure::in_doubt)?,
            Written::Nothing => self.write_units(units).await?,
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
        let is_state = |write: &&StateWrite| match &write.change {
            StateChange::Put(state) => Json::new(state).is_some(),
            StateChange::Check | StateChange::Remove => true,
        };
        if let Some(write) = unit.states().iter().find(|write| !is_state(write)) {
            let action = format!("keep the state of `{}`: it is not JSON", write.stream);
            return Err(StoreError::new(StoreErrorKind::Invalid, action));
        }
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
