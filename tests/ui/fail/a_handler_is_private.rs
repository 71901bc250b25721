use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply] pub fn opened(&mut self, _: &Opened) {}
    #[apply] pub(crate) fn closed(&mut self, _: &Closed) {}
}
fn main() {}
