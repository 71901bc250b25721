use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply] const CLOSED: bool = true;
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
