//! What the examples share with their tests: see `README.md` for the reading order.
#![forbid(unsafe_code)]

#[path = "cargo-shipping/mod.rs"]
pub mod cargo_shipping;
#[path = "repo-history/mod.rs"]
pub mod repo_history;
