//! Routing: cargo is sent on its way and space is reserved on each voyage, all of it or nothing.

use es_core::prelude::*;

use super::cargo::{Cargo, Refused, TrackingId};
use super::itinerary::Itinerary;
use super::voyage::{NoSuchPassage, Voyage};

/// Why cargo was not sent on a way: nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum NotRouted {
    /// The cargo says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A ship does not sail there.
    #[error(transparent)]
    NoSuchPassage(#[from] NoSuchPassage),
    /// It would not be there in time.
    #[error("it would arrive on {arrives}, and must be there by {arrives_by}")]
    TooLate {
        /// When it would be there.
        arrives: DateTime<Utc>,
        /// When it must be.
        arrives_by: DateTime<Utc>,
    },
    /// There is no such cargo, or no such voyage.
    #[error(transparent)]
    NotFound(#[from] LoadError),
    /// A voyage is booked out, or somebody else was faster.
    #[error(transparent)]
    NotSaved(#[from] SaveError),
}

/// Sends cargo on a way: reserves space for it on each voyage, and frees what it had on those that
/// it will not board.
///
/// # Errors
/// [`NotRouted`]: nothing was reserved, and nothing freed.
pub async fn route(
    shipping: &Domain,
    cargo: &TrackingId,
    itinerary: Itinerary,
) -> Result<(), NotRouted> {
    let mut unit = shipping.unit_of_work();
    let routed = unit.get::<Cargo>(cargo).await?;
    let (containers, arrives_by) = (unit[routed].containers(), unit[routed].arrives_by());

    for number in unit[routed].voyages_ahead() {
        let voyage = unit.get::<Voyage>(&number).await?;
        unit[voyage].release(cargo);
    }
    for leg in &itinerary.legs {
        let voyage = unit.get::<Voyage>(&leg.voyage).await?;
        let arrives = unit[voyage].reserve(cargo, containers, leg.from, leg.to)?;
        if arrives > arrives_by {
            return Err(NotRouted::TooLate {
                arrives,
                arrives_by,
            });
        }
    }
    unit[routed].route(itinerary)?;
    unit.commit().await?;
    Ok(())
}
