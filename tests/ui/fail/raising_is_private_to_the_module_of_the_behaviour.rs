use es_core::prelude::*;
mod bank {
    use super::*;
    #[event] pub struct Opened;
    #[aggregate(event_sourced)] pub struct Account {}
    #[aggregate]
    impl Account {
        #[apply] fn opened(_: &Opened) -> Self { Self {} }
    }
}
fn open() -> bank::Account { bank::Account::raise_new(bank::Opened) }
fn main() {}
