//! What the end-to-end tests share: a small domain, stores of every kind and stores that misbehave
//! on purpose, servers of one's own, and what is done to them.

pub mod bank;
pub mod places;
pub mod servers;
pub mod stores;
pub mod stress;
pub mod wallets;

/// The code in the documents, which compiles and runs as doctests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../ARCHITECTURE.md")]
    struct Architecture;
    #[doc = include_str!("../../CONTRIBUTING.md")]
    struct Contributing;
    #[doc = include_str!("../../examples/README.md")]
    struct Examples;
}
