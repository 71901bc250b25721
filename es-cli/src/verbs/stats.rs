//! `es events stats`.

use chrono::{DateTime, Utc};
use clap::Args;
use es_core::store::TypeEntry;
use es_core::stream::Category;
use serde_json::{Value, json};

use super::nothing;
use crate::catalog;
use crate::failure::Failure;
use crate::output::{Column, Look, Outcome, Output, Table, Time, bytes, counted, grouped};
use crate::session::Session;

/// Tells what there is: streams, events, types and bytes of each category
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events stats
  es events stats --category bank::bank_account
  es events stats --json | jq '.data.events'

Bytes are those of payloads and metadata, without what the store adds.")]
pub(crate) struct Stats {
    /// Only this category
    #[arg(long, value_name = "CATEGORY")]
    category: Option<Category>,
    /// Ends with 1 where there are no events
    #[arg(long)]
    strict: bool,
}

/// What is summed up over types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum {
    streams: u64,
    events: u64,
    bytes: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Sum {
    /// Of none there is none.
    fn of(types: &[TypeEntry]) -> Option<Self> {
        let sums = types.iter().map(|entry| Self {
            streams: entry.begun,
            events: entry.events,
            bytes: entry.bytes,
            first: entry.first,
            last: entry.last,
        });
        sums.reduce(|a, b| Self {
            streams: a.streams + b.streams,
            events: a.events + b.events,
            bytes: a.bytes + b.bytes,
            first: a.first.min(b.first),
            last: a.last.max(b.last),
        })
    }
}

impl Stats {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let store = session.store().await?;
        let mut types = catalog::types(&*store).await?;
        if let Some(category) = &self.category {
            types.retain(|entry| entry.category == category.as_str());
        }
        let data = in_json(&types);
        let Some(total) = Sum::of(&types) else {
            let text = match self.category {
                Some(category) => format!("there are no events in `{category}`"),
                None => "the store has no events".to_owned(),
            };
            let outcome = nothing(session, self.strict, &text);
            return Ok(Outcome { data, ..outcome });
        };
        if !session.out.json() {
            write(&mut session.out, &types, total)?;
        }
        Ok(Outcome::of(data))
    }
}

fn categories(types: &[TypeEntry]) -> impl Iterator<Item = &[TypeEntry]> {
    types.chunk_by(|a, b| a.category == b.category)
}

fn write(out: &mut Output, types: &[TypeEntry], total: Sum) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::text("Category and types")
            .gives_way(20)
            .look(Look::Type),
        Column::number("Streams"),
        Column::number("Events"),
        Column::number("Bytes"),
        Column::text("First"),
        Column::text("Last"),
    ]);
    for types in categories(types) {
        let Some(sum) = Sum::of(types) else { continue };
        let cells = vec![
            types[0].category.clone(),
            grouped(sum.streams),
            grouped(sum.events),
            bytes(sum.bytes),
            out.time(sum.first),
            out.time(sum.last),
        ];
        table.row(out, cells)?;
        for entry in types {
            let cells = vec![
                format!("  {}", entry.event_type),
                String::new(),
                grouped(entry.events),
                bytes(entry.bytes),
                out.time(entry.first),
                out.time(entry.last),
            ];
            table.row(out, cells)?;
        }
    }
    table.flush(out)?;
    let categories = categories(types).count() as u64;
    let categories = match categories {
        1 => "1 category".to_owned(),
        more => format!("{} categories", grouped(more)),
    };
    out.line(format!(
        "\n{} in {} of {categories}, {}",
        counted(total.events, "event"),
        counted(total.streams, "stream"),
        bytes(total.bytes)
    ))?;
    Ok(())
}

fn in_json(types: &[TypeEntry]) -> Value {
    let of_type = |entry: &TypeEntry| {
        json!({
            "type": entry.event_type,
            "events": entry.events,
            "bytes": entry.bytes,
            "first": Time(entry.first),
            "last": Time(entry.last),
        })
    };
    let of_category = |types: &[TypeEntry]| {
        let mut category = of_sum(Sum::of(types));
        category["category"] = types[0].category.clone().into();
        category["types"] = types.iter().map(of_type).collect();
        category
    };
    let mut all = of_sum(Sum::of(types));
    all["categories"] = categories(types).map(of_category).collect();
    all
}

fn of_sum(sum: Option<Sum>) -> Value {
    json!({
        "streams": sum.map_or(0, |sum| sum.streams),
        "events": sum.map_or(0, |sum| sum.events),
        "bytes": sum.map_or(0, |sum| sum.bytes),
        "first": sum.map(|sum| Time(sum.first)),
        "last": sum.map(|sum| Time(sum.last)),
    })
}
