use es_core::prelude::*;
#[aggregate(snapshots = off)] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
