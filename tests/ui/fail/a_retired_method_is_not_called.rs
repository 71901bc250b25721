use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[aggregate]
impl Account {
    #[event(Frozen, retired)] fn freeze(&mut self) {}
    fn close(&mut self) { self.freeze(); }
}
fn main() {}
