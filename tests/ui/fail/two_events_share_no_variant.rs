use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
mod other { #[es_core::event] pub struct Opened; }
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
    #[apply] fn opened_elsewhere(&mut self, _: &other::Opened) {}
}
fn main() {}
