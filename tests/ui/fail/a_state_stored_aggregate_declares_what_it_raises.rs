use es_core::prelude::*;
#[event] struct Renamed;
#[event] struct Moved;
#[aggregate(events(Renamed))] struct Customer {}
#[aggregate]
impl Customer {
    fn go(&mut self) { self.raise_(Moved); }
}
fn main() {}
