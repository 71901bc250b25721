use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    fn open() -> Self { Self {} }
}
fn main() {}
