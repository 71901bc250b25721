use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(Registered)] fn register(name: String) -> Option<Self> { None }
    #[event(Found)] fn find(place: String) {}
}
fn main() {}
