use es_core::prelude::*;
#[event] struct Moved;
#[aggregate(events = Moved)] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
