//! The way that cargo is to take.

use es_core::prelude::*;

use super::handling::{Activity, Handling};
use super::port::Port;
use super::voyage::VoyageNumber;

/// A part of the way, on one ship.
#[value]
#[derive(Eq)]
pub struct Leg {
    /// The voyage that carries it.
    pub voyage: VoyageNumber,
    /// Where it is loaded.
    pub from: Port,
    /// Where it is unloaded.
    pub to: Port,
}

/// The way, leg by leg.
#[value]
#[derive(Eq)]
pub struct Itinerary {
    /// In the order of travelling.
    pub legs: Vec<Leg>,
}

impl Itinerary {
    /// One leg after the other.
    pub fn of<const LEGS: usize>(legs: [(&str, Port, Port); LEGS]) -> Self {
        let leg = |(voyage, from, to): (&str, Port, Port)| Leg {
            voyage: voyage.to_owned(),
            from,
            to,
        };
        Self {
            legs: legs.map(leg).to_vec(),
        }
    }

    /// Whether it leads from one port to the other, each leg beginning where the one before ends.
    pub fn leads(&self, origin: Port, destination: Port) -> bool {
        let connected = self.legs.windows(2).all(|pair| pair[0].to == pair[1].from);
        let begins = self.legs.first().is_some_and(|leg| leg.from == origin);
        let ends = self.legs.last().is_some_and(|leg| leg.to == destination);
        connected && begins && ends
    }

    /// What has to be done with cargo that travels on it, from loading to the claim.
    pub fn plan(&self) -> Vec<Handling> {
        let mut plan = Vec::new();
        for leg in &self.legs {
            let voyage = || leg.voyage.clone();
            plan.push(Handling::of(Activity::Load { voyage: voyage() }, leg.from));
            plan.push(Handling::of(Activity::Unload { voyage: voyage() }, leg.to));
        }
        if let Some(last) = self.legs.last() {
            plan.push(Handling::of(Activity::Claim, last.to));
        }
        plan
    }
}
