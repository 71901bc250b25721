use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate]
impl Account {
    fn close(&mut self) { self.raise_(Closed); }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
