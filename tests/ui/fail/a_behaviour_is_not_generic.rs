use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl<T> Account<T> {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
