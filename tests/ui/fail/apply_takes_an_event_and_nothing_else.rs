use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply(Closed, 2)] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
