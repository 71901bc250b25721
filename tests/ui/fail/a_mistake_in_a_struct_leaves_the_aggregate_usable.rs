use es_core::prelude::*;
#[aggregate(event_sourced, categry = "account", id = 7)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
async fn load(domain: &Domain) -> Result<Version, LoadError> {
    let account = domain.repository::<Account>().get(&Uuid::nil()).await?;
    Ok(account.version())
}
fn main() {}
