//! The macros in a crate that knows es-core as `es`, has no prelude, and denies every lint there is
//! a use for.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(
    unused_qualifications,
    unused_results,
    trivial_casts,
    single_use_lifetimes
)]
#![deny(clippy::pedantic)]

extern crate alloc;

pub mod found;
pub mod named;
