//! `es new`.

use clap::Args;

use crate::failure::Failure;
use crate::output::Outcome;
use crate::session::Session;

/// Begins a project: a domain, its tests, and its `domain.toml`
#[derive(Args, Debug)]
pub(crate) struct New {
    /// The project's name
    name: String,
}

impl New {
    pub(crate) fn run(self, _: &mut Session) -> Result<Outcome, Failure> {
        let _ = self.name;
        Err(Failure::failed("not yet"))
    }
}
