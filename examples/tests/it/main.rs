//! The examples: what they print, and that the history of a repository is imported exactly.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can not go on panics, in its helpers too"
)]

mod cargo_shipping;
mod printing;
mod repo_history;
mod support;
