//! End-to-end tests.
mod bank;
