use es_core::prelude::*;
#[event] struct Opened;
struct Account {}
#[aggregate]
impl Account {
    fn open() -> Self { Self::raise_new(Opened) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
