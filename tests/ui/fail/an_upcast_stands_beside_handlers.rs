use es_core::prelude::*;
#[aggregate(events(Paid))] struct Account {}
#[event] struct Old { cents: u64 }
#[event] struct Paid { cents: u64 }
#[aggregate]
impl Account {
    #[upcast] fn old(old: Old) -> Paid { Paid { cents: old.cents } }
}
fn main() {}
