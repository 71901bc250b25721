use es_core::prelude::*;
struct Lock;
#[event] struct Opened;
#[aggregate(event_sourced, snapshots = off, fact_events)] struct Account { lock: Lock }
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self { lock: Lock } }
}
fn main() {}
