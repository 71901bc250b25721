//! Cargo shipping, as Eric Evans tells it in "Domain-Driven Design": cargo is booked, routed over the
//! voyages of ships, handled in ports, and claimed; what goes astray is noticed.
//!
//! Read [`cargo`] first, then [`itinerary`] and [`handling`], [`voyage`], and [`routing`], where cargo
//! and voyages change together.

pub mod cargo;
pub mod handling;
pub mod itinerary;
pub mod port;
pub mod routing;
pub mod voyage;
