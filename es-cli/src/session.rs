//! One run of the command line: its program, its store, its output.

use std::ops::Deref;
use std::sync::Arc;

use es_core::Domain;
use es_core::store::EventStore;

use crate::arguments::Common;
use crate::failure::Failure;
use crate::opening::{self, Making};
use crate::output::Output;

/// Whose command line it is.
pub(crate) enum Program {
    /// The command `es`, which knows no types.
    Plain,
    /// A program with a domain, which knows its types.
    Knowing(Domain),
}

/// One run.
pub(crate) struct Session {
    pub(crate) common: Common,
    pub(crate) program: Program,
    pub(crate) out: Output,
}

impl Session {
    /// The store, as it is.
    pub(crate) async fn store(&self) -> Result<Opened, Failure> {
        self.open(Making::Nothing).await
    }

    /// The store, made where it is missing.
    pub(crate) async fn open(&self, making: Making) -> Result<Opened, Failure> {
        match &self.program {
            Program::Knowing(_) if self.common.names_a_store() => {
                Err(Failure::usage("this program brings its own store")
                    .help("leave `--store` and `--config` out, or use `es`"))
            }
            Program::Knowing(domain) => Ok(Opened::Domain(domain.clone())),
            Program::Plain => Ok(Opened::Store(opening::open(&self.common, making).await?)),
        }
    }

    /// The domain, of a program that knows its types.
    pub(crate) fn domain(&self) -> Option<&Domain> {
        match &self.program {
            Program::Plain => None,
            Program::Knowing(domain) => Some(domain),
        }
    }
}

/// A store that is open.
pub(crate) enum Opened {
    Store(Arc<dyn EventStore>),
    Domain(Domain),
}

impl Deref for Opened {
    type Target = dyn EventStore;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Store(store) => &**store,
            Self::Domain(domain) => domain.store(),
        }
    }
}
