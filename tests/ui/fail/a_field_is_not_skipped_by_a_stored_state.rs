use es_core::prelude::*;
#[aggregate] struct Customer { #[serde(skip)] name: String }
#[aggregate] impl Customer {}
fn main() {}
