use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
