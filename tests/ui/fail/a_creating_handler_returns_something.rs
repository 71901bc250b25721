use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    fn open() -> Self { Self::raise_new(Opened) }
    #[apply] fn opened(_: &Opened) {}
}
fn main() {}
