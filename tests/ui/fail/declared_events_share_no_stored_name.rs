use es_core::prelude::*;
#[event] struct Moved;
#[event(name = "Moved")] struct Relocated;
#[aggregate(events(Moved, Relocated))] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
