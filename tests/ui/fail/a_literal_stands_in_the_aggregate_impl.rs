// A plain impl is not ours to complete: only rustc can speak here.
use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
impl Account {
    fn empty() -> Self { Self {} }
}
fn main() {}
