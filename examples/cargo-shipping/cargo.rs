//! Cargo: what a customer wants shipped, from booking to claim. Its events are what is kept.

use es_core::prelude::*;

use super::handling::{Activity, Handling};
use super::itinerary::Itinerary;
use super::port::Port;
use super::voyage::VoyageNumber;

/// What the customer is given to ask for it.
pub type TrackingId = String;

/// Books cargo.
#[command(aggregate = Cargo)]
pub struct BookCargo {
    /// What it is tracked by.
    #[target]
    pub cargo: TrackingId,
    /// Where it is brought.
    pub origin: Port,
    /// Where it is claimed.
    pub destination: Port,
    /// When it must be there.
    pub arrives_by: DateTime<Utc>,
    /// How much it is.
    pub containers: u32,
}

/// Tells what was done with cargo in a port.
#[command(aggregate = Cargo)]
pub struct ReportHandling {
    /// Which cargo.
    #[target]
    pub cargo: TrackingId,
    /// What was done.
    pub handling: Handling,
}

/// Cargo was booked. Version 1 was always of one container.
#[event(version = 2, upcast(1 => of_one_container))]
pub struct Booked {
    /// Where it is brought.
    pub origin: Port,
    /// Where it is claimed.
    pub destination: Port,
    /// When it must be there.
    pub arrives_by: DateTime<Utc>,
    /// How much it is.
    pub containers: u32,
}

/// What [`Booked`] was at version 1.
#[value]
#[derive(Copy)]
pub struct BookedV1 {
    origin: Port,
    destination: Port,
    arrives_by: DateTime<Utc>,
}

fn of_one_container(old: BookedV1) -> Booked {
    Booked {
        origin: old.origin,
        destination: old.destination,
        arrives_by: old.arrives_by,
        containers: 1,
    }
}

/// Cargo was given a way to take, its first or another one.
#[event]
pub struct Routed {
    /// The way.
    pub itinerary: Itinerary,
}

/// Something was done with it, in a port.
#[event]
pub struct Handled {
    /// What, and where.
    pub handling: Handling,
}

/// It went another way than its itinerary says.
#[event]
pub struct Misdirected {
    /// What should have been done next.
    pub expected: Handling,
    /// Where it is instead.
    pub port: Port,
}

/// What a customer wants shipped.
#[aggregate(event_sourced, id = TrackingId)]
pub struct Cargo {
    origin: Port,
    destination: Port,
    arrives_by: DateTime<Utc>,
    containers: u32,
    /// Where it was last, once it was brought.
    port: Option<Port>,
    /// What has to be done with it, in this order.
    plan: Vec<Handling>,
    progress: Progress,
}

/// How it stands with cargo.
#[value]
#[derive(Copy, Eq)]
pub enum Progress {
    /// It has no itinerary.
    NotRouted,
    /// It goes the way of its itinerary.
    OnTrack,
    /// It does not: it needs another one, or to be brought back.
    Misdirected,
    /// The receiver has it.
    Claimed,
}

/// Why something can not be done with cargo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It begins and ends where it wants.
    #[error("the itinerary does not lead from {origin} to {destination}")]
    LeadsElsewhere {
        /// Where the cargo is.
        origin: Port,
        /// Where it is to be.
        destination: Port,
    },
    /// There is no way that it could be on.
    #[error("the cargo has no itinerary")]
    NotRouted,
    /// Its story is over.
    #[error("the cargo was claimed")]
    Claimed,
}

#[aggregate]
impl Cargo {
    #[handle]
    fn book(command: BookCargo) -> Self {
        let booked = Booked {
            origin: command.origin,
            destination: command.destination,
            arrives_by: command.arrives_by,
            containers: command.containers,
        };
        Self::raise_new_as(command.cargo, booked)
    }

    /// Sends it on a way, which begins where the cargo is.
    ///
    /// # Errors
    /// [`Refused`], where it leads elsewhere or the cargo was claimed.
    pub fn route(&mut self, itinerary: Itinerary) -> Result<(), Refused> {
        let (origin, destination) = (self.port.unwrap_or(self.origin), self.destination);
        if self.progress == Progress::Claimed {
            return Err(Refused::Claimed);
        }
        if !itinerary.leads(origin, destination) {
            return Err(Refused::LeadsElsewhere {
                origin,
                destination,
            });
        }
        self.raise_(Routed { itinerary });
        Ok(())
    }

    /// Takes note of what was done, also where it should not have been: it has happened.
    #[handle]
    fn report(&mut self, command: ReportHandling) -> Result<Progress, Refused> {
        let handling = command.handling;
        let expected = match self.progress {
            Progress::NotRouted => return Err(Refused::NotRouted),
            Progress::Claimed => return Err(Refused::Claimed),
            Progress::OnTrack | Progress::Misdirected => self.plan.first().cloned(),
        };
        let port = handling.port;
        let as_planned = expected.as_ref() == Some(&handling);
        self.raise_(Handled { handling });
        if let Some(expected) = expected
            && !as_planned
        {
            self.raise_(Misdirected { expected, port });
        }
        Ok(self.progress)
    }

    #[invariant]
    fn is_of_something(&self) -> Result<(), Violation> {
        if self.containers == 0 {
            return Err("cargo fills at least one container".into());
        }
        Ok(())
    }

    /// How it stands with it.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// How much it is.
    pub fn containers(&self) -> u32 {
        self.containers
    }

    /// When it must be there.
    pub fn arrives_by(&self) -> DateTime<Utc> {
        self.arrives_by
    }

    /// The voyages that its itinerary has it loaded onto from here on.
    pub fn voyages_ahead(&self) -> Vec<VoyageNumber> {
        let ahead = self.plan.iter().filter_map(Handling::boards);
        ahead.cloned().collect()
    }

    #[apply]
    fn booked(event: Booked) -> Self {
        Self {
            origin: event.origin,
            destination: event.destination,
            arrives_by: event.arrives_by,
            containers: event.containers,
            port: None,
            plan: Vec::new(),
            progress: Progress::NotRouted,
        }
    }

    #[apply]
    fn routed(&mut self, event: &Routed) {
        self.plan = event.itinerary.plan();
        if self.port.is_none() {
            self.plan.insert(0, Handling::receive(self.origin));
        }
        self.progress = Progress::OnTrack;
    }

    #[apply]
    fn handled(&mut self, event: &Handled) {
        self.port = Some(event.handling.port);
        if self.plan.first() == Some(&event.handling) {
            self.plan.remove(0);
            self.progress = Progress::OnTrack;
        }
        if event.handling.activity == Activity::Claim {
            self.progress = Progress::Claimed;
        }
    }

    #[apply]
    fn misdirected(&mut self, _: &Misdirected) {
        if self.progress != Progress::Claimed {
            self.progress = Progress::Misdirected;
        }
    }
}
