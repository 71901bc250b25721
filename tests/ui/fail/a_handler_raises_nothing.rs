use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
    #[apply] fn closed(&mut self, _: &Closed) { self.raise_(Closed); }
}
fn main() {}
