use es_core::prelude::*;
#[aggregate] struct Customer {}
#[aggregate] impl Customer {}
async fn past(customers: &Repository<Customer>, id: &Uuid, at: DateTime<Utc>) {
    let _ = customers.get_as_of(id, at).await;
}
fn main() {}
