//! Moving events: out of a store, through a file, into another store.
//!
//! Events are appended in the order of their source, each with its id, its time and its version, so
//! a transfer can be broken off anywhere and repeated: what stands there already is passed over.

mod appender;
mod comparison;
mod file;
mod line;
mod standing;
mod stop;
mod units;

pub(crate) use appender::Appender;
pub(crate) use comparison::{Compared, Comparison};
pub(crate) use file::{Reader, Writer};
pub(crate) use stop::Stop;

use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{Outcome, Output, counted, rate};

/// What a transfer did.
pub(crate) struct Transferred {
    /// How many events the source has.
    pub(crate) events: u64,
    /// How many of them were there already.
    pub(crate) standing: u64,
    pub(crate) took: Duration,
    pub(crate) compared: Option<Compared>,
}

impl Transferred {
    /// Tells it; a comparison that found a difference is an error.
    pub(crate) fn told(&self, out: &mut Output, verb: &str) -> Result<Outcome, Failure> {
        let moved = self.events - self.standing;
        if !out.json() {
            let standing = match self.standing {
                0 => String::new(),
                standing => format!(", {} had been there already", counted(standing, "event")),
            };
            out.line(format!("{verb} {}{standing}", rate(moved, self.took)))?;
            for line in self.compared.iter().flat_map(Compared::lines) {
                out.line(line)?;
            }
        }
        let compared = self.compared.as_ref();
        Ok(Outcome {
            found: compared.is_some_and(|compared| !compared.is_equal()),
            data: json!({
                "events": self.events,
                "moved": moved,
                "standing": self.standing,
                "verified": compared.map_or(Value::Null, Compared::in_json),
            }),
        })
    }
}
