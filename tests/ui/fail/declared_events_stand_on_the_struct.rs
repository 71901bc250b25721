use es_core::prelude::*;
#[event] struct Moved;
#[aggregate(events(Moved))] struct Customer {}
#[aggregate(events(Moved))] impl Customer {}
fn main() {}
