use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate]
impl Account {
    fn close(&mut self) { self.raise_(Closed); }
    #[apply] fn opened(self, _: &Opened) {}
    #[apply] fn closed(&self, _: &Closed) {}
}
fn main() {}
