// A macro does not see the derives above it: only rustc can speak here.
use es_core::prelude::*;
#[derive(Clone)]
#[aggregate(event_sourced)]
struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
