use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply(Opened)] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
