use es_core::prelude::*;
#[aggregate] struct Customer {}
#[aggregate]
impl Customer {
    #[event(Renamed)] fn rename(&mut self) {}
}
fn main() {}
