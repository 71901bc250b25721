//! Event sourcing for Rust.
#![forbid(unsafe_code)]

extern crate self as es_core;

pub mod record;
pub mod store;
pub mod stream;
