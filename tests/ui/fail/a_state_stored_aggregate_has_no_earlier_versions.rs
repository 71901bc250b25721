use es_core::prelude::*;
#[aggregate] struct Customer {}
#[aggregate] impl Customer {}
async fn past(customers: &Repository<Customer>, id: &Uuid) {
    let _ = customers.get_at_version(id, Version::new(1)).await;
}
fn main() {}
