use es_core::prelude::*;
#[aggregate(fact_events)] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
