//! What the examples share with their tests: see `README.md` for the reading order.
#![forbid(unsafe_code)]

#[path = "repo-history/mod.rs"]
pub mod repo_history;
