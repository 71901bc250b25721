//! Voyages: where a ship calls, and what is booked on it. What is kept is how it stands now.

use std::collections::BTreeMap;

use es_core::prelude::*;

use super::cargo::TrackingId;
use super::port::Port;

/// The number of a voyage.
pub type VoyageNumber = String;

/// Puts a voyage into the schedule.
#[command(aggregate = Voyage)]
pub struct ScheduleVoyage {
    /// Its number.
    #[target]
    pub voyage: VoyageNumber,
    /// Where the ship calls, in this order.
    pub calls: Vec<Call>,
    /// How many containers it carries.
    pub capacity: u32,
}

/// A ship is in a port.
#[value]
#[derive(Copy, Eq)]
pub struct Call {
    /// Where.
    pub port: Port,
    /// When.
    pub at: DateTime<Utc>,
}

/// Space was reserved for cargo.
#[event]
pub struct SpaceReserved {
    /// For which.
    pub cargo: TrackingId,
    /// How much.
    pub containers: u32,
}

/// Space is free again: the cargo goes another way.
#[event]
pub struct SpaceReleased {
    /// Which.
    pub cargo: TrackingId,
}

/// One journey of a ship.
#[aggregate(events(SpaceReserved, SpaceReleased), id = VoyageNumber)]
pub struct Voyage {
    calls: Vec<Call>,
    capacity: u32,
    reserved: BTreeMap<TrackingId, u32>,
}

/// The ship does not sail from the one port to the other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{voyage} does not sail from {from} to {to}")]
pub struct NoSuchPassage {
    voyage: VoyageNumber,
    from: Port,
    to: Port,
}

#[aggregate]
impl Voyage {
    /// A ship that calls at these ports, with nothing on board.
    pub fn new(number: impl Into<VoyageNumber>, calls: Vec<Call>, capacity: u32) -> Self {
        let voyage = Self {
            calls,
            capacity,
            reserved: BTreeMap::new(),
        };
        voyage.with_id(number.into())
    }

    #[handle]
    fn schedule(command: ScheduleVoyage) -> Self {
        Self::new(command.voyage, command.calls, command.capacity)
    }

    /// Reserves space on the way from one port to another, and answers when the ship arrives.
    ///
    /// # Errors
    /// [`NoSuchPassage`].
    pub fn reserve(
        &mut self,
        cargo: &TrackingId,
        containers: u32,
        from: Port,
        to: Port,
    ) -> Result<DateTime<Utc>, NoSuchPassage> {
        let calls = self.calls.iter().skip_while(|call| call.port != from);
        let Some(arrival) = calls.skip(1).find(|call| call.port == to) else {
            let voyage = self.id().clone();
            return Err(NoSuchPassage { voyage, from, to });
        };
        let arrives = arrival.at;
        self.reserved.insert(cargo.clone(), containers);
        let cargo = cargo.clone();
        self.raise_(SpaceReserved { cargo, containers });
        Ok(arrives)
    }

    /// Frees what was reserved for cargo that goes another way.
    pub fn release(&mut self, cargo: &TrackingId) {
        if self.reserved.remove(cargo).is_some() {
            let cargo = cargo.clone();
            self.raise_(SpaceReleased { cargo });
        }
    }

    /// What is booked.
    pub fn containers(&self) -> u32 {
        self.reserved.values().sum()
    }

    /// Some cargo is never brought, so a tenth more is taken than there is room for.
    pub fn limit(&self) -> u32 {
        self.capacity + self.capacity / 10
    }

    #[invariant]
    fn not_booked_beyond_its_limit(&self) -> Result<(), Violation> {
        let (booked, limit) = (self.containers(), self.limit());
        if booked > limit {
            let text = format!("{booked} containers are booked, and {limit} are the limit");
            return Err(Violation::new(text));
        }
        Ok(())
    }
}
