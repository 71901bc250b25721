use es_core::prelude::*;
#[aggregate(snapshot_every = 100)] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
