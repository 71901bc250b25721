//! The history of a git repository as events: an aggregate a file, and the tree at any commit.
//!
//! Read [`model`] first, then [`import`] and [`tree`]. [`source`] reads what there is to import,
//! and [`archive`] holds what the other modules share: the domain, its clock and its log.

pub mod archive;
pub mod import;
pub mod model;
pub mod source;
pub mod tree;
