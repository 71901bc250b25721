//! What the end-to-end tests share: a small domain, and stores that misbehave on purpose.

pub mod bank;
pub mod stores;
