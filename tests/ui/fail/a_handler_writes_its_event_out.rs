use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Closed;
#[aggregate]
impl Account {
    fn close(&mut self) { self.raise_(Closed); }
    #[apply] fn closed(&mut self, _: impl Event) {}
}
fn main() {}
