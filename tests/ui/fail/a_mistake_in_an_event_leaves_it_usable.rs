use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event(naem = "opened", version = 3, upcast(2 => three))] struct Opened {}
fn three(old: Opened) -> Opened { old }
#[aggregate]
impl Account {
    fn open() -> Self { Self::raise_new(Opened {}) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
