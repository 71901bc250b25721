//! An aggregate's life in a program that knows its type: states beside events.

use es_core::registry::{AnyAggregate, AnyEntry};
use es_core::stream::StreamName;
use es_core::{Domain, LoadError, Version};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::events::Shown;
use super::history::{cells, columns, push_context};
use crate::changes::{self, Change};
use crate::failure::Failure;
use crate::output::{Column, Look, Outcome, Table, Time, brief, pretty, short};
use crate::session::Session;

/// One aggregate, and the type it is of.
pub(super) struct Life {
    domain: Domain,
    aggregate: &'static dyn AnyAggregate,
    stream: StreamName,
}

#[derive(Serialize)]
struct Row<'a> {
    stream: &'a str,
    version: u64,
    position: u64,
    id: Uuid,
    time: Time,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    metadata: &'a es_core::Context,
    state: &'a Value,
    changes: &'a [Change],
}

impl Life {
    pub(super) fn new(
        domain: Domain,
        aggregate: &'static dyn AnyAggregate,
        stream: StreamName,
    ) -> Self {
        Self {
            domain,
            aggregate,
            stream,
        }
    }

    /// Each event with what it changed and the state after it; answers how many, and the last
    /// version.
    pub(super) async fn show(
        &self,
        session: &mut Session,
        from: Option<u64>,
        limit: Option<u64>,
        shown: Shown,
    ) -> Result<(u64, u64), Failure> {
        let mut columns = columns(shown);
        columns.push(Column::text("What changed").gives_way(16));
        columns.push(Column::text("State").gives_way(16).look(Look::Quiet));
        let mut table = Table::new(columns);
        let mut life = self.aggregate.history(&self.domain, &self.stream)?;
        let (mut count, mut last, mut before) = (0, 0, json!({}));
        loop {
            let entry = match life.next().await {
                Ok(Some(entry)) => entry,
                Ok(None) | Err(LoadError::NotFound { .. }) => break,
                Err(error) => {
                    table.flush(&mut session.out)?;
                    return Err(error.into());
                }
            };
            if limit.is_some_and(|limit| count == limit) {
                break;
            }
            let state = entry.state.as_deref().map_or(Value::Null, value);
            let version = entry.metadata.version.get();
            if from.is_none_or(|from| version >= from) {
                let changes = changes::between(&before, &state);
                self.write(session, &mut table, &entry, (&state, &changes), shown)?;
                (count, last) = (count + 1, version);
            }
            before = state;
        }
        table.flush(&mut session.out)?;
        Ok((count, last))
    }

    fn write(
        &self,
        session: &mut Session,
        table: &mut Table,
        entry: &AnyEntry,
        (state, changes): (&Value, &[Change]),
        shown: Shown,
    ) -> Result<(), Failure> {
        let (out, metadata) = (&mut session.out, &entry.metadata);
        if out.json() {
            let data = serde_json::from_slice(&entry.data);
            let data =
                data.map_err(|error| Failure::failed(format!("a payload is no JSON: {error}")))?;
            return Ok(out.row(&Row {
                stream: self.stream.as_str(),
                version: metadata.version.get(),
                position: metadata.position.get(),
                id: metadata.event_id,
                time: Time(metadata.time),
                event_type: &metadata.event_type,
                data,
                metadata: &metadata.context,
                state,
                changes,
            })?);
        }
        let version = metadata.version.get();
        let mut cells = cells(out, version, metadata.time, &metadata.event_type);
        if shown.trace {
            push_context(&mut cells, metadata.context.clone());
        }
        cells.push(changes::brief(changes));
        cells.push(entry.state.as_deref().map(brief).unwrap_or_default());
        let below = shown.data.then(|| pretty(&entry.data, 4));
        Ok(table.row_with(out, cells, below)?)
    }

    async fn state(&self, version: u64) -> Result<Vec<u8>, Failure> {
        if version == 0 {
            return Ok(b"{}".to_vec());
        }
        let version = Version::new(version);
        let state = self.aggregate.state_at(&self.domain, &self.stream, version);
        state.await?.ok_or_else(|| {
            let name = self.aggregate.name();
            Failure::failed(format!("the state of a `{name}` can not be shown"))
                .help("it is never encoded, since it has `snapshots = off`")
        })
    }

    /// The state at a version.
    pub(super) async fn show_at(
        &self,
        session: &mut Session,
        version: u64,
    ) -> Result<Outcome, Failure> {
        let state = self.state(version).await?;
        if !session.out.json() {
            let heading = format!("{} at version {version}", self.stream);
            session.out.line(session.out.paint().heading(&heading))?;
            session.out.line(pretty(&state, 0))?;
        }
        Ok(Outcome::of(
            json!({ "version": version, "state": value(&state) }),
        ))
    }

    /// What changed from one version to another.
    pub(super) async fn show_diff(
        &self,
        session: &mut Session,
        from: u64,
        to: u64,
    ) -> Result<Outcome, Failure> {
        let (before, after) = (self.state(from).await?, self.state(to).await?);
        let changes = changes::between(&value(&before), &value(&after));
        let out = &mut session.out;
        if !out.json() {
            let heading = format!("{} from version {from} to {to}", self.stream);
            out.line(out.paint().heading(&heading))?;
            let mut table = Table::new([
                Column::text("Field"),
                Column::text("From").gives_way(12).look(Look::Bad),
                Column::text("To").gives_way(12).look(Look::Good),
            ]);
            for change in &changes {
                let shown = |value: &Option<Value>| value.as_ref().map(short).unwrap_or_default();
                let cells = vec![change.path.clone(), shown(&change.from), shown(&change.to)];
                table.row(out, cells)?;
            }
            table.flush(out)?;
            if changes.is_empty() {
                out.line("nothing changed")?;
            }
        }
        Ok(Outcome::of(
            json!({ "from": from, "to": to, "changes": changes }),
        ))
    }
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap_or_default()
}

/// What needs types, where they are not known.
pub(super) fn unknown(session: &Session, what: &str, of: &str) -> Failure {
    match session.domain() {
        Some(domain) => Failure::usage(format!(
            "`{what}` needs a type that this program does not have: no event-sourced aggregate of the \
             domain `{}` has the category of `{of}`",
            domain.name()
        ))
        .help("add it to the domain: `.aggregate::<…>()` on its builder"),
        None => Failure::usage(format!(
            "`{what}` needs a program that knows the types; `es` knows none"
        ))
        .help("call `es_cli::run(domain)` in a program of yours, and run that"),
    }
}
