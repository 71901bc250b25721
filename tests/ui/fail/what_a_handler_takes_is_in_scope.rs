use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[aggregate]
impl Account {
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
