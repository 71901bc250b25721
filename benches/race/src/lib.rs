//! The race: one small bank that every contestant keeps, what is asked of them, how it is measured,
//! and how a contestant in another process is asked.
//!
//! It depends on no store and on no framework, so that the peers' own workspace can share it: all
//! write the same facts, and all are measured by the same code.

pub mod bank;
mod contestant;
mod sample;
mod scenario;
pub mod wire;

pub use contestant::{Contestant, Role, Turns, Until, Work};
pub use sample::{Effort, preload, sample};
pub use scenario::{Categories, Scenario, Venue};
