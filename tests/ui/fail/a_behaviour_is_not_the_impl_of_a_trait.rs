use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Clone for Account {
    fn clone(&self) -> Self { Self {} }
}
fn main() {}
