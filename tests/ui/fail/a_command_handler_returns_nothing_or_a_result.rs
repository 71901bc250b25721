use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[command(aggregate = Account)] struct Close { #[target] account: Uuid }
#[aggregate]
impl Account {
    #[handle] fn close(&mut self, _: &Close) -> u64 { 1 }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
