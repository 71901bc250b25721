// A macro does not see the derives above it: only rustc can speak here.
use es_core::prelude::*;
#[derive(Default)]
#[aggregate(event_sourced)]
struct Account {}
#[event] struct Closed;
#[aggregate]
impl Account {
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
