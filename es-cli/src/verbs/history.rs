//! `es events history`.

use clap::Args;
use serde_json::json;

use super::events::{Shown, context};
use super::nothing;
use crate::failure::Failure;
use crate::output::{Column, EventRow, Look, Outcome, Table, brief, counted, pretty};
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
        let stream = self.target.clone().stream("events history")?;
        if self.at.is_some() || self.diff.is_some() {
            let asked = if self.at.is_some() { "--at" } else { "--diff" };
            return Err(Failure::usage(format!(
                "`{asked}` needs a program that knows the types; `es` knows none"
            ))
            .help("call `es_cli::run(domain)` in a program of yours, and run that"));
        }
        let store = session.store().await?;
        let limit = self.limit.unwrap_or(u64::MAX);
        let mut columns = vec![
            Column::number("Version"),
            Column::text("Time"),
            Column::text("Type").gives_way(12).look(Look::Type),
        ];
        if self.shown.trace {
            columns.push(Column::text("Correlation").gives_way(8));
            columns.push(Column::text("Causation").gives_way(8));
        }
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
                let mut cells = vec![
                    event.version.to_string(),
                    out.time(event.time),
                    event.event_type.to_string(),
                ];
                if self.shown.trace {
                    let context = context(&event);
                    cells.push(context.correlation_id.unwrap_or_default());
                    cells.push(context.causation_id.unwrap_or_default());
                }
                if !self.shown.data {
                    cells.push(brief(&event.data));
                }
                let below = self.shown.data.then(|| pretty(&event.data, 4));
                table.row_with(out, cells, below)?;
            }
        }
        table.flush(out)?;
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
        if !out.json() {
            let snapshot = match snapshot {
                Some(version) => format!(", a snapshot at version {version}"),
                None => String::new(),
            };
            let events = counted(shown, "event");
            out.line(format!(
                "\n{stream}: {events}, up to version {last}{snapshot}"
            ))?;
        }
        Ok(Outcome::of(data))
    }
}
