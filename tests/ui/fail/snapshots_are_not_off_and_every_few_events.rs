use es_core::prelude::*;
#[aggregate(event_sourced, snapshots = off, snapshot_every = 10)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
