//! Units that write states: in one transaction, behind the locks of the states that are there.

use std::collections::HashMap;
use std::convert::Infallible;
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::store::{
    Append, Appended, Decision, Standing, StandingState, StateChange, StateWrite,
};
use es_core::stream::{Position, StreamName, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::append::{Writer, prepared};
use super::schema::named;
use super::units::{Answer, Batch, Behind, Standings};
use crate::pg::{Failure, Json, Outcome, Trouble, bounded, number, repeatably};

/// The statements about states in a unit.
#[derive(Debug)]
pub(super) struct StateUnitSql {
    lock: String,
    find: String,
    save: String,
    versions: String,
}

impl StateUnitSql {
    pub(super) fn new(schema: &str) -> Self {
        let named = |sql| named(sql, schema);
        Self {
            lock: named(include_str!("sql/lock_states.sql")),
            find: named(include_str!("sql/find_states.sql")),
            save: named(include_str!("sql/save_states.sql")),
            versions: named(include_str!("sql/stream_versions.sql")),
        }
    }
}

impl Writer {
    /// Writes units of which some write states, all in one transaction, and decides those that do
    /// not fit by what stands there.
    pub(super) async fn write_with_states(
        &self,
        units: &[Arc<Append>],
    ) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes: Vec<Option<Outcome>> = units.iter().map(|_| None).collect();
        let (mut wrote, mut may_retry) = (false, true);
        loop {
            let open = outcomes.iter().zip(units).filter(|(it, _)| it.is_none());
            let open: Vec<_> = open.map(|(_, unit)| Arc::clone(unit)).collect();
            if open.is_empty() {
                return Ok(outcomes.into_iter().flatten().collect());
            }
            let written = match self.try_to_write(&open).await {
                Ok(written) => written,
                // Nothing of it stands.
                Err(NotWritten { again: true, .. }) if mem::take(&mut may_retry) => continue,
                Err(NotWritten { trouble, .. }) => {
                    let failure = trouble.of_batch();
                    return Err(if wrote { failure.in_doubt() } else { failure });
                }
            };
            // Somebody else was faster with a state that was not there.
            let Some(written) = written else { continue };
            let mut written = written.into_iter();
            for (outcome, unit) in outcomes.iter_mut().zip(units) {
                if outcome.is_some() {
                    continue;
                }
                *outcome = match written.next().flatten() {
                    Some(appended) => {
                        wrote = true;
                        Some(Ok(appended))
                    }
                    // What does not fit now may do so in the next round.
                    None => self.decide(unit).await.map_err(Failure::Unknown)?,
                };
            }
        }
    }

    /// What was appended, of each unit that fits; nothing at all where somebody else was faster with
    /// a state that was not there.
    async fn try_to_write(
        &self,
        units: &[Arc<Append>],
    ) -> Result<Option<Vec<Option<Vec<Appended>>>>, NotWritten> {
        let before_commit = |error| self.before_commit(error);
        let mut client = self.link.client().await?;
        let batch = Batch::of(units);
        let alone = prepared(&client, &self.lock).await?;
        let lock = prepared(&client, &self.states.lock).await?;
        let append = prepared(&client, &self.units).await?;
        let save = prepared(&client, &self.states.save).await?;
        let transaction = client.transaction().await.map_err(before_commit)?;
        if batch.must_be_alone() {
            transaction
                .query_one(&alone, &[])
                .await
                .map_err(before_commit)?;
        }
        let names = names(units.iter().flat_map(|unit| unit.states()));
        let rows = transaction.query(&lock, &[&names]).await;
        let states = States::read(&names, &rows.map_err(before_commit)?).map_err(before_commit)?;

        let fitting: Vec<_> = units
            .iter()
            .filter(|unit| states.let_in(unit))
            .map(Arc::clone)
            .collect();
        let batch = Batch::of(&fitting);
        let answer = match batch.is_empty() {
            true => Answer::default(),
            false => {
                let row = transaction.query_one(&append, &batch.parameters()).await;
                Answer::read(&row.map_err(before_commit)?).map_err(before_commit)?
            }
        };
        let mut outcomes = answer.outcomes(&fitting).into_written();
        let mut rows = Vec::new();
        for (unit, appended) in fitting.iter().zip(&mut outcomes) {
            let Some(appended) = appended else { continue };
            let written = unit
                .states()
                .iter()
                .map(|write| states.write(write, &mut rows));
            appended.extend(written);
        }
        if !rows.is_empty() {
            let columns = Columns::of(&mut rows);
            let saved = transaction.execute(&save, &columns.parameters()).await;
            if saved.map_err(before_commit)? != rows.len() as u64 {
                transaction.rollback().await.map_err(before_commit)?;
                return Ok(None);
            }
        }
        transaction.commit().await.map_err(Trouble::from)?;
        let mut outcomes = outcomes.into_iter();
        let of_units = units.iter().map(|unit| match states.let_in(unit) {
            true => outcomes.next().flatten(),
            false => None,
        });
        Ok(Some(of_units.collect()))
    }

    /// What became of a unit that did not fit, by what stands there now; `None` where it fits now.
    async fn decide(&self, unit: &Append) -> Result<Option<Outcome>, Trouble> {
        let mut looked = repeatably!(self.link, self.look(unit))?;
        let Ok(decision) = unit.decide(&mut looked);
        Ok(match decision {
            Decision::Write(_) => None,
            Decision::Stands(appended) => Some(Ok(appended)),
            Decision::Conflict(conflict) => Some(Err(conflict)),
        })
    }

    /// All of it at one moment.
    async fn look<'a>(&self, unit: &'a Append) -> Result<Looked<'a>, Trouble> {
        let mut client = self.link.client().await?;
        let versions = prepared(&client, &self.states.versions).await?;
        let behind = prepared(&client, &self.behind).await?;
        let find = prepared(&client, &self.states.find).await?;
        let moment = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let streams: Vec<_> = unit
            .streams()
            .iter()
            .map(|part| part.stream.as_str())
            .collect();
        let rows = moment.query(&versions, &[&streams]).await?;
        let read = rows
            .iter()
            .map(|row| Ok(Version::new(number(row.try_get(0)?))));
        let read: Vec<_> = read.collect::<Result<_, tokio_postgres::Error>>()?;
        let behind_explicit = Behind::of(unit.streams());
        let rows = moment.query(&behind, &behind_explicit.parameters()).await?;
        let standing = behind_explicit.read(&rows)?;
        let names = names(unit.states().iter());
        let states = States::read(&names, &moment.query(&find, &[&names]).await?)?;
        let versions = streams.into_iter().zip(read).collect();
        moment.commit().await?;
        Ok(Looked {
            versions,
            standing,
            states: states
                .0
                .into_iter()
                .map(|(name, it)| (name.to_owned(), it))
                .collect(),
        })
    }
}

