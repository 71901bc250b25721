use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event(alias = "Opened")] struct Closed;
#[aggregate]
impl Account {
    #[apply] fn opened(&mut self, _: &Opened) {}
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
