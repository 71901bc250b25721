//! What the end-to-end tests share: a small domain, and stores that misbehave on purpose.

pub mod bank;
pub mod stores;

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
