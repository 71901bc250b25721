use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event(alias = "Begun")] struct Opened;
#[event(alias = "Began", alias = "Begun")] struct Registered;
#[aggregate]
impl Account {
    #[apply] fn opened(&mut self, _: &Opened) {}
    #[upcast] fn same(_: Registered) -> Opened { Opened }
}
fn main() {}
