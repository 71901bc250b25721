//! `es events history`.

use chrono::{DateTime, Utc};
use clap::Args;
use es_core::Kept;
use es_core::record::Context;
use serde_json::json;

use super::events::{Shown, context};
use super::life::{self, Life};
use super::{nothing, stream_of};
use crate::failure::Failure;
use crate::output::{Column, EventRow, Look, Outcome, Output, Table, brief, counted, pretty};
use crate::session::Session;
use crate::source::Target;
use crate::walk::Walk;

/// Shows one aggregate's life: version, time, type, and what changed
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events history bank::bank_account-0192a7e0
  es events history bank::bank_account-0192a7e0 --from 10 --data
  bank events history bank::bank_account-0192a7e0 --diff 3..7

A program that knows the types (see `es_cli::run`) shows the state after each
event too, and takes `--at` and `--diff`.")]
pub(crate) struct History {
    /// The aggregate's stream
    #[arg(value_name = "STREAM")]
    target: Target,
    /// Begins at this version
    #[arg(long, value_name = "VERSION")]
    from: Option<u64>,
    /// Shows at most so many events; all unless told otherwise
    #[arg(long, value_name = "EVENTS")]
    limit: Option<u64>,
    #[command(flatten)]
    shown: Shown,
    /// Shows the state at this version
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["from", "limit", "diff"])]
    at: Option<u64>,
    /// Shows what changed from one version to another, as in `3..7`
    #[arg(long, value_name = "FROM..TO", value_parser = versions, conflicts_with_all = ["from", "limit"])]
    diff: Option<(u64, u64)>,
    /// Ends with 1 where there is no such stream
    #[arg(long)]
    strict: bool,
}

fn versions(text: &str) -> Result<(u64, u64), String> {
    let versions = text
        .split_once("..")
        .and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
    match versions {
        Some((from, to)) if from < to => Ok((from, to)),
        Some(_) => Err("write the earlier version first, as in `3..7`".to_owned()),
        None => Err("write two versions, as in `3..7`".to_owned()),
    }
}

impl History {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let stream = stream_of(&self.target, "events history")?;
        let known = session.domain().and_then(|domain| {
            let aggregate = domain.aggregate_of(&stream.category())?;
            let aggregate = Some(aggregate).filter(|it| it.kept() == Kept::Events)?;
            Some(Life::new(domain.clone(), aggregate, stream.clone()))
        });
        if self.at.is_some() || self.diff.is_some() {
            let asked = if self.at.is_some() { "--at" } else { "--diff" };
            let Some(life) = known else {
                return Err(life::unknown(session, asked, stream.as_str()));
            };
            return match (self.at, self.diff) {
                (Some(version), _) => life.show_at(session, version).await,
                (_, Some((from, to))) => life.show_diff(session, from, to).await,
                (None, None) => unreachable!("one of the two is asked for"),
            };
        }
        let (shown, last) = match &known {
            Some(life) => {
                life.show(session, self.from, self.limit, self.shown)
                    .await?
            }
            None => self.show(session).await?,
        };
        let store = session.store().await?;
        let snapshot = match store.snapshots() {
            Some(snapshots) if shown > 0 => snapshots.load(&stream).await?,
            _ => None,
        };
        let snapshot = snapshot.map(|snapshot| snapshot.version.get());
        let data = json!({ "events": shown, "last": last, "snapshot": snapshot });
        if shown == 0 {
            let text = match self.from {
                Some(from) => format!("`{stream}` has no version {from}"),
                None => format!("there is no stream `{stream}`"),
            };
            let outcome = nothing(session, self.strict, &text);
            return Ok(Outcome { data, ..outcome });
        }
        if !session.out.json() {
            let snapshot = match snapshot {
                Some(version) => format!(", a snapshot at version {version}"),
                None => String::new(),
            };
            let events = counted(shown, "event");
            let text = format!("\n{stream}: {events}, up to version {last}{snapshot}");
            session.out.line(text)?;
        }
        Ok(Outcome::of(data))
    }

    /// The events as they are stored; answers how many, and the last version.
    async fn show(&self, session: &mut Session) -> Result<(u64, u64), Failure> {
        let store = session.store().await?;
        let limit = self.limit.unwrap_or(u64::MAX);
        let mut columns = columns(self.shown);
        if !self.shown.data {
            columns.push(Column::text("What changed").gives_way(16));
        }
        let mut table = Table::new(columns);
        let mut walk = Walk::new(&*store, self.target.source(self.from));
        walk = walk.wanting(usize::try_from(limit).ok());
        let out = &mut session.out;
        let (mut shown, mut last) = (0, 0);
        'pages: while let Some(page) = walk.next_page().await? {
            for event in page.iter() {
                if shown == limit {
                    break 'pages;
                }
                shown += 1;
                last = event.version.get();
                if out.json() {
                    out.row(&EventRow::of(&event))?;
                    continue;
                }
                let mut cells = cells(out, last, event.time, &event.event_type);
                if self.shown.trace {
                    push_context(&mut cells, context(&event));
                }
                if !self.shown.data {
                    cells.push(brief(&event.data));
                }
                let below = self.shown.data.then(|| pretty(&event.data, 4));
                table.row_with(out, cells, below)?;
            }
        }
        table.flush(out)?;
        Ok((shown, last))
    }
}

/// What every timeline begins with.
pub(super) fn columns(shown: Shown) -> Vec<Column> {
    let mut columns = vec![
        Column::number("Version"),
        Column::text("Time"),
        Column::text("Type").gives_way(12).look(Look::Type),
    ];
    if shown.trace {
        columns.push(Column::text("Correlation").gives_way(8));
        columns.push(Column::text("Causation").gives_way(8));
    }
    columns
}

pub(super) fn cells(
    out: &Output,
    version: u64,
    time: DateTime<Utc>,
    event_type: &str,
) -> Vec<String> {
    vec![version.to_string(), out.time(time), event_type.to_owned()]
}

pub(super) fn push_context(cells: &mut Vec<String>, context: Context) {
    cells.push(context.correlation_id.unwrap_or_default());
    cells.push(context.causation_id.unwrap_or_default());
}
