//! What is done with cargo in a port.

use std::fmt;

use es_core::prelude::*;

use super::port::Port;
use super::voyage::VoyageNumber;

/// What is done.
#[value]
#[derive(Eq)]
pub enum Activity {
    /// The shipper brings it.
    Receive,
    /// It goes on board.
    Load {
        /// Of the ship on this voyage.
        voyage: VoyageNumber,
    },
    /// It comes off board.
    Unload {
        /// Of the ship on this voyage.
        voyage: VoyageNumber,
    },
    /// The receiver takes it.
    Claim,
}

/// What is done, and where.
#[value]
#[derive(Eq)]
pub struct Handling {
    /// What.
    pub activity: Activity,
    /// Where.
    pub port: Port,
}

impl Handling {
    /// An activity in a port.
    pub fn of(activity: Activity, port: Port) -> Self {
        Self { activity, port }
    }

    /// The shipper brings it.
    pub fn receive(port: Port) -> Self {
        Self::of(Activity::Receive, port)
    }

    /// It goes on board.
    pub fn load(voyage: &str, port: Port) -> Self {
        let voyage = voyage.to_owned();
        Self::of(Activity::Load { voyage }, port)
    }

    /// It comes off board.
    pub fn unload(voyage: &str, port: Port) -> Self {
        let voyage = voyage.to_owned();
        Self::of(Activity::Unload { voyage }, port)
    }

    /// The receiver takes it.
    pub fn claim(port: Port) -> Self {
        Self::of(Activity::Claim, port)
    }

    /// The voyage that it goes on board of.
    pub fn boards(&self) -> Option<&VoyageNumber> {
        match &self.activity {
            Activity::Load { voyage } => Some(voyage),
            _ => None,
        }
    }
}

impl fmt::Display for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.activity {
            Activity::Receive => write!(f, "received in {port}"),
            Activity::Load { voyage } => write!(f, "loaded onto {voyage} in {port}"),
            Activity::Unload { voyage } => write!(f, "unloaded from {voyage} in {port}"),
            Activity::Claim => write!(f, "claimed in {port}"),
        }
    }
}
