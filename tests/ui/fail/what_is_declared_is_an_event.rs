use es_core::prelude::*;
struct Moved;
#[aggregate(events(Moved))] struct Customer {}
#[aggregate] impl Customer {}
fn main() {}
