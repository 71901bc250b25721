//! End-to-end tests: domains over stores, as users run them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod bad_input;
mod cache;
mod commands;
mod conflicts;
mod contract;
mod evolution;
mod facts;
mod handlers;
mod invariants;
mod on_stores;
mod processes;
mod properties;
mod readme;
mod repository;
mod snapshots;
mod state_stored;
mod stress;
mod testing_language;
mod time_travel;
mod units_of_work;
