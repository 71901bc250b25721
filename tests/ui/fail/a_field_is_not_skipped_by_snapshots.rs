use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {
    #[serde(skip)] cents: u64,
    #[serde(default, skip_serializing)] name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")] kept: String,
}
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0, name: String::new(), kept: String::new() } }
}
fn main() {}