/// Why nothing was written, or why it is not known.
struct NotWritten {
    trouble: Trouble,
    /// The connection had died, or had forgotten its statements, before the commit: the same on a new
    /// one may succeed.
    again: bool,
}

impl From<Trouble> for NotWritten {
    fn from(trouble: Trouble) -> Self {
        Self {
            trouble,
            again: false,
        }
    }
}

impl Writer {
    /// A connection that ends before the commit is sent has written nothing.
    fn before_commit(&self, error: tokio_postgres::Error) -> NotWritten {
        let trouble = Trouble::from(error);
        let lost = trouble.is_disconnection();
        let again = (lost || trouble.is_stale_statement()) && self.link.has_died(&trouble);
        NotWritten {
            trouble: if lost {
                trouble.before_sending()
            } else {
                trouble
            },
            again,
        }
    }
}

/// Each once, in order: everybody locks them in the same.
fn names<'a>(writes: impl Iterator<Item = &'a StateWrite>) -> Vec<&'a str> {
    let mut names: Vec<_> = writes.map(|write| write.stream.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The states as they stand.
struct States<'a>(HashMap<&'a str, StandingState>);

impl<'a> States<'a> {
    fn read(names: &[&'a str], rows: &[Row]) -> Result<Self, tokio_postgres::Error> {
        let mut states = HashMap::new();
        for row in rows {
            let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
            let state = StandingState {
                version: Version::new(number(row.try_get(1)?)),
                id: row.try_get(2)?,
                removed: row.try_get(3)?,
            };
            states.insert(names[place], state);
        }
        Ok(Self(states))
    }

    fn at(&self, name: &StreamName) -> StandingState {
        self.0.get(name.as_str()).copied().unwrap_or_default()
    }

    fn let_in(&self, unit: &Append) -> bool {
        let mut states = unit.states().iter();
        states.all(|write| write.fits(self.at(&write.stream)))
    }

    /// Adds what is to be saved, and answers what that comes to.
    fn write<'b>(&self, write: &'b StateWrite, rows: &mut Vec<StateRow<'b>>) -> Appended {
        let before = self.at(&write.stream).version;
        let data = match &write.change {
            StateChange::Check => return outcome(before),
            StateChange::Put(data) => Some(Json::known(data)),
            StateChange::Remove => None,
        };
        let version = before.next();
        rows.push(StateRow {
            write,
            version,
            data,
        });
        outcome(version)
    }
}

fn outcome(version: Version) -> Appended {
    Appended {
        version,
        position: None,
    }
}

/// What is to be saved.
struct StateRow<'a> {
    write: &'a StateWrite,
    version: Version,
    /// None where it is removed.
    data: Option<Json<'a>>,
}

/// The parameters of the statement that saves: one array a column, in the order of names, so that of
/// two who write the same new ones none waits for the other in a circle.
#[derive(Default)]
struct Columns<'a> {
    streams: Vec<&'a str>,
    categories: Vec<&'a str>,
    versions: Vec<i64>,
    times: Vec<DateTime<Utc>>,
    ids: Vec<Uuid>,
    data: Vec<Option<Json<'a>>>,
}

impl<'a> Columns<'a> {
    fn of(rows: &mut [StateRow<'a>]) -> Self {
        rows.sort_unstable_by_key(|row| row.write.stream.as_str());
        let mut columns = Self::default();
        for StateRow {
            write,
            version,
            data,
        } in rows
        {
            columns.streams.push(write.stream.as_str());
            columns.categories.push(write.stream.category_str());
            columns.versions.push(bounded(version.get()));
            columns.times.push(write.time);
            columns.ids.push(write.id);
            columns.data.push(*data);
        }
        columns
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 6] {
        [
            &self.streams,
            &self.categories,
            &self.versions,
            &self.times,
            &self.ids,
            &self.data,
        ]
    }
}

/// What stands of one unit.
struct Looked<'a> {
    versions: HashMap<&'a str, Version>,
    standing: Standings<'a>,
    states: HashMap<String, StandingState>,
}

impl Standing for Looked<'_> {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        Ok(self.versions[stream.as_str()])
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        _: Version,
        _: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        Ok(self.standing.of(stream))
    }

    fn state(&mut self, stream: &StreamName) -> Result<StandingState, Infallible> {
        Ok(self
            .states
            .get(stream.as_str())
            .copied()
            .unwrap_or_default())
    }
}
