use es_core::prelude::*;
#[event] struct Named;
#[aggregate(events(Named))] struct Customer {}
#[aggregate]
impl Customer {
    fn new() -> Self { Self::raise_new(Named) }
}
fn main() {}
