use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[aggregate] struct Customer {}
#[aggregate] impl Customer {}
#[command(aggregate = Customer)] struct Close { #[target] customer: Uuid }
#[aggregate]
impl Account {
    #[handle] fn close(&mut self, _: &Close) {}
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
