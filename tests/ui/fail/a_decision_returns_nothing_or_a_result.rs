use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(Barked)] fn bark(&mut self) {}
}
async fn bark(dogs: &Repository<Dog>, id: &Uuid) {
    let _ = dogs.update(id, |dog| { dog.bark(); dog.version() }).await;
}
fn main() {}
