//! Events in a table, or as rows of JSON.

use std::io;

use clap::Args;
use es_core::record::{Context, Direction, RecordedEvent};

use crate::output::{Column, EventRow, Look, Output, Table, brief, pretty};

/// What of each event is shown.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Shows all of each payload
    #[arg(long, help_heading = "Output")]
    pub(super) data: bool,
    /// Shows correlation and causation
    #[arg(long, help_heading = "Output")]
    pub(super) trace: bool,
}

/// How many events are listed, and which way.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Begins at this position, or this version of a stream
    #[arg(long, value_name = "NUMBER")]
    pub(super) from: Option<u64>,
    /// Shows at most so many, 20 unless told otherwise; 0 shows all
    #[arg(
        long,
        value_name = "EVENTS",
        default_value_t = 20,
        hide_default_value = true
    )]
    limit: u64,
    /// From new to old
    #[arg(long)]
    reverse: bool,
}

impl Extent {
    pub(super) fn limit(self) -> u64 {
        if self.limit == 0 {
            u64::MAX
        } else {
            self.limit
        }
    }

    pub(super) fn direction(self) -> Direction {
        match self.reverse {
            true => Direction::Backwards,
            false => Direction::Forwards,
        }
    }
}

/// A list of events.
pub(super) struct EventList {
    shown: Shown,
    /// Whether events of several streams are listed.
    several: bool,
    table: Table,
}

impl EventList {
    pub(super) fn new(shown: Shown, several: bool) -> Self {
        let mut columns = Vec::new();
        if several {
            columns.push(Column::number("Position"));
            columns.push(Column::text("Stream").gives_way(16));
        }
        columns.push(Column::number("Version"));
        columns.push(Column::text("Type").gives_way(12).look(Look::Type));
        columns.push(Column::text("Time"));
        if shown.trace {
            columns.push(Column::text("Correlation").gives_way(8));
            columns.push(Column::text("Causation").gives_way(8));
        }
        if !shown.data {
            columns.push(Column::text("Data").gives_way(8).look(Look::Quiet));
        }
        Self {
            shown,
            several,
            table: Table::new(columns),
        }
    }

    pub(super) fn push(&mut self, out: &mut Output, event: &RecordedEvent<'_>) -> io::Result<()> {
        if out.json() {
            return out.row(&EventRow::of(event));
        }
        let mut cells = Vec::with_capacity(8);
        if self.several {
            cells.push(event.position.to_string());
            cells.push(event.stream.to_string());
        }
        cells.push(event.version.to_string());
        cells.push(event.event_type.to_string());
        cells.push(out.time(event.time));
        if self.shown.trace {
            let context = context(event);
            cells.push(context.correlation_id.unwrap_or_default());
            cells.push(context.causation_id.unwrap_or_default());
        }
        if !self.shown.data {
            cells.push(brief(&event.data));
        }
        let below = self.shown.data.then(|| pretty(&event.data, 4));
        self.table.row_with(out, cells, below)
    }

    /// Writes what waits to be looked at.
    pub(super) fn flush(&mut self, out: &mut Output) -> io::Result<()> {
        self.table.flush(out)
    }
}

/// The circumstances; nothing where they do not read.
pub(super) fn context(event: &RecordedEvent<'_>) -> Context {
    if event.metadata.is_empty() {
        return Context::default();
    }
    serde_json::from_slice(&event.metadata).unwrap_or_default()
}
