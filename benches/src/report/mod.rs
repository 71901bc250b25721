//! What was measured, for people, for programs and for the eye.

mod machine;
mod plot;
mod table;

use es_bench_race::{Role, Scenario, Venue};
use serde::Serialize;

pub use machine::Machine;
pub use plot::plot;
pub use table::{growth_table, race_table, waiting_table};

use crate::growth::Growth;
use crate::race::Row;
use crate::waiting::Waiting;

/// Everything that was measured in one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where and when.
    pub machine: Machine,
    /// The race.
    pub race: Vec<Row>,
    /// From an append to a waiting reader's hands.
    pub waiting: Vec<Waiting>,
    /// What a store's size does.
    pub growth: Vec<Growth>,
}

/// The rows of one scenario at one venue, with whom they are compared to.
struct Group<'a> {
    venue: Venue,
    scenario: Scenario,
    rows: Vec<&'a Row>,
}

fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in rows {
        match groups
            .iter_mut()
            .find(|group| group.venue == row.venue && group.scenario == row.scenario)
        {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                venue: row.venue,
                scenario: row.scenario,
                rows: vec![row],
            }),
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// The fastest in a role.
    fn best(&self, role: Role) -> Option<&'a Row> {
        let of_role = self.rows.iter().filter(|row| row.role == role);
        of_role
            .filter(|row| !row.samples.is_empty())
            .max_by(|a, b| median(&a.samples).total_cmp(&median(&b.samples)))
            .copied()
    }
}

/// The median of what `row` did for what `base` did in the same round.
fn ratio(row: &Row, base: &Row) -> f64 {
    let rounds = row.samples.iter().zip(&base.samples);
    let ratios: Vec<f64> = rounds.map(|(row, base)| row / base).collect();
    median(&ratios)
}

/// The median; not a number where there are none.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even.is_multiple_of(2) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
pub fn float(count: u64) -> f64 {
    count as f64
}
