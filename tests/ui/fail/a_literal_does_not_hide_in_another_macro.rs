// What stands in another macro's arguments is not ours to complete: only rustc can speak here.
use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    fn some() -> Vec<Self> { vec![Self {}] }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
