use es_core::prelude::*;
#[event] struct Renamed;
#[aggregate(events(Renamed))] struct Customer {}
#[aggregate]
impl Customer {
    #[apply] fn renamed(&mut self, _: &Renamed) {}
}
fn main() {}
