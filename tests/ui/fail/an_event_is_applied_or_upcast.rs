use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Old { cents: u64 }
#[event] struct Paid { cents: u64 }
#[aggregate]
impl Account {
    #[apply] fn paid(&mut self, _: &Paid) {}
    #[apply] fn old(&mut self, _: &Old) {}
    #[upcast] fn other(old: Old) -> Paid { Paid { cents: old.cents } }
}
fn main() {}
