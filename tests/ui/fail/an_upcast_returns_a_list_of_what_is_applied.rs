use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Old { cents: u64 }
#[event] struct Paid { cents: u64 }
#[event] struct Noted;
#[aggregate]
impl Account {
    #[apply] fn paid(&mut self, _: &Paid) {}
    #[upcast] fn old(_: Old) -> Vec<Noted> { Vec::new() }
}
fn main() {}
