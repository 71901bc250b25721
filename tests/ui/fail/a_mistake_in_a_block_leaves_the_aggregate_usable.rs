use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    fn open() -> Self { Self::raise_new(Opened) }
    #[apply] fn opened(_: impl Event) -> Self { Self {} }
}
async fn load(domain: &Domain) -> Result<Version, LoadError> {
    let account = domain.repository::<Account>().get(Account::open().id()).await?;
    Ok(account.version())
}
fn main() {}
