//! Tables: Markdown that is also pleasant in a terminal.

use std::fmt::Write as _;

use es_bench_race::Role;

use super::{float, groups, median, ratio};
use crate::growth::Growth;
use crate::race::Row;
use crate::waiting::Waiting;

/// The race: scenario by contestant.
pub fn race_table(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut venue = None;
    let mut table = Table::default();
    for group in groups(rows) {
        if venue != Some(group.venue) {
            table.render(&mut text);
            let _ = write!(text, "\n### {}\n\n", group.venue);
            table = Table::new(&[
                "contestant",
                "median",
                "min",
                "max",
                "of the limit",
                "of the best peer",
            ]);
            venue = Some(group.venue);
        }
        let (limit, peer) = (group.best(Role::Limit), group.best(Role::Peer));
        let mut sorted = group.rows.clone();
        sorted.sort_by(|a, b| median(&b.samples).total_cmp(&median(&a.samples)));
        let title = format!("{} ({})", group.scenario, group.scenario.unit());
        table.push([&format!("**{title}**"), "", "", "", "", ""]);
        for row in sorted {
            let name = match row.role {
                Role::Ours => format!("*{}*", row.contestant),
                Role::Limit => format!("limit: {}", row.contestant),
                Role::Peer => row.contestant.clone(),
            };
            if row.samples.is_empty() {
                table.push([&name, "failed", "", "", "", ""]);
                continue;
            }
            let least = row.samples.iter().copied().fold(f64::INFINITY, f64::min);
            let most = row.samples.iter().copied().fold(0.0, f64::max);
            let of =
                |base: Option<&Row>| base.map_or(String::new(), |base| share(ratio(row, base)));
            table.push([
                &name,
                &figure(median(&row.samples)),
                &figure(least),
                &figure(most),
                &of(limit),
                &of(peer),
            ]);
        }
    }
    table.render(&mut text);
    for row in rows {
        if let Some(why) = &row.failed {
            let Row {
                venue,
                scenario,
                contestant,
                ..
            } = row;
            let _ = write!(
                text,
                "\nFailed: {contestant} in {venue}, {scenario}: {why}\n"
            );
        }
    }
    text
}

/// From an append to a waiting reader's hands.
pub fn waiting_table(rows: &[Waiting]) -> String {
    let mut table = Table::new(&["store", "the reader is", "p50", "p99", "max", "appends"]);
    for row in rows {
        table.push([
            &row.venue.to_string(),
            if row.same_process {
                "in the same process"
            } else {
                "in another process"
            },
            &format!("{:.2} ms", row.p50_ms),
            &format!("{:.2} ms", row.p99_ms),
            &format!("{:.2} ms", row.most_ms),
            &row.appends.to_string(),
        ]);
    }
    let mut text = String::new();
    table.render(&mut text);
    text
}

/// What a store's size does.
pub fn growth_table(rows: &[Growth]) -> String {
    let mut table = Table::new(&[
        "store",
        "events held",
        "append 1",
        "read the last 10",
        "load a stream of 10",
        "bytes an event",
    ]);
    for row in rows {
        let us = |us: f64| format!("{us:.0} µs");
        table.push([
            &row.venue.to_string(),
            &figure(float(row.events)),
            &us(row.append_us),
            &us(row.tail_us),
            &us(row.load_us),
            &row.bytes_an_event
                .map_or(String::new(), |bytes| format!("{bytes:.0}")),
        ]);
    }
    let mut text = String::new();
    table.render(&mut text);
    text
}

/// A table whose columns are as wide as they need to be; numbers stand to the right.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(heads: &[&str]) -> Self {
        let heads = heads.iter().map(ToString::to_string).collect();
        Self { rows: vec![heads] }
    }

    fn push<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(str::to_owned).to_vec());
    }

    fn render(&self, text: &mut String) {
        let Some(heads) = self.rows.first() else {
            return;
        };
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let is_number = |column: usize| {
            let mut cells = self.rows.iter().skip(1).map(|row| &row[column]);
            let first = cells.find(|cell| !cell.is_empty());
            first.is_some_and(|cell| cell.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        for (nth, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                let _ = match is_number(column) {
                    true => write!(text, "| {cell:>width$} "),
                    false => write!(text, "| {cell:<width$} "),
                };
            }
            text.push_str("|\n");
            if nth == 0 {
                for column in 0..heads.len() {
                    let dashes = "-".repeat(width(column) + 1);
                    let end = if is_number(column) { ":" } else { "-" };
                    let _ = write!(text, "|{dashes}{end}");
                }
                text.push_str("|\n");
            }
        }
    }
}

fn share(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 9.95 => format!("{ratio:.0} ×"),
        ratio if ratio >= 1.995 => format!("{ratio:.1} ×"),
        _ => format!("{:.0} %", 100.0 * ratio),
    }
}

/// A number with three digits that matter.
fn figure(number: f64) -> String {
    match number {
        number if number >= 9.995e6 => format!("{:.1} M", number / 1e6),
        number if number >= 9.995e5 => format!("{:.2} M", number / 1e6),
        number if number >= 99_950.0 => format!("{:.0} k", number / 1e3),
        number if number >= 9_995.0 => format!("{:.1} k", number / 1e3),
        number if number >= 999.5 => format!("{:.2} k", number / 1e3),
        _ => format!("{number:.0}"),
    }
}
